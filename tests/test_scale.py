"""From what was measured to what is needed."""

from datetime import timedelta
from math import ceil

from benchmarks.scale import DAY, Figures, Plan, needs

WEEK = timedelta(days=7)
FIGURES = Figures(intake=10e-6, detection_record=1e-3, broker=5e-6, stored=100.0, series_mb=1000.0)
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
    assert found.network_in == 2e6 * 100 * 3
    assert found.network_out == 2e6 * 100 * 4


def test_an_id_and_a_matter_of_each_event_are_remembered_for_the_horizon() -> None:
    assert needs(FIGURES, PLAN, chunk=1000, horizon=WEEK).remembered == 7 * 1e6 * DAY * 16
