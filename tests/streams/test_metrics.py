import re

import pytest
from prometheus_client import REGISTRY

from streams import metrics

UNITS = ("_total", "_seconds", "_bytes", "_ratio", "_info", "_people")
COUNTS = {  # of things that have no unit
    "tocsin_ready", "tocsin_partitions", "tocsin_lag_records", "tocsin_series",
    "tocsin_open_incidents", "tocsin_silent_sources", "tocsin_pending_deliveries",
    "tocsin_judging_places", "tocsin_budgeted_places", "tocsin_seen_keys",
    "tocsin_seen_unread_records", "tocsin_retired_series",
}  # fmt: skip
UNBOUNDED = {"batch", "person", "region", "partition", "id", "incident", "worker"}


def ours() -> list[tuple[str, tuple[str, ...]]]:
    """The names and labels of every metric the module has."""
    found = [held for held in vars(metrics).values() if hasattr(held, "_labelnames")]
    return [(held._name, held._labelnames) for held in found]


def values(name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == name
    }


@pytest.mark.parametrize(("name", "labels"), ours())
def test_a_metric_has_a_unit_and_bounded_labels(name: str, labels: tuple[str, ...]) -> None:
    assert re.fullmatch(r"tocsin_[a-z_]+", name)
    exposed = {family.name: family.type for family in REGISTRY.collect()}[name]
    assert exposed == "counter" or name.endswith(UNITS) or name in COUNTS
    assert labels
    assert not set(labels) & UNBOUNDED


def test_names_from_outside_are_bounded() -> None:
    for number in range(3 * metrics.MOST_FIELDS):
        metrics.unknown_field("bounded", f"field-{number}")
        metrics.dead_letter("bounded", f"field-{number}")
    for name in ("tocsin_unknown_fields_total", "tocsin_dead_letters_total"):
        fields = {field for topic, field in values(name) if topic == "bounded"}
        assert len(fields) <= metrics.MOST_FIELDS + 1
        assert "other" in fields


def test_the_slots_are_filled_from_the_greatest_and_emptied_again() -> None:
    metrics.show_top((f"product={n}", float(100 - n), 2.0) for n in range(50))
    assert values("tocsin_top_excess_people") == {
        (str(slot),): 100.0 - slot for slot in range(metrics.SLOTS)
    }
    metrics.show_top([("x" * 1000, 5.0, 3.0)])
    assert values("tocsin_top_scope_info") == {("0", "x" * metrics.MOST_TEXT): 1.0}
    assert values("tocsin_top_multiple_ratio") == {("0",): 3.0}
    metrics.show_top([])
    assert values("tocsin_top_scope_info") == {}


def test_a_topic_begins_with_zeros_so_that_its_first_loss_is_a_rise() -> None:
    metrics.begin_topics(["begins"])
    assert values("tocsin_records_lost_total")[("begins",)] == 0.0
    events = {key[1] for key in values("tocsin_events_total") if key[0] == "begins"}
    assert events == set(metrics.OUTCOMES)
