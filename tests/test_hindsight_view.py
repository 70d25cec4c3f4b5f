"""The table of what would have been called, as it is read in a terminal."""

from collections.abc import Sequence
from datetime import timedelta
from io import StringIO

from rich.console import Console

from alerts.signal import Signal
from alerts.words import Words
from streams.hindsight.called import Hindsight, Learning, Places, called
from tests.alerts.samples import NOON, run, scoped, surge
from tocsin import hindsight_view

ROOM = Places(5, 100)


def shown(signals: Sequence[Signal], language: str = "en", *, places: Places = ROOM) -> str:
    _, decisions = run(signals)
    lines = [line for decision in decisions for line in decision.incidents]
    seen = Hindsight(
        events=100, first=NOON - timedelta(days=60), last=NOON, refused=(), rejected=0, late=0,
        duplicates=0, learning=Learning(5, 5), called=called(lines, signals), places=places,
    )  # fmt: skip
    console = Console(file=StringIO(), width=100)
    hindsight_view.show(console, seen, Words(language))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_colour_that_rose_stands_below_the_first() -> None:
    said = shown([surge(multiple=2.0, observed=9.0), surge(revision=1, observed=400.0)])
    first, below = (line for line in said.splitlines() if "blue" in line or "→" in line)
    assert "03-02 12:00" in first
    assert "→ orange" in below


def test_a_colour_that_stayed_stands_alone() -> None:
    assert "→" not in shown([surge()])


def test_the_one_batch_of_a_widened_incident_is_named() -> None:
    signals = [
        surge("a", scope=scoped(product="Kettle K3", batch="B2409-03")),
        surge("b", scope=scoped(product="Kettle K3"), hours=1),
    ]
    assert "Kettle K3, batch B2409-03" in shown(signals)
    assert "Kettle K3、批次 B2409-03" in shown(signals, "zh")


def test_more_places_than_the_budget_is_spread_over_are_told_with_what_keeps_to_it() -> None:
    assert "the budget is spread over" not in shown([], places=Places(1000, 1000))
    told = " ".join(shown([], places=Places(2993, 1000)).split())
    assert "2993 places are judged, and the budget is spread over 1000" in told
    assert "up to 2.99 times" in told
    assert "detection.series = 2993" in told
    assert "2993" in shown([], "zh", places=Places(2993, 1000))
