"""What benchmarks measure is what the pipeline does: the same scores for the same counts.

Each method is driven twice over the same people in five-minute buckets: as its benchmark drives
it, and by a stream that reads them as counts records. What the stream's judges show of an hour to
whom asks why must give its score again.
"""

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import numpy as np
import pytest

from alerts.gates import Step
from alerts.signal import Scope
from benchmarks import nab, noufaily, silence, spatial
from benchmarks.complaint_simulation import Realisation
from benchmarks.complaints.surge import steps
from detectors import budget, rules
from detectors.burst import THRESHOLD as BURST_THRESHOLD
from detectors.burst import Burst
from detectors.columns import Floats, Ints
from detectors.drift import Drift, DriftState
from detectors.weekly import Weekly, WeeklyState
from detectors.window import Window
from streams.configuration.limits import Rule
from streams.configuration.sections import Cut, Detection, Source
from streams.counts.cells import Counts
from streams.detection.judges.bench import Bench
from streams.detection.judges.burst import BurstJudge
from streams.detection.judges.judge import Closed, Judge, Seat
from streams.detection.judges.rules import RuleJudge
from streams.detection.judges.silence import SilenceJudge
from streams.detection.judges.spatial import SpatialJudge, spatial_judge
from streams.detection.judges.weekly import DriftJudge, Running, WeeklyJudge
from streams.detection.stream import Stream
from streams.detection.weeks import MONDAY
from streams.settings import Settings
from tests.contract import again
from tests.streams.noted import FIRST, Noted, assert_alike, cells_of, record, total
from tests.streams.shown import Shown

SERIES, WEEKS, FINE = 6, 3, 12
HOURS = WEEKS * 168
FIRST_WEEK = (FIRST + MONDAY) // 168
PAST = 60  # weeks before, which the judges by week know
ALLOWED = 10  # false alarms a week: so low a threshold leaves much to compare
THRESHOLD = budget.threshold(series=SERIES, false_alarms_per_week=ALLOWED)
WEEKLY_THRESHOLD = budget.threshold(
    series=SERIES, false_alarms_per_week=ALLOWED, buckets_per_week=1
)
RULES: dict[str, dict[str, Any]] = {
    "few within half an hour": {"people": 12, "within": "30m"},
    "far more than a week ago": {"people": 20, "within": "3h", "times": 2, "than": "7d"},
    "for hours": {"people": 5, "within": "1h", "holds": "3h"},
}
SETTINGS = Settings(
    sources=(Source(topic="complaints", stream="complaints", key="person", partitions=1),),
    cuts=(
        Cut(stream="complaints", by=("category",), methods=("surge", "burst", "weekly", "drift")),
    ),
    detection=Detection(shards=1, series=SERIES, false_alarms_per_week=ALLOWED),
)  # fmt: skip


@cache
def people() -> Ints:
    """By five minutes and series: a day's rhythm, bursts, surges, and one that falls silent.

    All come in the first five minutes, and are born of them.
    """
    rng = np.random.default_rng(23)
    at = np.arange(HOURS * FINE)[:, None] / (24 * FINE)
    rates = np.geomspace(0.05, 3.0, SERIES) * (1 + 0.6 * np.sin(2 * np.pi * at))
    held = rng.poisson(rates)
    for series in range(SERIES):
        for start in rng.integers(10 * 24 * FINE, HOURS * FINE - 48, 6).tolist():
            held[start : start + 36, series] += rng.poisson(2 + 3 * rates[start, series], 36)
    held[16 * 24 * FINE : 17 * 24 * FINE, -1] = 0
    held[0] = 1
    return held.astype(np.int64)


def hourly() -> Ints:
    summed: Ints = people().reshape(HOURS, FINE, SERIES).sum(axis=1)
    return summed


def records() -> Iterator[Counts]:
    """A closed chunk for each hour; a channel brings what one category is about."""
    for hour, rows in enumerate(people().reshape(HOURS, FINE, SERIES)):
        by_series = cells_of(rows, hour)
        yield record(SETTINGS, hour, by_series, by_series, total(rows, hour))


