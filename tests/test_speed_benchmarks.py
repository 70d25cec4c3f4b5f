"""The benchmarks of speed measure at a small size, and name what they print as they promise."""

import argparse
import json
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest

from benchmarks import archive, cost, latency, outcome, pipeline, reposts, seen, texts, throughput
from benchmarks.archive_copies import RUN, Part, copied
from benchmarks.outcome import Outcome
from streams.archive import views
from streams.archive.places import Folder
from streams.configuration.methods import Method
from tests.archive.bench import GRID, TOPIC, Bench
from tests.archive.records import complaints, run

PROMISED = (
    "tocsin_intake", "tocsin_intake_full", "faust_agent", "faust_take", "quixstreams_window",
    "quixstreams_plain", "bytewax_stateful", "bytewax_batched", "kafka_python", "confluent_kafka",
    "aiokafka",
)  # fmt: skip
CONTEST = argparse.Namespace(events=2_000_000, full_events=500_000)


def of_rates(**rates: list[int]) -> dict[str, Any]:
    return throughput.figures(rates, CONTEST)


def test_throughput_names_all_who_take_part() -> None:
    assert throughput.NAMES == PROMISED
    found = throughput.figures({name: [100, 300, 200] for name in PROMISED}, CONTEST)
    assert {name: found[name] for name in PROMISED} == dict.fromkeys(PROMISED, 200)


def test_cost_names_every_method_and_each_takes_time() -> None:
    assert cost.METHODS.keys() == {*get_args(Method), "silence", "rule", "trigger"}
    for make in cost.METHODS.values():
        assert cost.nanoseconds(make(9), 9, warm=2, buckets=2, seed=1) > 0


def test_throughput_says_which_events_each_has_read() -> None:
    read = throughput.figures({name: [1] for name in PROMISED}, CONTEST)["read"]
    slow = {"of": "benchmarks.load", "events": 300_000}
    assert {name for name in PROMISED if read[name] == slow} == {
        "faust_agent", "faust_take", "quixstreams_window",
    }  # fmt: skip
    assert read["tocsin_intake_full"] == {"of": "benchmarks.texts", "events": 500_000}
    assert read["aiokafka"] == read["tocsin_intake"] == {
        "of": "benchmarks.load", "events": 2_000_000,
    }  # fmt: skip


def test_throughput_compares_intake_with_its_peers() -> None:
    found = of_rates(tocsin_intake=[300], faust_agent=[10], bytewax_batched=[200], aiokafka=[400])
    assert (found["ratio"], found["ratio_faust_agent"]) == (30, 30)
    assert (found["ratio_bytewax_batched"], found["ratio_aiokafka"]) == (1.5, 0.75)


def test_a_peer_that_cannot_run_has_no_rate_and_no_ratio() -> None:
    found = of_rates(tocsin_intake=[300], aiokafka=[])
    assert found["aiokafka"] is None
    assert "ratio_aiokafka" not in found


def test_whatever_comes_last_sets_the_rate_of_the_whole_pipeline() -> None:
    lagging = Outcome(signalled=11_000, notified=12_000, archived=21_000)
    assert outcome.figures(lagging, events=100_000, begun=1000) == {
        "events_per_second": 5000, "signalled_events_per_second": 10_000,
        "signalled_seconds": 10, "notified_seconds": 11, "archived_seconds": 20,
    }  # fmt: skip


def test_the_pipelines_figures_are_medians_of_the_rounds() -> None:
    rounds = [
        outcome.figures(Outcome(1000, 1000, 1000 * last), events=12_000, begun=0)
        | {"counts_records": last, "counts_bytes_an_event": 6}
        | {"cpu_seconds_per_million": {"intake": last / 2}}
        for last in (2, 4, 3)
    ]
    found = pipeline.summed(rounds)
    assert found["events_per_second"] == 4000
    assert (found["signalled_events_per_second"], found["archived_seconds"]) == (12_000, 3)
    assert found["cpu_seconds_per_million"] == {"intake": 1.5}
    assert found["rounds"] == [6000, 3000, 4000]


