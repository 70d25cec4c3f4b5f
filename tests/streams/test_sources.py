"""Which sources and channels are called silent, when, by whom, and which are not."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as searched
from hypothesis import strategies as st

from alerts.signal import Kind, Signal, SignalState
from streams.configuration.sections import Intake, Source
from streams.counts.cells import decode
from streams.detection.judges.judge import Closed
from streams.detection.judges.silence import MOST, SilenceJudge
from streams.detection.shards import Shard
from streams.detection.snapshots import Frozen
from streams.detection.stream import Stream
from streams.events.event import Complaint, Event
from streams.files.history import History
from streams.hindsight.backtest import Backtest
from streams.intake.reading import Plan
from streams.settings import Settings
from tests.streams.counts import (
    applied,
    decided,
    emitted,
    merged,
    of_shard,
    parted,
    played,
    records,
)
from tests.streams.logs import (
    DAY,
    HOUR,
    MINUTE,
    START,
    Partition,
    complaint,
    log,
    mention,
    settings,
)
from tests.streams.test_backtest import history, outcomes, signals

CHANCE = st.randoms(use_true_random=False)
FELL = 8 * 24 + 10
"""The hour, since START, from which the phone is silent for six hours."""
ENDS = START + (FELL + 10) * HOUR
PHONE = {"stream": "complaints", "source": "complaints", "channel": "phone"}
TOPIC = {"stream": "complaints", "source": "complaints"}
TWO = settings(partitions=2, records=64)
CONFIRMED, CLEARED = SignalState.CONFIRMED, SignalState.CLEARED


@cache
def calls(*, silent: tuple[int, int] = (FELL, FELL + 6), hours: int = FELL + 10) -> list[Complaint]:
    """Five by phone and two by web in an hour, each about a matter of its own."""
    chance = np.random.default_rng(3)
    found = sorted(
        (START + hour * HOUR + int(chance.integers(HOUR)), channel)
        for hour in range(hours)
        for channel, rate in (("phone", 5), ("web", 2))
        for _ in range(rate)
        if channel == "web" or not silent[0] <= hour < silent[1]
    )
    return [
        complaint(n, time, channel=channel, category=f"c{n % 3}")
        for n, (time, channel) in enumerate(found)
    ]


def logs(which: Settings, events: Sequence[Event], *, every: int = 25) -> list[Any]:
    """One log a partition."""
    return [
        emitted(which, records(own, ends=ENDS), n, every=every)
        for n, own in enumerate(parted(which, events))
    ]


def silences(found: Sequence[Signal]) -> list[Signal]:
    return [signal for signal in found if signal.kind is Kind.SILENCE]


def at(hour: float) -> datetime:
    return datetime.fromtimestamp((START + hour * HOUR) / 1000, UTC)


WHOLE = logs(TWO, calls())
PLAIN = merged(WHOLE)
SIGNALS, (SHARD,) = played(TWO, PLAIN)


def test_a_channel_that_falls_silent_while_others_flow_is_called_and_cleared() -> None:
    found = silences(SIGNALS)
    assert [(s.scope, s.state) for s in found if s.revision == 0] == [
        (PHONE, CONFIRMED), (PHONE, CLEARED)
    ]  # fmt: skip
    fired, over = found[0], found[-1]
    assert fired.id == over.id
    assert fired.onset == over.onset == at(FELL)
    assert at(FELL + 2) <= fired.at <= at(FELL + 6)
    assert fired.observed == 0
    assert fired.expected == pytest.approx(5 * (fired.at - at(FELL)).seconds / 3600, rel=0.2)
    assert fired.score >= fired.threshold
    assert fired.last is not None
    assert at(FELL - 1) <= fired.last < at(FELL)
    assert over.at == at(FELL + 7)
    assert over.observed == 5


def test_silence_is_never_provisional() -> None:
    assert {signal.state for signal in silences(SIGNALS)} == {CONFIRMED, CLEARED}


@given(CHANCE, st.integers(20, 200))
@searched(max_examples=6, deadline=None)
def test_neither_order_of_reading_nor_of_sending_changes_what_is_said(
    chance: Random, every: int
) -> None:
    found, _ = played(TWO, merged(logs(TWO, calls(), every=every), chance))
    assert decided(silences(found)) == decided(silences(SIGNALS))
    assert [s.last for s in silences(found)] == [s.last for s in silences(SIGNALS)]


def test_records_repeated_change_not_a_bit() -> None:
    found, (shard,) = played(TWO, [one for one in PLAIN for _ in range(2)])
    assert found == SIGNALS
    assert shard.snapshot() == SHARD.snapshot()


@cache
def course() -> list[tuple[list[Signal], Frozen]]:
    """What a shard that never stopped says to each record, and its snapshot then."""
    shard = Shard(TWO, 0)
    return [([], shard.snapshot()), *((shard.apply(one), shard.snapshot()) for (one,) in PLAIN)]


@given(st.integers(0, len(PLAIN)))
@searched(max_examples=6, deadline=None)
def test_a_shard_restored_at_any_offset_says_the_rest(cut: int) -> None:
    restored = Shard(TWO, 0)
    restored.restore(course()[cut][1])
    said = applied(restored, of_shard(0, PLAIN[cut:]))
    assert said == [signal for told, _ in course()[cut + 1 :] for signal in told]
    assert restored.snapshot() == course()[-1][1]


@pytest.mark.parametrize("shards", [2, 5])
def test_one_shard_speaks_for_a_feed_and_all_know_how_many_are_silent(shards: int) -> None:
    which = settings(partitions=2, records=64, shards=shards)
    sent = merged(logs(which, calls(silent=(FELL, FELL + 10))))
    found, held = played(which, sent)
    names = [(s.id, s.state, s.revision) for s in silences(found)]
    assert names
    assert len(names) == len(set(names))
    assert {shard.silent()["complaints"] for shard in held} == {1}


def test_a_repeat_contact_is_a_sign_of_life() -> None:
    events = [
        complaint(n, one.time, channel=one.channel, person="ann") for n, one in enumerate(calls())
    ]
    found, _ = played(TWO, merged(logs(TWO, events)))
    said = {(tuple(s.scope.items()), s.at, s.observed) for s in silences(found)}
    assert said == {(tuple(s.scope.items()), s.at, s.observed) for s in silences(SIGNALS)}


def until_it_fell(events: Sequence[Event]) -> list[Event]:
    return [one for one in events if one.time < START + FELL * HOUR]


class Topics:
    """Topics of one partition each, read by one shard; all brought calls until FELL."""

    def __init__(self, which: Settings, *events: Sequence[Event]) -> None:
        which = which.model_copy(update={"intake": Intake(chunk_span=timedelta(days=1))})
        self.shard = Shard(which, 0)
        sources = [source for source in which.sources if source.stream == "complaints"]
        self.parts = [Partition(Plan(which, source, 1)) for source in sources]
        for part, own in zip(self.parts, events, strict=False):
            self.bring(part, until_it_fell(own))

    @classmethod
    def of_calls(cls) -> "Topics":
        """One topic, of which the shard has read the calls once for all tests."""
        one = cls(settings())
        one.shard.restore(_read())
        one.parts[0].take(log(until_it_fell(calls())))
        return one

    def bring(self, part: Partition, events: Sequence[Event]) -> list[Signal]:
        part.take(log(events, offset=part.reading.end or 0))
        return silences(applied(self.shard, part.counts()[-len(events) - 2 :]))

    def rest(self, part: Partition, *, hours: int = 1) -> list[Signal]:
        mark = part.reading.mark(end=part.reading.end or 0, idle=hours * HOUR)
        return silences(self.shard.apply(decode(mark)))


@cache
def _read() -> Frozen:
    return Topics(settings(), calls()).shard.snapshot()


def test_a_stream_whose_every_partition_rests_is_called_by_the_time_that_has_passed() -> None:
    topics = Topics.of_calls()
    found = [one for _ in range(12) for one in topics.rest(topics.parts[0])]
    first = found[0]
    assert first.scope == TOPIC
    assert at(FELL + 1) <= first.at <= at(FELL + 3)
    scopes = {tuple(signal.scope.values()) for signal in found}
    assert scopes == {tuple((TOPIC | {"channel": c}).values()) for c in ("phone", "web")} | {
        tuple(TOPIC.values())
    }


def test_a_topic_that_rests_is_called_while_another_of_its_stream_flows() -> None:
    one, posts = settings().sources
    other = Source(topic="counter", stream="complaints", key="person", partitions=1)
    which = settings().model_copy(update={"sources": (one, other, posts)})
    flowing = [complaint(f"o{n}", START + n * 10 * MINUTE) for n in range(6 * (FELL + 12))]
    topics, found = Topics(which, calls(), flowing), []
    for hour in range(FELL, FELL + 12):
        found += topics.rest(topics.parts[0])
        found += topics.bring(topics.parts[1], flowing[6 * hour : 6 * hour + 6])
    assert TOPIC in [signal.scope for signal in found]
    assert {signal.scope["source"] for signal in found} == {"complaints"}


def test_an_outage_of_intake_is_nobodys_silence() -> None:
    """No mark and no record comes of a topic for twelve hours, and then what it brought in them."""
    one, posts = settings().sources
    other = Source(topic="counter", stream="complaints", key="person", partitions=1)
    which = settings().model_copy(update={"sources": (one, other, posts)})
    flowing = [complaint(f"o{n}", START + n * 10 * MINUTE) for n in range(6 * (FELL + 12))]
    steady = calls(silent=(FELL, FELL), hours=FELL + 12)
    topics, found = Topics(which, steady, flowing), []
    for hour in range(FELL, FELL + 12):
        found += topics.bring(topics.parts[1], flowing[6 * hour : 6 * hour + 6])
    waited = topics.shard._streams["complaints"].closed or 0
    found += topics.bring(topics.parts[0], steady[len(until_it_fell(steady)) :])
    assert found == []
    assert (topics.shard._streams["complaints"].closed or 0) > waited + 8


class Hidden(SilenceJudge):
    """One that is told of every hour that an outage of the sources masks it."""

    def close(self, closed: Closed) -> Iterator[Signal]:
        yield from super().close(replace(closed, masked=True))


def test_what_an_outage_of_the_sources_hides_from_the_others_is_called_a_silence() -> None:
    stream = Stream("complaints", TWO, 0, makers={"silence": Hidden})
    found = [signal for (counts,) in PLAIN for signal in stream.apply(counts)]
    assert silences(found) == silences(SIGNALS)


def test_what_comes_for_hours_that_are_closed_is_no_sign_of_life() -> None:
    topics = Topics.of_calls()
    (part,) = topics.parts
    assert TOPIC in [signal.scope for signal in topics.rest(part, hours=12)]
    late = [complaint(f"l{n}", START + FELL * HOUR + n, channel="phone") for n in range(9)]
    assert topics.bring(part, late) == []
    assert topics.shard.late_at_detection == 9
    assert topics.shard.silent()["complaints"] == 3


def test_a_source_that_may_be_silent_is_not_called() -> None:
    which = settings(partitions=2, records=64, silence=False)
    found, (shard,) = played(which, merged(logs(which, calls())))
    assert silences(found) == []
    assert shard.silent() == {"complaints": 0, "mentions": 0}


def test_a_source_that_is_silent_when_it_is_allowed_to_be_is_let_off() -> None:
    topics = Topics.of_calls()
    (part,) = topics.parts
    told = topics.rest(part, hours=4)
    allowed = Shard(settings(silence=False), 0)
    allowed.restore(topics.shard.snapshot())
    topics.shard = allowed
    over = topics.rest(part)
    assert {signal.id for signal in over} == {signal.id for signal in told}
    assert {signal.state for signal in over} == {CLEARED}


def test_feeds_past_the_bound_are_not_watched_whoever_is_read_first() -> None:
    which = settings(partitions=2, records=64)
    halves = [
        emitted(which, records(complaint(n, channel=f"{n:03}") for n in own), part)
        for part, own in enumerate((range(MOST), range(MOST, 2 * MOST)))
    ]
    kept = []
    for order in (halves, halves[::-1]):
        _, (shard,) = played(which, [one for half in order for one in half])
        kept.append(shard._streams["complaints"].judges.snapshot()["judges"]["silence"]["feeds"])
        assert shard.fullness == 1.0
    assert kept[0] == kept[1]
    assert len(kept[0]) == MOST


def test_a_back_test_calls_what_workers_call(tmp_path: Path) -> None:
    found = signals(outcomes(TWO, history(tmp_path, calls())))
    assert decided(silences(found)) == decided(silences(SIGNALS))


def test_the_end_of_a_history_is_no_silence(tmp_path: Path) -> None:
    found = signals(outcomes(TWO, history(tmp_path, calls(silent=(0, 0)))))
    assert silences(found) == []


def test_a_stream_whose_files_end_before_anothers_is_not_silent(tmp_path: Path) -> None:
    posts = [mention(n, START + n * HOUR, author=f"a{n}") for n in range(24 * 30)]
    one = history(tmp_path, calls(silent=(0, 0)))
    assert one.ends["complaints"] < START + 30 * DAY
    history(tmp_path, posts, "mentions")
    both = History(
        [tmp_path / "complaints.jsonl", tmp_path / "mentions.jsonl"], None, intake=Intake()
    )
    found = signals(list(Backtest(TWO, now=START + 999 * DAY).play(both)))
    assert silences(found) == []


def test_a_channel_that_ends_before_the_others_of_its_files_is_silent(tmp_path: Path) -> None:
    found = signals(outcomes(TWO, history(tmp_path, calls(silent=(FELL, FELL + 10)))))
    assert {tuple(s.scope.values()) for s in silences(found)} == {tuple(PHONE.values())}
    assert CLEARED not in {s.state for s in silences(found)}
