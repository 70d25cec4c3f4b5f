import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from alerts.defects import DefectBatchSignal, about_batch, evidence_of, rate_of
from alerts.rates import BatchRate, Disproportion
from alerts.signal import SignalState
from detectors import disproportion
from tests.alerts.samples import scoped, surge, trigger

NESTED = {*BatchRate.__struct_fields__, *Disproportion.__struct_fields__} - {"low", "high"}
BATCH = scoped(product="kettle", batch="B2409-03", category="safety")


@pytest.mark.parametrize("state", SignalState)
def test_product_teams_are_told_of_every_state_of_a_signal_about_a_batch(
    state: SignalState,
) -> None:
    told = about_batch(surge(scope=BATCH, state=state, observed=12.0, expected=0.5))
    assert told is not None
    assert (told.state, told.batch, told.product, told.fault, told.excess) == (
        state, "B2409-03", "kettle", "safety", 11.5,
    )  # fmt: skip


def test_what_a_batch_is_not_counted_by_is_not_made_up() -> None:
    told = about_batch(surge(scope=scoped(batch="B2409-03")))
    assert told is not None
    assert (told.product, told.fault) == (None, None)


def test_neither_a_signal_about_no_batch_nor_a_single_report_of_harm_is_theirs() -> None:
    assert about_batch(surge()) is None
    assert about_batch(trigger(scope=BATCH)) is None


def test_each_field_and_each_state_is_explained_to_product_teams() -> None:
    page = Path(__file__).parents[2] / "docs" / "product-teams.md"
    explained = re.findall(r"^\| `(\w+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(explained) == sorted(
        [*DefectBatchSignal.__struct_fields__, *SignalState, *NESTED]
    )
    assert "`low`, `high`" in page.read_text(encoding="utf-8")


def test_a_rate_is_told_per_thousand_units_beside_that_of_the_neighbours() -> None:
    found = disproportion.of_rates(np.array([30, 20, 25]), np.array([6.0, 20.0, 24.0]))
    rate = rate_of(units=12_000, due=6.0, interval=(3.0, 6.5), found=found, at=0)
    told = about_batch(surge(scope=BATCH, rate=rate))
    assert told is not None
    assert told.rate is not None
    assert (rate.per_thousand, rate.neighbours, rate.low, rate.high) == (2.5, 0.5, 1.5, 3.25)
    assert rate.evidence.n == 30
    assert rate.evidence.prr == pytest.approx((30 / 6) / (45 / 44))


def test_a_rate_that_is_unknown_is_null_and_not_zero() -> None:
    told = about_batch(surge(scope=BATCH))
    assert told is not None
    written = msgspec.json.decode(msgspec.json.encode(told))
    assert written["rate"] is None
    assert written["fault_evidence"] is None
    assert msgspec.json.decode(msgspec.json.encode(told), type=DefectBatchSignal) == told


def test_the_fault_that_stands_out_is_told_where_the_series_names_none() -> None:
    table = np.array([[20, 10, 5], [3, 40, 60], [4, 50, 45]])
    evidence = evidence_of(disproportion.of_faults(table), (0, 0))
    found: dict[str, Any] = {"fault": "leak", "fault_evidence": evidence}
    whole = about_batch(surge(scope=scoped(batch="B1"), **found))
    same = about_batch(surge(scope=scoped(batch="B1", category="leak"), **found))
    other = about_batch(surge(scope=BATCH, **found))
    assert whole is not None
    assert same is not None
    assert other is not None
    assert (whole.fault, whole.fault_evidence) == ("leak", evidence)
    assert (same.fault, same.fault_evidence) == ("leak", evidence)
    assert (other.fault, other.fault_evidence) == ("safety", None)
