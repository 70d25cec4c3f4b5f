"""A day of a campaign on a series that bursts: what was declared is no burst, what exceeds it is.

The kettle is posted of one and a half times in five minutes, and bursts nine times a day.
"""

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from alerts.gates import Step
from alerts.signal import Kind, Signal, SignalState
from streams.configuration.declared import Calendar, KnownEvent
from streams.counts.cells import Counts
from streams.detection.packing import freeze, thaw
from streams.detection.snapshots import Frozen
from streams.detection.stream import Stream, Watch
from tests.contract import again
from tests.streams.counts import emitted, records
from tests.streams.logs import DAY, START, mention
from tests.streams.shown import Shown
from tests.streams.test_bursts import BUCKETS, FIVE, SURGE, plan

DAYS, BUSY = 9, 8
UPLIFT = 2.5
PLAN = plan("surge", "burst")


@cache
def log(times: float) -> list[Counts]:
    """So many times as much on the day of the campaign."""
    chance = np.random.default_rng(3)
    means = np.full(DAYS * BUCKETS, 1.5)
    means[20::32] += 25
    means[BUSY * BUCKETS :] *= times
    posts = [
        mention(f"{at}-{k}", START + at * FIVE)
        for at, n in enumerate(chance.poisson(means).tolist())
        for k in range(n)
    ]
    sent = emitted(plan(*SURGE), records(posts, ends=START + DAYS * DAY), every=200)
    return [one for (one,) in sent]


def campaign(**scope: str) -> KnownEvent:
    begins = datetime.fromtimestamp(START / 1000, UTC) + timedelta(days=BUSY)
    return KnownEvent(
        name="sale", since=begins, until=begins + timedelta(days=1), uplift=UPLIFT, scope=scope
    )


def made(*events: KnownEvent, watch: Watch | None = None) -> Stream:
    which = PLAN.model_copy(update={"calendar": Calendar(events=events)})
    return Stream("mentions", which, 0, watch=watch)


@cache
def eve() -> tuple[int, Frozen]:
    """How much of the log comes before the day, and a stream that has read it."""
    at = sum((one.watermark or START) < START + BUSY * DAY for one in log(1.0))
    stream = made()
    for one in log(1.0)[:at]:
        list(stream.apply(one))
    return at, freeze(stream.snapshot())


def dawn(*events: KnownEvent, watch: Watch | None = None) -> Stream:
    stream = made(*events, watch=watch)
    stream.restore(thaw(eve()[1]))
    return stream


def called(times: float, *events: KnownEvent) -> list[Signal]:
    """Bursts of the day."""
    stream = dawn(*events)
    found = [signal for one in log(times)[eve()[0] :] for signal in stream.apply(one)]
    begins = (START + BUSY * DAY) / 1000
    return [
        s for s in found
        if s.kind is Kind.BURST and s.state is SignalState.CONFIRMED and s.at.timestamp() > begins
    ]  # fmt: skip


def test_a_day_that_nobody_knows_of_is_called_and_an_ordinary_one_is_not() -> None:
    assert called(UPLIFT)
    assert called(1.0) == []


@pytest.mark.parametrize("scope", [{}, {"product": "kettle"}], ids=["all", "some"])
def test_the_same_day_that_was_declared_is_not_called(scope: dict[str, str]) -> None:
    assert called(UPLIFT, campaign(**scope)) == []


def test_what_exceeds_what_was_declared_is_called() -> None:
    assert called(8.0, campaign(product="kettle"))


def test_a_campaign_for_others_excuses_nothing() -> None:
    assert called(UPLIFT, campaign(product="iron"))


def test_the_numbers_that_are_shown_give_the_score_again() -> None:
    shown = Shown(Step.BURST, {"product": "kettle"})
    stream = dawn(campaign(), watch=shown)
    for one in log(UPLIFT)[eve()[0] :]:
        list(stream.apply(one))
    shown.assert_adds_up(again.of_burst)
    assert max(numbers["event"] for numbers in shown.numbers) > UPLIFT / 1.5


def test_a_stream_restored_within_the_day_goes_on_to_the_same_bytes() -> None:
    before, after = dawn(campaign()), made(campaign())
    rest = log(UPLIFT)[eve()[0] :]
    for one in rest[:4]:
        list(before.apply(one))
    after.restore(thaw(freeze(before.snapshot())))
    for one in rest[4:]:
        assert list(after.apply(one)) == list(before.apply(one))
    assert freeze(after.snapshot()) == freeze(before.snapshot())
