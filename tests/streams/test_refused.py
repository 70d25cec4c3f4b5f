"""Series past a bound are refused, and it shows of which cut they are."""

from typing import Any

from streams.detection.series import MOST_BROADCAST
from streams.detection.shards import Shard
from streams.intake.reading import Plan
from streams.settings import Settings
from tests.streams.counts import applied
from tests.streams.logs import START, Partition, complaint, log, settings

BY_CATEGORY, BY_BOTH = ("complaints", "category"), ("complaints", "product,category")


def bounded(series: int) -> Settings:
    plain = settings()
    return plain.model_copy(
        update={"detection": plain.detection.model_copy(update={"max_series": series})}
    )


def shown(which: Settings, by: str, values: int) -> Shard:
    """A shard that was told of one person each under so many values of a field, in order."""
    said: list[dict[str, Any]] = [{by: f"{n:04}"} for n in range(values)]
    people = [complaint(n, START + n, **fields) for n, fields in enumerate(said)]
    partition = Partition(Plan(which, which.sources[0], 1))
    partition.take(log(people))
    shard = Shard(which, 0)
    applied(shard, partition.counts())
    return shard


def refused(shard: Shard) -> dict[tuple[str, str], int]:
    return {cut: people for cut, people in shard.refused.items() if people}


def test_people_past_the_bound_of_all_are_refused_in_the_cut_they_would_be_new_to() -> None:
    shard = shown(bounded(6), "product", 9)
    assert refused(shard) == {BY_BOTH: 4}  # the category took a place, five products the rest
    assert shard.fullness == 1.0


def test_the_bound_of_a_cut_that_goes_to_all_shards_is_seen_before_it_is_reached() -> None:
    nearly = shown(bounded(100_000), "category", MOST_BROADCAST * 9 // 10)
    assert (refused(nearly), nearly.fullness) == ({}, 0.9)
    full = shown(bounded(100_000), "category", MOST_BROADCAST + 3)
    assert (refused(full), full.fullness) == ({BY_CATEGORY: 3}, 1.0)


def test_a_chunk_that_grows_is_refused_once_and_a_snapshot_remembers() -> None:
    which = bounded(6)
    shard = shown(which, "product", 9)
    after = Shard(which, 0)
    after.restore(shard.snapshot())
    assert refused(after) == {BY_BOTH: 4}
    partition = Partition(Plan(which, which.sources[0], 1))
    partition.take(log([complaint(n, START + n, product=f"{n:04}") for n in range(9)]))
    partition.take(log([complaint(9, START + 9, product="0009")], offset=9))
    for one in (after, shard):
        one.apply(partition.counts()[-1])
        assert refused(one) == {BY_BOTH: 5}
