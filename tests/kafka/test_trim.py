"""Counts that no restart needs are deleted, and who takes over a shard does not need them."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from streams.broker.topics import Role
from tests.kafka import tallies
from tests.kafka.conftest import Install
from tests.kafka.installation import Installation
from tests.kafka.test_replay import restored, written
from tests.needs import free_port

OPTIONS = """
[intake]
chunk_records = 64
[detection]
shards = 2
snapshot_every = 50
"""
SERVED = """
[operations]
detection_port = {port}
"""
TRIMS = {"TOCSIN_DETECTION__TRIM_EVERY": "200ms"}


@contextmanager
def beside(first: Installation, home: Path) -> Iterator[Installation]:
    """Another machine, which has taken one of the two shards."""
    options, prefix = OPTIONS + SERVED.format(port=free_port()), first.topics.prefix
    with Installation(
        home, first.bootstrap, prefix, options, instance="1", roles=[Role.DETECTION]
    ) as second:
        second.environment = TRIMS
        second.start()
        one = 'tocsin_partitions{role="detection"} 1.0'
        second.until(lambda: one in metrics(second), "a shard of the other machine")
        yield second


def metrics(installation: Installation) -> str:
    """Of detection; empty before it serves."""
    with suppress(httpx.TransportError):
        return httpx.get(installation.settings.operations.metrics(Role.DETECTION)).text
    return ""


def snapshotted(installation: Installation) -> set[int]:
    """The shards of which its detection has written snapshots."""
    found = re.findall(r'tocsin_snapshot_seconds_count{shard="(\d+)"}', metrics(installation))
    return set(map(int, found))


def test_a_machine_goes_on_from_the_snapshot_of_one_that_is_gone_though_old_counts_are_deleted(
    install: Install, tmp_path: Path
) -> None:
    first, second = written(tmp_path)
    trimmed = install(OPTIONS, Role.INTAKE, Role.DETECTION)
    trimmed.environment = TRIMS

    def starts() -> dict[int, int]:
        return trimmed.reader.starts(trimmed.topics.counts)

    with ThreadPoolExecutor(1) as aside:
        trimmed.start()
        with beside(trimmed, tmp_path / "other") as other:
            trimmed.replay(*first)
            expected = aside.submit(trimmed.backtest, *first, *second)
            trimmed.until(lambda: min(starts().values()) > 0, "deletion of old counts")
            older = starts()
            newest = trimmed.snapshots()
            assert {shard for shard, at in older.items() if at >= newest[shard]} == set()
            left = snapshotted(other)
        trimmed.replay(*second)
        wanted = tallies.confirmed(expected.result())
    assert len(wanted) > 10
    trimmed.until(lambda: tallies.confirmed(trimmed.signals()) == wanted, "the same signals")
    assert left
    assert all(restored(trimmed)[shard] >= older[shard] > 0 for shard in left)
    assert all(now >= older[shard] for shard, now in starts().items())
