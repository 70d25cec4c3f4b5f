"""What would have been called, told as somebody wants to know it who was not there."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from alerts.colour import Colour
from alerts.incident import IncidentState
from alerts.signal import Kind, Signal
from streams.hindsight.called import Called, Hindsight, called, look_back
from tests.alerts.samples import NOON, run, scoped, silence, surge, trigger
from tests.streams.counts import busy
from tests.streams.logs import HOUR, START, complaint, settings
from tests.streams.test_backtest import NOW, calm, history


def seen(folder: Path, events: list[object]) -> Hindsight:
    held = history(folder, events)  # type: ignore[arg-type]  # complaints are events
    return look_back(settings(shards=2), held, now=NOW, on_events=lambda _: None)


def told(signals: Sequence[Signal]) -> list[Called]:
    """What the incidents that come of some signals are told as."""
    _, decisions = run(signals)
    return called([line for decision in decisions for line in decision.incidents], signals)


def test_a_surge_is_told_with_its_scope_its_figures_and_when(tmp_path: Path) -> None:
    found = seen(tmp_path, [*busy()])
    (one,) = found.called
    assert one.line.scope == {"stream": "complaints", "category": "billing"}
    assert one.signal.scope["category"] == "billing"
    assert one.signal.observed > 5 * one.signal.expected
    assert one.signal.onset <= one.line.opened
    assert found.colours == {one.peak: 1}
    assert (found.events, found.late, found.duplicates) == (len(busy()), 0, 0)


def test_series_that_have_learnt_are_counted_once(tmp_path: Path) -> None:
    found = seen(tmp_path, [*calm()])
    assert found.learning.series == 5  # two categories, three pairs
    assert 0 < found.learning.learnt <= 5
    begun = [event for event in calm() if event.time < START + 48 * HOUR]
    assert seen(tmp_path, [*begun]).learning == (0, 5)


def test_the_span_is_that_of_the_events(tmp_path: Path) -> None:
    found = seen(tmp_path, [complaint("b", START + 5 * HOUR), complaint("a", START)])
    assert found.span == timedelta(hours=5)


def test_what_lies_ahead_of_its_arrival_is_counted_as_rejected(tmp_path: Path) -> None:
    held = history(tmp_path, [complaint("a", START), complaint("a", START)])
    found = look_back(settings(), held, now=START - 10 * HOUR, on_events=lambda _: None)
    assert (found.rejected, found.duplicates) == (2, 0)


def test_of_a_signal_its_greatest_excess_counts_and_the_highest_colour() -> None:
    grown = [
        surge(observed=observed, expected=5.0, revision=revision, multiple=observed / 5)
        for revision, observed in enumerate((20.0, 400.0, 300.0))
    ]
    _, decisions = run(grown)
    lines = [line for decision in decisions for line in decision.incidents]
    (one,) = called(lines, grown)
    assert one.signal.observed == 400
    assert one.peak is max((line.colour for line in lines), key=lambda colour: colour.rank)


def test_a_colour_that_rose_is_told_with_the_first() -> None:
    (one,) = told([surge(multiple=2.0, observed=9.0), surge(revision=1, observed=400.0)])
    assert (one.first, one.peak) == (Colour.BLUE, Colour.ORANGE)


def test_counts_speak_before_a_single_event_which_is_named_beside_them() -> None:
    signals = [
        trigger("t", scope=scoped(product="kettle", harm="injury")),
        surge("s", scope=scoped(product="kettle"), hours=1),
    ]
    (one,) = told(signals)
    assert (one.signal.id, one.harms, one.peak) == ("s", ["injury"], Colour.RED)
    assert one.scopes == 2


def test_what_an_incident_began_with_speaks_for_it_and_not_what_came_on_top() -> None:
    signals = [surge("first"), surge("second", hours=20, observed=90.0, multiple=9.0)]
    (one,) = told(signals)
    assert one.signal.id == "first"
    assert one.signal.onset <= one.line.opened


def test_an_incident_that_has_widened_is_told_by_what_it_began_with() -> None:
    negative = scoped(product="kettle", sentiment="negative")
    signals = [
        surge("first", scope=negative),
        surge("wider", scope=scoped(product="kettle"), hours=20, observed=90.0),
    ]
    _, decisions = run(signals)
    (one,) = called([line for d in decisions for line in d.incidents], signals)
    assert one.line.scope == scoped(product="kettle")
    assert (one.signal.id, one.signal.onset <= one.line.opened) == ("first", True)


def test_of_a_silence_the_fewest_events_count() -> None:
    scope = {"stream": "complaints", "source": "complaints"}
    signals = [
        surge("s", kind=Kind.SILENCE, scope=scope, revision=n, observed=2.0, expected=expected)
        for n, expected in enumerate((20.0, 90.0))
    ]
    (one,) = told(signals)
    assert (one.signal.expected, one.peak) == (90, Colour.YELLOW)


def test_what_another_incident_took_over_is_told_once() -> None:
    signals = [
        surge("a", scope=scoped(product="kettle", category="billing")),
        surge("b", scope=scoped(product="iron", category="staff"), hours=1),
        surge("c", scope=scoped(product="kettle", category="staff"), hours=2),
    ]
    _, decisions = run(signals)
    lines = [line for decision in decisions for line in decision.incidents]
    merged = {line.id for line in lines if line.state is IncidentState.MERGED}
    assert {one.line.id for one in called(lines, signals)} == {line.id for line in lines} - merged


def test_the_earliest_comes_first() -> None:
    signals = [
        surge("late", scope=scoped(category="staff"), hours=30),
        surge("early", scope=scoped(category="billing")),
    ]
    assert [one.line.opened for one in told(signals)] == [NOON, NOON + timedelta(hours=30)]


def test_of_a_silence_it_counts_what_was_missing_in_the_end() -> None:
    grown = [silence(expected=20.0 * 2**n, revision=n) for n in range(3)]
    (one,) = told(grown)
    assert one.signal.expected == 80.0
    assert one.peak is Colour.YELLOW