BUSIEST = f"c{SERIES - 1}"
SHOWN: dict[Step, tuple[Scope, Any]] = {
    Step.SCORE: ({"category": BUSIEST}, again.of_surge),
    Step.WEEKLY: ({"category": BUSIEST}, again.of_week),
    Step.RULE: ({"category": BUSIEST}, again.of_rule),
    Step.SILENCE: ({"source": "complaints", "channel": BUSIEST}, again.of_silence),
}
"""Of what scope the step is asked for, and how its score is computed again."""


class Piped:
    """What the judges of a stream said that has read all records, and what they showed."""

    def __init__(self) -> None:
        self.noted: dict[str, Noted] = {}
        self.shown = {step: Shown(step, scope) for step, (scope, _) in SHOWN.items()}

    def watch(self, stream: str, closed: Closed, judges: Bench) -> None:
        for shown in self.shown.values():
            shown(stream, closed, judges)


@pytest.fixture(scope="module")
def read() -> Piped:
    makers: dict[str, Any] = {"silence": SilenceJudge, "burst": BurstJudge}
    makers |= {name: partial(taught, name=name) for name in BY_WEEK}
    makers |= {name: partial(RuleJudge, rule=rule(name)) for name in RULES}
    piped = Piped()

    def kept(name: str, seat: Seat) -> Judge:
        return piped.noted.setdefault(name, Noted(makers[name](seat)))

    stream = Stream(
        "complaints", SETTINGS, 0, makers={name: partial(kept, name) for name in makers},
        watch=piped.watch,
    )  # fmt: skip
    for counts in records():
        list(stream.apply(counts))
    return piped


@pytest.fixture(scope="module")
def piped(read: Piped) -> dict[str, Noted]:
    return read.noted


def rule(name: str) -> Rule:
    plain = {"name": name, "stream": "complaints", "by": ("category",)}
    return Rule.model_validate(plain | RULES[name])


@cache
def past() -> Ints:
    """Of the weeks before, by week and series."""
    return np.random.default_rng(29).poisson(hourly().sum(axis=0) / WEEKS * 0.8, (PAST, SERIES))


BY_WEEK: dict[str, tuple[Any, Any, Any]] = {
    "weekly": (WeeklyJudge, Weekly(threshold=WEEKLY_THRESHOLD), WeeklyState),
    "drift": (DriftJudge, Drift(threshold=WEEKLY_THRESHOLD), DriftState),
}
"""Judge, detector and its states."""


def known(name: str) -> Any:
    """What the detector knows that has seen the weeks before."""
    _, detector, states = BY_WEEK[name]
    state = states.empty(SERIES)
    list(noufaily.verdicts(detector, state, past(), first=FIRST_WEEK - PAST))
    return state


def taught(seat: Seat, *, name: str) -> Judge:
    judge: Judge = BY_WEEK[name][0](seat)
    running, state = Running.empty(SERIES).columns(), known(name).columns()
    judge.restore(judge.snapshot() | {"running": running, "state": state})
    return judge


def test_surge_scores_the_same_in_its_benchmark_and_in_a_stream(piped: dict[str, Noted]) -> None:
    one, counts = np.zeros(SERIES, np.int64), hourly().astype(np.int32)
    made = Realisation(
        counts, counts * 0, one, one, one, np.empty(0, np.dtype("i8")), {}, []
    )  # fmt: skip
    said = steps(made, counts, threshold=THRESHOLD, start=FIRST)
    alone = [step.verdict.score for step in said if step.lives.size]
    assert_alike(np.array(piped["silence"].surge), np.array(alone), threshold=THRESHOLD)


def test_burst_scores_the_same_in_its_benchmark_and_in_a_stream(piped: dict[str, Noted]) -> None:
    files = [
        nab.Series(f"{n}", column.astype(np.float64), ()) for n, column in enumerate(people().T)
    ]
    alone = np.array(nab.burst_scores(files, Burst())).T
    assert_alike(np.array(piped["burst"].scores), alone, threshold=BURST_THRESHOLD)


