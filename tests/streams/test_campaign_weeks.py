"""Weeks of a campaign: what was declared is no rise and teaches none, and what exceeds it is one.

Two matters of a hundred people a week; in some weeks all, or one of them, bring so many times that.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.signal import Kind, Signal, SignalState
from detectors.calendar import Known
from detectors.drift import Drift, DriftState
from detectors.weekly import Weekly, WeeklyState
from streams.configuration.declared import Calendar, KnownEvent
from streams.counts.cells import Counts
from streams.detection.judges.weekly import DriftJudge, Running, WeeklyJudge
from streams.detection.packing import freeze, thaw
from streams.detection.stream import Stream
from streams.settings import Settings
from tests.streams.counts import emitted, records
from tests.streams.logs import START, complaint
from tests.streams.weeks import MATTERS, RATE, WEEK, ByWeek, planned

BUSY, LASTS = 3, 3
"""Weeks: from START until the campaign, and that it lasts; those of the zone begin sooner."""
WEEKS = BUSY + LASTS + 2
UPLIFT = 1.9
WEEKLY = ByWeek(Kind.WEEKLY, ("surge", "weekly"), Weekly(threshold=100.0), WeeklyState, WeeklyJudge)
DRIFT = ByWeek(Kind.DRIFT, ("surge", "drift"), Drift(threshold=100.0), DriftState, DriftJudge)
BOTH = pytest.mark.parametrize("method", [WEEKLY, DRIFT], ids=["weekly", "drift"])


@cache
def log(*times: float, weeks: int = WEEKS) -> list[Counts]:
    """Of which each matter brings so many times as many in the weeks of the campaign."""
    chance, means = np.random.default_rng(21), np.full((weeks, 2), RATE)
    means[BUSY : BUSY + LASTS] *= times
    found = [(START, matter) for matter in MATTERS]
    found += [
        (START + week * WEEK + int(at), matter)
        for week, row in enumerate(chance.poisson(means))
        for matter, n in zip(MATTERS, row.tolist(), strict=True)
        for at in chance.integers(WEEK, size=n)
    ]
    events = [complaint(n, at, category=matter) for n, (at, matter) in enumerate(sorted(found))]
    sent = emitted(planned("surge"), records(events, ends=START + weeks * WEEK), every=120)
    return [counts for (counts,) in sent]


def knowing(method: ByWeek, *events: KnownEvent) -> Settings:
    which = planned(*method.methods)
    return which.model_copy(update={"calendar": Calendar(events=events)})


def campaign(**fields: Any) -> KnownEvent:
    begins = datetime.fromtimestamp(START / 1000, UTC) + timedelta(weeks=BUSY)
    until = begins + timedelta(weeks=LASTS)
    facts: dict[str, Any] = {"name": "sale", "since": begins, "until": until, "uplift": UPLIFT}
    return KnownEvent(**(facts | fields))


def made(method: ByWeek, *events: KnownEvent) -> Stream:
    makers = {str(method.kind): method.taught}
    return Stream("complaints", knowing(method, *events), 0, makers=makers)


def called(method: ByWeek, log: list[Counts], *events: KnownEvent) -> list[Signal]:
    """What the method itself calls."""
    stream = made(method, *events)
    found = [signal for counts in log for signal in stream.apply(counts)]
    return [s for s in found if s.kind is method.kind and s.state is SignalState.CONFIRMED]


@BOTH
def test_a_week_that_nobody_knows_of_is_called(method: ByWeek) -> None:
    found = called(method, log(UPLIFT, UPLIFT))
    assert {signal.scope["category"] for signal in found} == set(MATTERS)


@BOTH
def test_the_same_week_that_was_declared_is_not(method: ByWeek) -> None:
    assert called(method, log(UPLIFT, UPLIFT), campaign()) == []


@BOTH
def test_one_that_is_known_to_come_is_not_either_however_much_it_brings(method: ByWeek) -> None:
    assert called(method, log(UPLIFT, UPLIFT), campaign(uplift=1.0)) == []


@BOTH
def test_what_exceeds_what_was_declared_is_called(method: ByWeek) -> None:
    found = called(method, log(3 * UPLIFT, UPLIFT), campaign())
    assert {signal.scope["category"] for signal in found} == {"billing"}


@BOTH
def test_a_campaign_for_some_excuses_no_others(method: ByWeek) -> None:
    found = called(method, log(UPLIFT, UPLIFT), campaign(scope={"category": "staff"}))
    assert {signal.scope["category"] for signal in found} == {"billing"}


@BOTH
def test_a_stream_restored_within_a_campaign_goes_on_to_the_same_bytes(method: ByWeek) -> None:
    whole, sale = log(UPLIFT, UPLIFT), campaign(scope={"category": "billing"})
    at = len(whole) * (BUSY + 1) // WEEKS
    before, after = made(method, sale), made(method, sale)
    for counts in whole[:at]:
        list(before.apply(counts))
    after.restore(thaw(freeze(before.snapshot())))
    for counts in whole[at:]:
        assert list(after.apply(counts)) == list(before.apply(counts))
    assert freeze(after.snapshot()) == freeze(before.snapshot())


WORTH = st.just(0.0) | st.floats(1e-3, 9.0)


@given(st.lists(st.tuples(WORTH, st.floats(0.1, 9.0), st.floats(0.0, 0.5))))
def test_what_events_make_of_a_week_lies_within_what_they_make_of_its_hours(
    hours: list[tuple[float, float, float]],
) -> None:
    running, plain = Running.empty(1), Running.empty(1)
    for usual, factor, doubt in hours:
        known, people = Known(np.array([factor]), np.array([doubt])), np.array([1])
        exposure = np.array([usual * factor])
        running.add(people, hidden=False, exposure=exposure, known=known)
        plain.add(people, hidden=False, exposure=exposure)
    assert (plain.known.factor, plain.known.doubt) == (1.0, 0.0)
    met = [(factor, doubt) for usual, factor, doubt in hours if usual] or [(1.0, 0.0)]
    found = running.known.factor, running.known.doubt
    for one, among in zip(found, zip(*met, strict=True), strict=True):
        assert min(among) * (1 - 1e-9) <= float(np.ravel(one)[0]) <= max(among) * (1 + 1e-9)
