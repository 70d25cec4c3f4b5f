"""From what was measured to what is needed."""

import json
from datetime import timedelta
from math import ceil
from pathlib import Path

import pytest

from benchmarks import scale
from benchmarks.scale import DAY, Figures, Plan, needs

WEEK = timedelta(days=7)
FIGURES = Figures(
    intake=10e-6, detection_record=1e-3, archive=4e-6, broker=5e-6, stored=100.0, counts=3.0,
    series_mb=1000.0, restored=1e-7,
)  # fmt: skip
PLAN = Plan(events_a_day=1e6 * DAY, peak=2.0, share=0.5, shards=8, replication=3, retention_days=7)


def test_workers_are_as_many_as_the_peak_keeps_busy_for_their_share() -> None:
    found = needs(FIGURES, PLAN, chunk=1000, horizon=WEEK)
    assert found.rate == 2e6
    assert found.intake_workers == 40  # twenty cores' work, half of each
    assert found.partitions == 80
    assert found.broker_cores == 10


def test_each_shard_reads_a_record_of_every_chunk_and_of_every_partition() -> None:
    few = needs(FIGURES, PLAN, chunk=1000, horizon=WEEK)
    more = needs(FIGURES, PLAN._replace(shards=16), chunk=1000, horizon=WEEK)
    assert few.records_a_shard == 2000 + 800
    assert more.cores_a_shard == few.cores_a_shard
    assert few.detection_workers == PLAN.shards  # a shard is not divided further
    assert needs(
        FIGURES._replace(detection_record=1e-5), PLAN, chunk=1000, horizon=WEEK
    ).detection_workers == (ceil(8 * 2800 * 1e-5 / 0.5))


def test_each_copy_takes_disk_and_network() -> None:
    found = needs(FIGURES, PLAN, chunk=1000, horizon=WEEK)
    assert found.disk_a_day == 1e6 * DAY * 100 * 3
    assert found.network_in == 2e6 * (100 + 17 + 3) * 3
    # To two followers all, to intake and archive the events, what was seen to the
    # archive too, to detection the counts.
    assert found.network_out == 2e6 * (100 * 4 + 17 * 3 + 3 * 3)


def test_what_was_seen_stays_as_long_as_it_is_remembered_and_a_record_may_wait() -> None:
    found = needs(FIGURES, PLAN, chunk=1000, horizon=WEEK)
    assert found.disk_of_seen == 1e6 * DAY * 21 * 17 * 3


def test_an_id_and_a_matter_of_each_event_are_remembered_for_the_horizon() -> None:
    found = needs(FIGURES, PLAN, chunk=1000, horizon=WEEK)
    assert found.remembered == 7 * 1e6 * DAY * 16
    assert found.recall == pytest.approx(7 * 1e6 * DAY * 2 / 40 * 1e-7)  # one of forty workers


def test_the_archive_has_workers_and_cores_of_its_own() -> None:
    found = needs(FIGURES, PLAN, chunk=1000, horizon=WEEK)
    assert found.archive_cores == 8
    assert found.archive_workers == 16  # half of each


CPU = {"cpu_seconds_per_million": 7.0, "broker_cpu_seconds_per_million": 2.0}
THROUGHPUT = {
    "workers": {"tocsin_intake": {"1": CPU}, "tocsin_intake_full": {"1": CPU, "2": CPU}},
    "about": {"tocsin_intake_full": {"bytes_an_event": 379, "stored_bytes_an_event": 162}},
    "load_average": 0.5,
}
PIPELINE = {
    "cpu_seconds_per_million": {
        "broker": 3.0, "intake": 7.0, "detection": 1.9, "response": 0.3, "archive": 3.8,
    },
    "counts_bytes_an_event": 9, "counts_records": 1256, "events": 300_000, "load_average": 0.6,
}  # fmt: skip
STATE = {
    "sizes": [{
        "series": 10_000, "rss_mb": 110, "peak_mb": 118, "judge_seconds": 0.004,
        "restore_seconds": 0.02, "snapshot_mb_an_hour": 17,
    }],
    "load_average": 0.7,
}  # fmt: skip
SEEN = {"ids": 30_000_000, "bytes_per_id": 7.27, "restore_seconds": 3.0, "load_average": 0.8}


def test_both_tables_are_made_of_the_last_lines_of_the_logs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = []
    logs = {"throughput": THROUGHPUT, "pipeline": PIPELINE, "state": STATE, "seen": SEEN}
    for name, found in logs.items():
        (tmp_path / name).write_text(f"round 1: told\n{json.dumps(found)}\n", encoding="utf-8")
        arguments += [f"--{name}", str(tmp_path / name)]
    scale.main(arguments)
    printed = capsys.readouterr().out
    assert "| pipeline, archive | 3.8 CPU s per million events | three cuts |" in printed
    # 347,222 events a second at 3.8 millionths of a core
    assert "| archive workers | 2, 1.3 cores at the peak |" in printed
