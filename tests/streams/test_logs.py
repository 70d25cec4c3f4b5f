"""Log lines keep away from results, and hold nothing that persons have written."""

from collections.abc import Iterator

import pytest
import structlog

from streams.workers import logs


@pytest.fixture(autouse=True)
def as_the_commands_set_it() -> Iterator[None]:
    before = structlog.get_config()
    logs.to_stderr()
    yield
    structlog.configure(**before)


def test_a_log_line_goes_to_standard_error_and_not_among_results(
    capsys: pytest.CaptureFixture[str],
) -> None:
    structlog.get_logger("x").warning("worker_died", role="intake", code=-9)
    said = capsys.readouterr()
    assert said.out == ""
    assert "worker_died" in said.err
    assert "role=intake" in said.err


def test_a_traceback_holds_no_variables(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(text: str) -> None:
        raise ValueError(len(text))

    try:
        fail("-".join(("I", "live", "at", "No.", "5")))
    except ValueError:
        structlog.get_logger("x").exception("stage_stopped")
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "No.-5" not in said


def test_to_say_it_twice_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_stderr()
    structlog.get_logger("x").warning("once")
    assert len(capsys.readouterr().err.splitlines()) == 1
