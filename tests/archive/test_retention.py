"""Files that are older than is kept go, by the worker itself."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from faust.types import TP

from streams.archive.places import Folder, PlaceError
from streams.archive.retention import expired, retire
from streams.roles.archive import duties
from streams.settings import Archive, Settings
from tests.archive.bench import MARKS, TOPIC, TP0, Bench
from tests.archive.records import complaint, complaints, run
from tests.archive.test_stage import DAY_OF_END, chunk

DAY = 86_400_000


class Locked(Folder):
    """Nothing can be deleted from it."""

    def delete(self, names: object) -> None:
        raise PlaceError(f"archive {self}: cannot be written: Read-only file system")


def filled(bench: Bench) -> None:
    """Records of ten, nine, one and no days ago."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    aged = enumerate((10, 9, 1, 0))
    bench.take(run(TOPIC, [complaint(n, stamp=now - days * DAY) for n, days in aged]))


def done(bench: Bench, *, kept: timedelta | None) -> None:
    """All that the worker does by itself, once."""
    settings = Settings(archive=Archive(retention=kept))

    async def each() -> None:
        for work in duties(bench.worker, bench.place, settings).values():
            await work()

    bench.clock.now += 10
    asyncio.run(each())


@pytest.mark.parametrize(("days", "left"), [(None, 4), (30, 4), (5, 2)])
def test_the_worker_writes_what_came_and_deletes_what_is_older_than_is_kept(
    bench: Bench, days: int | None, left: int
) -> None:
    filled(bench)
    done(bench, kept=None if days is None else timedelta(days=days))
    assert bench.offsets() == list(range(4))[-left:]


@pytest.mark.parametrize(("topic", "tp"), [(TOPIC, TP0), (MARKS.topic, MARKS)])
def test_what_has_expired_is_not_written_again(bench: Bench, topic: str, tp: TP) -> None:
    """Of a source from which nothing comes any more."""
    held = {TOPIC: complaint(0, stamp=DAY_OF_END - 1), MARKS.topic: chunk(0, 0, [0])}
    bench.kept = kept = timedelta(days=30)
    bench.restarted()
    bench.take(run(topic, [held[topic]]))
    bench.write()
    bench.now += timedelta(days=40)
    bench.place.delete(expired(bench.place.names(), kept=kept, now=bench.now))
    bench.write(after=61.0)
    bench.write(after=61.0)
    assert bench.files() == []
    assert bench.consumer.durable == {tp: 1}


def test_what_comes_after_what_has_expired_is_written(bench: Bench) -> None:
    bench.kept = timedelta(days=30)
    bench.restarted()
    bench.now += timedelta(days=40)
    today = int(bench.now.timestamp() * 1000)
    bench.take(run(TOPIC, [*complaints(*range(12)), complaint(12, stamp=today)]))
    bench.write()
    assert bench.offsets() == [12]
    assert bench.consumer.durable == {TP0: 12}


def test_what_the_place_refuses_to_delete_stays_and_the_worker_lives(bench: Bench) -> None:
    filled(bench)
    bench.write()
    asyncio.run(retire(Locked(bench.folder), timedelta(days=1)))
    assert bench.offsets() == list(range(4))
