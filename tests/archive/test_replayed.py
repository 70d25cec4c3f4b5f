"""An archive that is played again leads to what the log led to."""

from operator import attrgetter
from typing import Any

import pytest
from kafka import TopicPartition

from streams.archive.log import ArchiveError, Log
from streams.hindsight.backtest import Backtest
from streams.hindsight.rebuild import Counting
from streams.settings import Detection, Settings, Source
from tests.archive.bench import TOPIC, Bench
from tests.archive.records import START, complaint, run

HOUR = 3_600_000


def of(partitions: int = 1, *, topic: str = TOPIC, shards: int = 1) -> Settings:
    source = Source(topic=topic, stream="complaints", key="person", partitions=partitions)
    return Settings(sources=(source,), detection=Detection(shards=shards))


@pytest.fixture
def harmed(bench: Bench) -> Bench:
    """Steady complaints of ten days, one of which reports harm."""
    records = [complaint(n, stamp=START + n * HOUR, product="kettle") for n in range(240)]
    records[200] = complaint(200, stamp=START + 200 * HOUR, product="kettle", severity="safety")
    bench.take(run(TOPIC, records))
    bench.write()
    return bench


def signals(bench: Bench, **chosen: Any) -> list[Any]:
    test = Backtest(of(**chosen), now=0)
    found = [s for outcome in test.play(Log(bench.place)) for s in outcome.signals]
    return sorted(found, key=attrgetter("at", "id", "state"))


def test_records_are_judged_at_their_own_times(harmed: Bench) -> None:
    found = signals(harmed)
    assert {signal.kind for signal in found} >= {"trigger"}
    (harm, *_) = [signal for signal in found if signal.kind == "trigger"]
    assert harm.onset.timestamp() * 1000 == (START + 200 * HOUR) // 60_000 * 60_000


def test_what_is_found_does_not_depend_on_the_number_of_shards(harmed: Bench) -> None:
    assert signals(harmed, shards=3) == signals(harmed)


def test_how_far_the_events_reach_leaves_ends_of_input_out(harmed: Bench) -> None:
    test = Backtest(of(), now=0)
    list(test.play(Log(harmed.place)))
    assert test.reach.span == (START, START + 239 * HOUR)
    assert len(test.reach) == 240


@pytest.mark.parametrize(
    ("chosen", "rule"),
    [
        ({"topic": "others"}, "topic complaints must be one of the sources, got others"),
        ({"partitions": 1}, "topic complaints has 2 partitions, its source must have as many"),
    ],
)
def test_an_archive_of_other_topics_or_more_partitions_is_refused(
    bench: Bench, chosen: dict[str, Any], rule: str
) -> None:
    bench.take(run(TOPIC, [complaint(0)], partition=1))
    bench.write()
    with pytest.raises(ArchiveError, match=rule):
        list(Backtest(of(**chosen), now=0).play(Log(bench.place)))


def test_a_rebuilt_state_goes_on_with_the_first_chunk_that_is_not_whole(harmed: Bench) -> None:
    state = Counting(of(partitions=2, shards=2), Log(harmed.place)).run()
    position = state.positions[TopicPartition(TOPIC, 0)]
    assert position.offset == 239
    assert position.note == str(START + 238 * HOUR - 15 * 60_000)
    assert len(state.shards) == 2
    judged = {shard.judged()["complaints"] for shard in state.shards}
    assert judged == {(START + 238 * HOUR - 15 * 60_000) // HOUR - 1}


def test_a_partition_that_is_read_later_is_not_taken_for_idle(bench: Bench) -> None:
    """Else what it holds would come after its hours had been judged."""
    for partition in (0, 1):
        records = [complaint(n, stamp=START + n * HOUR) for n in range(100)]
        bench.take(run(TOPIC, records, partition=partition))
    bench.write()
    state = Counting(of(partitions=3), Log(bench.place)).run()
    assert [shard.late_at_detection for shard in state.shards] == [0]
    assert state.shards[0].judged()
