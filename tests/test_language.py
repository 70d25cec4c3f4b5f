import pytest
from typer.testing import CliRunner

from streams.settings import load
from tocsin import language
from tocsin.cli import app


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LC_ALL": "zh_TW", "LC_MESSAGES": "en_GB.UTF-8"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh"}, "zh"),
        ({"TOCSIN_LANGUAGE": "zh", "LC_ALL": "en_US.UTF-8"}, "zh"),
        ({"TOCSIN_LANGUAGE": "fr", "LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_first_variable_that_is_set_names_the_language(
    environment: dict[str, str], chosen: str
) -> None:
    assert language.chosen(environment) == chosen


def test_the_language_is_no_option_that_settings_could_miss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOCSIN_LANGUAGE", "zh")
    assert load().response.language == "en"


def test_a_command_says_its_result_in_the_language_of_the_reader(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("made")
    command = ["generate", "--days", "1", "--per-day", "40", "--out", str(folder)]
    said = {
        chosen: CliRunner().invoke(app, command, env={"TOCSIN_LANGUAGE": chosen}).output
        for chosen in ("en", "zh")
    }
    assert said["en"].endswith(" records, 0 incidents\n")
    assert said["zh"].endswith(" 条记录、0 个事件\n")
