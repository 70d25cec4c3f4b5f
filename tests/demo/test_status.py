from collections import Counter
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from alerts.colour import Colour
from alerts.words import Words
from dashboards.demo.status import Status, line, painted
from streams.demonstration.programme import DAYS, Phase, Played
from streams.workers.telemetry import NOTHING, Telemetry

MOMENT = datetime(2026, 11, 25, 3, tzinfo=UTC)
TOLD = NOTHING._replace(series=1_806, open=dict.fromkeys(Colour, 3), ready=True)


def status(phase: Phase, telemetry: Telemetry = TOLD) -> Status:
    played = Played(phase, day=DAYS - 1, moment=MOMENT, sent=Counter(all=196_037))
    return Status(played, telemetry, 14_123.4)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("telemetry", [TOLD, NOTHING])
def test_it_takes_two_lines_of_a_small_terminal(
    language: str, phase: Phase, telemetry: Telemetry
) -> None:
    console = Console(file=StringIO(), width=80)
    console.print(painted(Words(language), status(phase, telemetry)))
    assert isinstance(console.file, StringIO)
    blank, *lines = console.file.getvalue().splitlines()
    assert not blank.strip()
    assert len(lines) == 2
    assert max(map(cell_len, lines)) <= 80
    assert "…" not in "".join(lines)


def test_one_line_says_the_same_in_words() -> None:
    assert line(Words("en"), status(Phase.LIVE)) == (
        "the last two days  day 30 of 30, 11-25 03:00, 196,037 sent  "
        "14,123 events/s, 1,806 series watched, open:  "
        "3 red  3 orange  3 yellow  3 blue"
    )


def test_no_figures_are_shown_before_the_workers_do_their_part() -> None:
    assert line(Words("en"), status(Phase.HISTORY, NOTHING)) == (
        "four weeks of history  day 30 of 30, 11-25 03:00, 196,037 sent  the workers are starting"
    )
