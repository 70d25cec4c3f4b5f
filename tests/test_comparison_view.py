"""Two sets of rules side by side, as it is read in a terminal when there is much of it."""

from collections.abc import Sequence
from io import StringIO

from rich.console import Console

from alerts.words import Words
from streams.hindsight.called import Called, Hindsight, Learning, Places
from streams.hindsight.marks import Case, Ruling
from streams.rulesets.comparison import compare
from streams.settings import Settings
from tests.alerts.samples import NOON
from tests.streams.test_comparison import calls, case, lasting
from tocsin import comparison_view
from tocsin.comparing import Side, Weighed

APART = 100  # hours between two incidents
MANY = 50


def incidents() -> list[Called]:
    signals = [s for n in range(MANY) for s in lasting(f"{n}", hours=APART * n)]
    return calls(*signals)


def shown(old: Sequence[Called], new: Sequence[Called], *cases: Case) -> str:
    seen = [
        Hindsight(events=100, first=NOON, last=NOON, refused=(), rejected=0, late=0, duplicates=0,
                  learning=Learning(5, 5), called=called, places=Places(5, 100))
        for called in (old, new)
    ]  # fmt: skip
    sides = Side("old.toml", Settings()), Side("new.toml", Settings())
    console = Console(file=StringIO(), width=120)
    weighed = Weighed(sides, seen, compare(old, new), cases)
    comparison_view.show(console, Words("en"), weighed)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_of_many_incidents_those_that_differ_and_those_that_are_marked_are_listed() -> None:
    old = incidents()
    alike = [one for one in old if one not in (old[20], old[49])]
    said = shown(old, alike, case(APART * 45, Ruling.NOT_A_CRISIS, category="billing"))
    assert said.count("not called") == 2
    assert said.count("not a crisis") == 1
    assert "and 10 more" in said
    assert "old.toml: 50 called, 2 of them by it alone; new.toml: 48 called, 0 by it" in said


def test_of_many_weeks_the_last_are_listed_and_the_others_added_up() -> None:
    old = incidents()
    said = shown(old, old[:-1])
    weeks = [line.split() for line in said.splitlines() if line.startswith(("2026-W", "before"))]
    assert len(weeks) == 13
    assert (sum(int(week[1]) for week in weeks), sum(int(week[2]) for week in weeks)) == (50, 49)


def test_where_neither_calls_anything_that_is_all() -> None:
    said = shown([], [])
    assert said.splitlines()[-1] == "Neither would have called anything."
    assert "week" not in said
