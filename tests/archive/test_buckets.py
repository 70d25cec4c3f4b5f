"""The archive in a bucket of a local server that speaks S3."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from streams.archive import views
from streams.archive.log import Log
from streams.archive.places import Bucket, PlaceError, place
from streams.archive.retention import retire
from streams.erasure.eraser import Eraser
from streams.settings import Archive, Settings
from tests.archive.bench import TOPIC, TP0, Bench, Busy
from tests.archive.records import complaint, complaints, run
from tests.needs import free_port

MARKER = "hush"
KEYS = {
    "AWS_ACCESS_KEY_ID": f"{MARKER}-id",
    "AWS_SECRET_ACCESS_KEY": f"{MARKER}-key",
    "AWS_REGION": "us-east-1",
}
NOBODY = f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server with one bucket."""
    served = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    served.start()
    host, port = served.get_host_and_port()
    address = f"http://{host}:{port}"
    try:
        httpx.put(f"{address}/tocsin").raise_for_status()
        yield address
    finally:
        served.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Bucket:
    """A prefix of this test's own; who we are is in the environment."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    url = f"s3://tocsin/{request.node.name}/deep"
    found = place(Settings(archive=Archive(url=url, endpoint=server)))
    assert isinstance(found, Bucket)
    return found


def test_a_bucket_is_written_and_read_as_a_folder_is(bucket: Bucket, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.place.lies_in = bucket
    bench.take(run(TOPIC, complaints(*range(14))))
    bench.write()
    bench.take(run(TOPIC, [complaint(14, text="烫伤")], number=1))
    bench.write()
    assert bench.consumer.durable == {TP0: 10}
    assert bench.offsets() == list(range(15))
    assert bench.rows("SELECT text FROM complaints WHERE text IS NOT NULL") == [("烫伤",)]
    assert sum(len(batch.answers) for batch in Log(bucket).batches()) == 15


def test_a_worker_that_was_frozen_shortens_nothing_in_a_bucket(
    bucket: Bucket, tmp_path: Path
) -> None:
    bench = Bench(tmp_path)
    bench.place.lies_in = bucket
    frozen = bench.worker
    bench.take(run(TOPIC, complaints(0, 1, 2)))
    bench.restarted()
    bench.take(run(TOPIC, complaints(0, 1, 2)))
    bench.write()
    (name,) = bucket.names()
    assert bucket.version(name)
    assert bucket.version(f"{name}.absent") is None
    bench.take(run(TOPIC, complaints(3, 4), number=1))
    bench.write()
    asyncio.run(frozen.write())
    assert bench.offsets() == [0, 1, 2, 3, 4]
    bucket.put(name, Path.touch)  # by one that had looked before we wrote
    bench.write(after=61.0)
    assert bench.offsets() == [0, 1, 2, 3, 4]


def test_files_of_a_bucket_can_be_deleted_twice(bucket: Bucket) -> None:
    bucket.put("a/b.parquet", Path.touch)
    bucket.delete(["a/b.parquet"])
    bucket.delete(["a/b.parquet"])
    assert bucket.names() == []


def test_a_bucket_that_is_not_there_is_named(server: str, bucket: Bucket) -> None:
    absent = Bucket("s3://absent/prefix", endpoint=server)
    with pytest.raises(PlaceError, match=r"^archive s3://absent/prefix: cannot be written: "):
        absent.put("a.parquet", Path.touch)
    with pytest.raises(PlaceError, match=r"^archive s3://absent/prefix: cannot be read: "):
        views.opened(absent)


def test_what_is_said_of_a_bucket_that_refuses_holds_none_of_its_keys(
    server: str, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    """Not there, and nobody there who answers."""
    for url, endpoint in (("s3://absent/prefix", server), ("s3://tocsin/a", NOBODY)):
        refusing = Bucket(url, endpoint=endpoint)
        with pytest.raises(PlaceError) as written:
            refusing.put("a.parquet", Path.touch)
        with pytest.raises(PlaceError) as read, views.opened(refusing) as archive:
            archive.sql("FROM complaints").fetchall()
        said = (str(written.value), str(read.value), repr(refusing), caplog.text)
        assert MARKER not in " ".join(said)


def test_a_person_leaves_a_bucket_in_two_calls_as_in_one(bucket: Bucket, tmp_path: Path) -> None:
    """The second knows from the bucket what the first had found, and deletes it in the end."""
    bench = Bench(tmp_path)
    bench.place.lies_in = bucket
    bench.take(run(TOPIC, [complaint(n, person="p-17", text="烫伤") for n in range(11)]))
    bench.write()
    assert Eraser(bucket, "p-17").erase()[:] == (10, 1, 1)
    bench.take(run(TOPIC, complaints(20, 30), number=1))
    bench.write()
    eraser = Eraser(bucket, "p-17")
    assert eraser.erase()[:] == (1, 1, 0)
    eraser.finish()
    assert bench.rows("SELECT count(DISTINCT person), count(text) FROM complaints") == [(3, 0)]
    assert not [name for name in bucket.names() if name.startswith("erasing")]


def test_a_person_leaves_a_bucket_whose_files_are_closed_and_deleted_meanwhile(
    bucket: Bucket, tmp_path: Path
) -> None:
    bench = Bench(tmp_path)
    bench.place.lies_in = bucket
    bench.take(run(TOPIC, [complaint(n, person="p-17", text="烫伤") for n in range(11)]))
    bench.write()

    def meanwhile() -> None:
        if (10, None) in bench.files():
            bench.take(run(TOPIC, complaints(*range(11, 32)), number=1))
            bench.write()

    first = Eraser(Busy(bucket, meanwhile, nth=2), "p-17").erase()
    meanwhile()
    assert first.records + Eraser(bucket, "p-17").erase().records == 11
    assert "p-17" not in str(bench.rows("SELECT person FROM complaints"))
    assert bench.files() == [(0, 10), (10, 20), (20, 30), (30, None)]


def test_old_files_leave_a_bucket_and_those_before_a_day_are_not_looked_into(
    bucket: Bucket, tmp_path: Path
) -> None:
    bench = Bench(tmp_path)
    bench.place.lies_in = bucket
    now = datetime.now(UTC)
    stamps = [int((now - timedelta(days=days)).timestamp() * 1000) for days in (30, 10, 0)]
    bench.take(run(TOPIC, [complaint(n, stamp=stamp) for n, stamp in enumerate(stamps)]))
    bench.write()
    query, since = 'SELECT "offset" FROM complaints', (now - timedelta(days=5)).date()
    with views.opened(bucket, since=since) as recent:
        assert recent.execute(query).fetchall() == [(2,)]
    asyncio.run(retire(bucket, timedelta(days=20)))
    assert bench.offsets() == [1, 2]
    asyncio.run(retire(bucket, None))
    assert bench.offsets() == [1, 2]