def test_the_pipeline_waits_until_each_event_of_its_topic_is_in_a_file(tmp_path: Path) -> None:
    bench, grown = Bench(tmp_path), list[float]()
    bench.take(run(TOPIC, complaints(0, 1, 2)))

    def grow(seconds: float) -> None:
        grown.append(seconds)
        bench.write()

    place = Folder(tmp_path)
    found = outcome.archived(place, TOPIC, events=3, within=60, pause=grow)
    assert len(grown) == 1
    assert found == max(f.stat().st_mtime_ns for f in tmp_path.rglob("*.parquet")) // 1_000_000
    with pytest.raises(SystemExit, match="must hold 4 events, has 3"):
        outcome.archived(place, TOPIC, events=4, within=0, pause=grow)


def test_latency_is_of_the_reports_alone() -> None:
    sent = {f"harmful-{n}": float(n) for n in range(100)}
    came = {product: at + 0.5 for product, at in sent.items()} | {"first": 0.0, "harmful-7": 9.0}
    assert latency.figures(sent, came) == {
        "median_seconds": 0.5, "p99_seconds": 0.515, "longest_seconds": 2.0, "reports": 100,
    }  # fmt: skip


def test_the_archive_is_written_copied_to_the_days_before_and_asked(tmp_path: Path) -> None:
    made = argparse.Namespace(events=2 * RUN, copies=1, days=2.0, seed=1)
    found = archive.measured(tmp_path, made)
    assert found["written"] == found["copied"] == RUN
    asked = {"seconds", "cpu_seconds", "first_seconds", "first_cpu_seconds"}
    for views_of in ("query", "recent_query"):
        assert {f"{views_of}_{what}" for what in asked} <= set(found)
    with views.opened(Folder(tmp_path / "archive")) as held:
        days = held.execute("""
            SELECT day, count(*), count(DISTINCT "offset"), count(late), bool_and(time::DATE = day),
                count(*) FILTER (category = 'billing' AND region = 'region-07')
            FROM complaints GROUP BY day ORDER BY day
        """).fetchall()
    assert [day.isoformat() for day, *_ in days] == ["2025-03-03", "2025-03-04"]
    assert [told for _, *told in days] == [[RUN] * 3 + [True, found["found"]]] * 2
    assert found["found"] > 0


def test_a_copy_leaves_out_the_file_that_another_has_replaced(tmp_path: Path) -> None:
    part = Part(events=1, days=1.0, copies=1, grid=GRID)
    bench, base = Bench(tmp_path), part.span(TOPIC)
    ends = (base, base + GRID - 1, base + GRID + 5)
    for number, (first, end) in enumerate(pairwise(ends)):
        bench.take(run(TOPIC, complaints(*range(first, end)), number=number, committed=base))
        bench.write()
    assert (base, None) in bench.files(), "nothing was replaced"
    copied(Folder(tmp_path), part)
    assert bench.offsets() == [*range(GRID + 5), *range(base, base + GRID + 5)]


def test_the_memory_for_ids_is_measured() -> None:
    found = seen.measured(ids=70_000, distinct=70_000, peer_ids=10_000)
    assert found["false_duplicates"] == 0
    assert 0 < found["bytes_per_id"] <= found["bytes_per_id_at_worst"]
    assert found["restored_bytes_per_id"] > 0
    assert set(found) >= {"restore_seconds", "log_bytes_per_id", "hash_ns", "fill_ns", "set_ns"}
    assert set(found["meet_ns"]) == {0, 70_000}
    assert set(found["memory"]) == {50_000, 70_000}
    held = [way for by_way in found["memory"].values() for way in by_way.values()]
    assert all(0 < way["end"] <= way["worst"] <= 8 for way in held)


def test_the_search_for_copies_is_measured_by_its_rate_and_what_it_finds() -> None:
    complaints = [line for line in texts.lines(events=1200, hours=1, seed=1) if not line.again]
    written = [json.loads(line.value)["text"] for line in complaints if line.topic == TOPIC]
    found = reposts.figures([text for text in written if not text.isascii()], "zh", seed=1)
    assert set(found["texts_per_second"]) == {
        "originals", "half_copies", "one_wave", "canonical_form",
    }  # fmt: skip
    assert found["over 40"]["copies"] > 100
    assert found["over 40"]["precision"] > 0.9
    assert found["over 40"]["recall"] > 0.9
