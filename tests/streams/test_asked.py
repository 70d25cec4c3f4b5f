"""Whoever asks why is told what was called: of each method the gate is open in that very hour."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

import pytest

from alerts.catalogue import LANGUAGES
from alerts.doorman import Doorman
from alerts.gates import Gate, Step
from alerts.signal import Kind, Signal, SignalState
from streams.configuration.limits import Rule
from streams.counts.cells import Counts
from streams.detection.judges.batches import BatchJudge
from streams.detection.judges.bench import Bench
from streams.detection.judges.judge import Closed
from streams.detection.packing import thaw
from streams.detection.stream import Stream, Watch
from streams.hindsight.why import Inquiry
from tests import surged
from tests.streams import (
    fleets,
    test_bursts,
    test_calendar,
    test_drift,
    test_novelty_judge,
    test_shares,
    test_spatial,
    test_weekly,
    weeks,
)
from tests.streams.counts import emitted, records
from tests.streams.logs import settings

MINUTE = timedelta(minutes=1)
EVENTS = {Kind.NOVELTY, Kind.TRIGGER}
"""Kinds that have no end, so that no alarm stands."""
Played = tuple[Stream, Sequence[Counts]]


@dataclass
class Asker:
    """Asks of each signal, in the hour that it is known by, why it was called.

    Attributes:
        asked: signals, and the questions about them.
        alarms: what was called, by its kind and scope.
        untold: open gates of what was called before, in buckets in which nothing is said of it
            though no alarm stands.
    """

    asked: list[tuple[Signal, Inquiry]] = field(default_factory=list)
    alarms: dict[tuple[str, ...], Signal] = field(default_factory=dict)
    untold: list[Gate] = field(default_factory=list)

    def __call__(self, stream: str, closed: Closed, judges: Bench) -> None:
        for _, inquiry in self.asked:
            if inquiry.answer is None:
                inquiry(stream, closed, judges)
        for signal in self.alarms.values():
            gates = judges.gates(signal.scope, closed)
            self.untold += [g for g in of(signal, gates) if g.open and not stands(signal, gates)]

    def read(self, stream: Stream, log: Sequence[Counts]) -> None:
        """What a stream says comes before its bucket is shown."""
        for counts in log:
            for signal in stream.apply(counts):
                if signal.state is SignalState.CONFIRMED:
                    self.asked.append((signal, Inquiry(signal.scope, signal.at - MINUTE)))
                    if signal.kind not in EVENTS:
                        self.alarms[signal.kind, *signal.scope.values()] = signal


def of(signal: Signal, gates: Sequence[Gate]) -> list[Gate]:
    """The gates of the method that has called it."""
    step = Step.SCORE if signal.kind is Kind.SURGE else Step(signal.kind.value)
    return [g for g in gates if g.step is step and g.numbers.get("rule", "") == signal.rule]


def stands(signal: Signal, gates: Sequence[Gate]) -> bool:
    alarms = [gate for gate in gates if gate.step is Step.ALARM and gate.open]
    return any(gate.numbers["kind"] == signal.kind.value for gate in alarms)


RULES = (
    {"name": "five bills", "by": ("category",), "people": 5, "within": "1h"},
    {"name": "more", "by": ("category",), "people": 3, "within": "6h", "times": 3.0, "than": "1d"},
)  # fmt: skip


def surges(watch: Watch) -> Played:
    """Rules and triggers too."""
    rules = tuple(Rule.model_validate({"stream": "complaints", **one}) for one in RULES)
    which = settings(records=64).model_copy(update={"rules": rules})
    sent = emitted(which, records(surged.with_a_burn()))
    return Stream("complaints", which, 0, watch=watch), [one for (one,) in sent]


def bursts(watch: Watch) -> Played:
    return Stream("mentions", test_bursts.plan("surge", "burst"), 0, watch=watch), test_bursts.log(
        test_bursts.BOTH
    )


def batches(watch: Watch) -> Played:
    makers = {"batches": lambda seat: BatchJudge(seat, fleets.table())}
    stream = Stream("complaints", fleets.PLAN, 0, makers=makers, watch=watch)
    return stream, fleets.log()


def silences(watch: Watch) -> Played:
    rest = test_calendar.Wave(test_calendar.FIRST, 48, 0.0)
    at, held = test_calendar.eve(rest)
    stream = Stream("complaints", test_calendar.PLAIN, 0, watch=watch)
    stream.restore(thaw(held))
    return stream, test_calendar.log(rest)[at:]


def shares(watch: Watch) -> Played:
    log = [one for (one,) in test_shares.logs(test_shares.plan())]
    return Stream("mentions", test_shares.plan(), 0, watch=watch), log


def novelties(watch: Watch) -> Played:
    log = test_novelty_judge.log(test_novelty_judge.PLAN, test_novelty_judge.TWICE)[1:]
    return test_novelty_judge.after_calm(test_novelty_judge.PLAN, watch=watch), [
        one for (one,) in log
    ]


def neighbours(watch: Watch) -> Played:
    return test_spatial.stream(watch=watch), test_spatial.log()


def neighbours_of_neighbours(watch: Watch) -> Played:
    """The alarm stays that of the region by which it began."""
    return test_spatial.stream(watch=watch), test_spatial.moving()


def by_week(watch: Watch) -> Played:
    return test_weekly.METHOD.stream(watch), weeks.log()


def drifts(watch: Watch) -> Played:
    return test_drift.METHOD.stream(watch), weeks.log()


METHODS: dict[str, tuple[Callable[[Watch], Played], set[Kind]]] = {
    "surge": (surges, {Kind.SURGE, Kind.RULE, Kind.TRIGGER}),
    "burst": (bursts, {Kind.BURST}),
    "batch": (batches, {Kind.BATCH}),
    "silence": (silences, {Kind.SILENCE}),
    "share": (shares, {Kind.SHARE}),
    "novelty": (novelties, {Kind.NOVELTY}),
    "spatial": (neighbours, {Kind.SPATIAL}),
    "moving": (neighbours_of_neighbours, {Kind.SPATIAL}),
    "weekly": (by_week, {Kind.WEEKLY}),
    "drift": (drifts, {Kind.DRIFT}),
}


@cache
def asked(method: str) -> Asker:
    asker = Asker()
    asker.read(*METHODS[method][0](asker))
    return asker


EACH = pytest.mark.parametrize("method", METHODS)


@EACH
def test_what_was_called_has_its_gate_open_in_its_hour(method: str) -> None:
    answers = [(signal, inquiry.answer) for signal, inquiry in asked(method).asked]
    assert METHODS[method][1] <= {signal.kind for signal, _ in answers}
    for signal, answer in answers:
        assert answer is not None
        assert any(gate.open for gate in of(signal, answer.gates)), (signal, answer.gates)
        assert signal.kind in EVENTS or stands(signal, answer.gates), (signal, answer.gates)


@EACH
def test_what_is_above_and_not_called_is_under_an_alarm_that_stands(method: str) -> None:
    assert asked(method).untold == []


@pytest.mark.parametrize("language", LANGUAGES)
@EACH
def test_all_that_is_shown_can_be_told(method: str, language: str) -> None:
    for _, inquiry in asked(method).asked[:5]:
        assert inquiry.answer is not None
        assert all(Doorman(language).told(gate) for gate in inquiry.answer.gates)