@pytest.mark.parametrize("name", BY_WEEK)
def test_by_week_scores_are_the_same_in_benchmarks_and_in_a_stream(
    name: str, piped: dict[str, Noted]
) -> None:
    detector, weeks = BY_WEEK[name][1], hourly().reshape(WEEKS, 168, SERIES).sum(axis=1)
    said = list(noufaily.verdicts(detector, known(name), weeks, first=FIRST_WEEK))
    alone = np.array([verdict.score for verdict in said])
    assert_alike(np.array(piped[name].scores), alone, threshold=WEEKLY_THRESHOLD)
    assert np.array_equal(piped[name].above, [verdict.above for verdict in said])


def test_silence_scores_the_same_in_its_benchmark_and_in_a_stream(piped: dict[str, Noted]) -> None:
    """The topic as a whole is a feed too; feeds are born of the first hour."""
    feeds = np.hstack([hourly().sum(axis=1, keepdims=True), hourly()])[1:]
    said = silence.verdicts(feeds, threshold=THRESHOLD, start=FIRST + 1)
    alone = np.array([verdict.score for verdict in said])
    assert_alike(np.array(piped["silence"].scores[1:]), alone, threshold=THRESHOLD)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_scores_the_same_by_itself_and_in_a_stream(
    name: str, piped: dict[str, Noted]
) -> None:
    asked = rule(name)
    test = rules.Rule(
        least=asked.people, window=asked.buckets(asked.within), ratio=asked.times,
        holds=max(asked.buckets(asked.holds), 1),
    )  # fmt: skip
    counts = people() if asked.minutes == 60 // FINE else hourly()
    window = Window(length=test.window, delay=asked.buckets(asked.than) if asked.times else 0)
    window.grow(SERIES)
    state, alone = rules.RuleState.empty(SERIES), []
    for bucket, row in enumerate(counts):
        window.take(row)
        recent = window.recent.copy() if window.full or not asked.times else row * 0
        state, verdict = test.step(state, recent, window.before, bucket=bucket)
        alone.append(verdict.score)
    assert_alike(np.array(piped[name].scores), np.array(alone), threshold=1.0)


MAP = SETTINGS.model_copy(
    update={"cuts": (Cut(stream="complaints", by=("region",), methods=("spatial",)),)}
)
DAYS, YOUNG = 9, 48
RISE = slice(7 * 24 + 9, 8 * 24 + 9)


@cache
def provinces() -> Ints:
    """By hour and region: one or two an hour, and in the end twice as many in three neighbours."""
    means = np.full((DAYS * 24, len(MAP.regions.places)), 1.5)
    first = 18
    means[RISE, [first, *MAP.regions.adjacent[first][:2]]] *= 2
    held = np.random.default_rng(31).poisson(means).astype(np.int64)
    held[0] = 1
    return held


def test_the_scan_scores_the_same_in_its_benchmark_and_in_a_stream() -> None:
    """The surge, which says what is usual in each region, is the benchmark's own."""
    names, noted, made = list(MAP.regions.places), list[Floats](), list[SpatialJudge]()

    def kept(seat: Seat) -> Judge:
        judge = spatial_judge(seat, young=YOUNG)
        assert judge is not None
        made.append(judge)
        return judge

    def watch(_: str, __: Closed, ___: Bench) -> None:
        (drawn,) = made[0]._maps.values()
        if drawn.verdict is not None:
            noted.append(drawn.verdict.score.copy())

    stream = Stream("complaints", MAP, 0, makers={"spatial": kept}, watch=watch)
    for hour, row in enumerate(provinces()[:, None, :]):
        list(stream.apply(record(MAP, hour, cells_of(row, hour, *names), None, total(row, hour))))
    traffic = spatial.Traffic(provinces())
    judged = spatial.by_surge(traffic, threshold=THRESHOLD, start=FIRST, born=FIRST)
    usual = spatial.older(judged.usual, young=YOUNG)
    said = spatial.verdicts(spatial.scan(threshold=THRESHOLD), provinces()[1:], usual)
    alone = np.array([verdict.score for verdict in said])
    assert_alike(np.array(noted), alone, threshold=THRESHOLD)


@pytest.mark.parametrize("step", SHOWN)
def test_the_numbers_that_are_shown_of_an_hour_give_its_score_again(
    step: Step, read: Piped
) -> None:
    _, score = SHOWN[step]
    read.shown[step].assert_adds_up(score)
