from pathlib import Path

import pytest

from streams.broker.topics import Role
from streams.demonstration.sandbox import EndedError, configured, running, secluded


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / 'a "quoted" folder'
    folder.mkdir()
    return folder


def test_its_settings_are_read_back_whatever_its_folder_is_called(home: Path) -> None:
    chosen = configured(home, language="zh", zone="Asia/Shanghai")
    assert (chosen.home, chosen.response.language) == (home, "zh")
    operations = chosen.operations
    ports = {operations.port(role) for role in Role}
    assert len(ports | {chosen.serve.port}) == len(Role) + 1


def test_a_process_that_ends_without_a_word_is_named_with_its_last_ones(home: Path) -> None:
    with secluded():
        configured(home, language="en", zone="Asia/Shanghai")
        with running(home, "serve", {}) as pages, pytest.raises(EndedError) as ended:
            pages.await_word()
    assert str(ended.value).startswith("tocsin serve ended with 1\n")
    assert "kafka" in str(ended.value)
