"""Weeks of people of which one matter drifts, judged through a stream and by a detector alone."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from alerts.gates import Step
from alerts.signal import Kind, Signal
from detectors.columns import Ints
from streams.configuration.methods import Method
from streams.configuration.sections import Cut, Detection
from streams.counts.cells import Counts
from streams.detection.judges.judge import Judge, Seat
from streams.detection.judges.weekly import Running
from streams.detection.packing import freeze, thaw
from streams.detection.stream import Stream, Watch
from streams.detection.weeks import MONDAY
from streams.events.event import Complaint
from streams.settings import Settings
from tests.contract import again
from tests.streams.counts import emitted, records
from tests.streams.logs import DAY, HOUR, START, complaint, settings
from tests.streams.shown import Shown

WEEK = 7 * DAY
PAST, FLAT, RISING = 60, 3, 15
WEEKS = FLAT + RISING
RATE = 100.0
MATTERS = ("billing", "staff")
Scores = dict[tuple[int, str], float]
"""By week and matter."""


def planned(*methods: Method) -> Settings:
    return settings().model_copy(
        update={
            "cuts": (Cut(stream="complaints", by=("category",), methods=methods),),
            "detection": Detection(shards=1, series=100, zone="Asia/Tokyo"),
        }
    )


def week_of(time: int) -> int:
    """Monday weeks of Tokyo, which is nine hours ahead all year."""
    return (time // HOUR + 9 + MONDAY) // 168


FIRST = week_of(START)


@cache
def drift() -> list[Complaint]:
    """About as many each week; then of one matter 4 % more from each week to the next."""
    chance = np.random.default_rng(11)
    means = np.full((WEEKS, 2), RATE)
    means[FLAT:, 0] *= 1.04 ** np.arange(1, RISING + 1)
    found = [(START, matter) for matter in MATTERS]  # both are born of the first hour
    found += [
        (START + week * WEEK + int(at), matter)
        for week, row in enumerate(chance.poisson(means))
        for matter, n in zip(MATTERS, row.tolist(), strict=True)
        for at in chance.integers(WEEK, size=n)
    ]
    return [complaint(n, at, category=matter) for n, (at, matter) in enumerate(sorted(found))]


@cache
def log() -> list[Counts]:
    sent = emitted(planned("surge"), records(drift(), ends=START + WEEKS * WEEK), every=120)
    return [counts for (counts,) in sent]


@cache
def past() -> Ints:
    """What came in the weeks before, by week and matter."""
    return np.random.default_rng(12).poisson(RATE, (PAST, 2))


@dataclass(frozen=True)
class ByWeek:
    """A method that judges by the week.

    Attributes:
        kind: of its signals.
        methods: what judges the cut of its stream.
        detector: by which the judge judges.
        states: of the detector.
        judge: of the stream.
    """

    kind: Kind
    methods: tuple[Method, ...]
    detector: Any
    states: Any
    judge: Any

    def alone(self, counts: Ints, *, first: int, state: Any, masked: int | None = None) -> Any:
        """The detector without a stream: its state, and all scores it gives."""
        scores: Scores = {}
        for week, row in enumerate(counts, first):
            expectation = self.detector.expect(state, bucket=week)
            state, verdict = self.detector.step(state, expectation, row, np.full(2, week == masked))
            scores |= {(week, name): float(verdict.score[n]) for n, name in enumerate(MATTERS)}
        return state, scores

    def known(self) -> Any:
        """What the detector has learnt of the past."""
        return self.alone(past(), first=FIRST - PAST, state=self.states.empty(2))[0]

    def taught(self, seat: Seat) -> Judge:
        """A judge that knows the past; to play a year of hours takes too long."""
        judge: Judge = self.judge(seat)
        running, state = Running.empty(2).columns(), self.known().columns()
        judge.restore(judge.snapshot() | {"running": running, "state": state})
        return judge

    def stream(self, watch: Watch | None = None) -> Stream:
        makers = {str(self.kind): self.taught}
        return Stream("complaints", planned(*self.methods), 0, makers=makers, watch=watch)

    def held(self, stream: Stream) -> dict[str, Any]:
        """The judge's part of a snapshot."""
        found: dict[str, Any] = stream.judges.snapshot()["judges"][str(self.kind)]
        return found


@cache
def _run(method: ByWeek) -> tuple[Stream, list[Signal], Shown]:
    shown = Shown(Step(method.kind.value), {"category": MATTERS[0]})
    one = method.stream(shown)
    return one, [signal for counts in log() for signal in one.apply(counts)], shown


def played(method: ByWeek) -> tuple[Stream, list[Signal]]:
    stream, found, _ = _run(method)
    return stream, found


def assert_explained(method: ByWeek) -> None:
    """The numbers that are shown of a week give its score again."""
    _, _, shown = _run(method)
    shown.assert_adds_up(again.of_week)


def assert_as_alone(method: ByWeek) -> None:
    """The stream gives the scores of the detector alone, and leaves it in the same state."""
    one, found = played(method)
    end = week_of(START + WEEKS * WEEK)
    counts = np.zeros((end - FIRST, 2), np.int64)
    for event in drift():
        if (week := week_of(event.time)) < end:
            counts[week - FIRST, MATTERS.index(str(event.category))] += 1
    # the first week has 159 hours
    state, scores = method.alone(counts, first=FIRST, state=method.known(), masked=FIRST)
    assert freeze(method.held(one)["state"]) == freeze(state.columns())
    for signal in found:
        week = week_of(int(signal.bucket.timestamp() * 1000))
        assert signal.score == scores[week, signal.scope["category"]]


def restored(method: ByWeek, *, at: int) -> tuple[Stream, Stream]:
    """A stream after so many records, and one that was restored from it."""
    before, after = method.stream(), method.stream()
    for counts in log()[:at]:
        list(before.apply(counts))
    after.restore(thaw(freeze(before.snapshot())))
    return before, after


def assert_goes_on(before: Stream, after: Stream, *, at: int) -> None:
    """Both say and hold the same after two more records."""
    for counts in log()[at : at + 2]:
        assert list(after.apply(counts)) == list(before.apply(counts))
    assert freeze(after.snapshot()) == freeze(before.snapshot())
