"""Counts that no restart needs are deleted, and a restart does not need them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from streams.broker.topics import Role
from tests.kafka import tallies
from tests.kafka.conftest import Install
from tests.kafka.test_replay import written

OPTIONS = """
[intake]
chunk_records = 64
[detection]
shards = 2
snapshot_every = 50
"""


def test_detection_starts_anew_from_a_log_whose_beginning_is_deleted(
    install: Install, tmp_path: Path
) -> None:
    first, second = written(tmp_path)
    trimmed = install(OPTIONS, Role.INTAKE, Role.DETECTION)
    trimmed.environment = {"TOCSIN_DETECTION__TRIM_EVERY": "200ms"}

    def starts() -> dict[int, int]:
        return trimmed.reader.starts(trimmed.topics.counts)

    with ThreadPoolExecutor(1) as aside:
        trimmed.start()
        trimmed.replay(*first)
        expected = aside.submit(trimmed.backtest, *first, *second)
        trimmed.until(lambda: min(starts().values()) > 0, "deletion of old counts")
        older = starts()
        newest = trimmed.snapshots()
        assert {shard for shard, at in older.items() if at >= newest[shard]} == set()
        trimmed.kill(Role.DETECTION)
        trimmed.replay(*second)
        wanted = tallies.confirmed(expected.result())
    assert len(wanted) > 10
    trimmed.until(lambda: tallies.confirmed(trimmed.signals()) == wanted, "the same signals")
    assert all(now >= older[shard] for shard, now in starts().items())
