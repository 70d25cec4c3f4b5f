import os
from io import StringIO

import pytest
from rich.console import Console

from alerts.words import Words
from dashboards.demo.screen import Screen
from streams.demonstration.programme import Phase, Played
from streams.workers.telemetry import NOTHING

ALERT = "╭─ 【红色】新发 ─╮\n│ “K3电水壶漏电” │\n╰────────────────╯\n"


class Stage:
    """What the screen shows is on `console`; `alert` is what the workers print."""

    def __init__(self, *, terminal: bool, language: str = "en") -> None:
        read, write = os.pipe()
        self.alerts, self._workers = os.fdopen(read, "rb"), os.fdopen(write, "wb")
        self.console = Console(
            file=StringIO(), width=80, force_terminal=terminal, color_system="standard",
            highlight=False,
        )  # fmt: skip
        self.screen = Screen(
            self.console, Words(language), Played(Phase.LIVE, day=28), alerts=self.alerts,
            measure=lambda: NOTHING,
        )  # fmt: skip

    def alert(self, said: str) -> None:
        self._workers.write(said.encode())
        self._workers.flush()

    def end(self) -> None:
        """The workers end, and all that they printed is read."""
        self._workers.close()
        self.screen._listener.join()
        self.alerts.close()

    @property
    def shown(self) -> str:
        assert isinstance(self.console.file, StringIO)
        return self.console.file.getvalue()


def play(stage: Stage) -> str:
    with stage.screen:
        stage.alert(ALERT)
        stage.end()
        stage.screen.show_alerts()
    return stage.shown


def test_where_there_is_no_terminal_all_is_plain_lines() -> None:
    said = play(Stage(terminal=False))
    assert ALERT in said
    assert "\x1b" not in said
    assert "\r" not in said
    assert "day 29 of 30" in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_a_terminal_an_alert_stands_whole_above_how_it_goes(language: str) -> None:
    said = play(Stage(terminal=True, language=language))
    assert ALERT in said
    assert "29" in said.replace(ALERT, "")


def test_the_colours_of_the_workers_stay() -> None:
    stage = Stage(terminal=True)
    with stage.screen:
        stage.alert("\x1b[1;31m╭─ RED ─╮\x1b[0m\n")
        stage.end()
    assert "\x1b[1;31m╭─ RED ─╮\x1b[0m" in stage.shown


def test_what_is_no_text_does_not_end_the_show() -> None:
    stage = Stage(terminal=False)
    with stage.screen:
        stage._workers.write(b"\xff\n")
        stage.end()
    assert "\ufffd" in stage.shown
