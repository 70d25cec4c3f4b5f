import re
from pathlib import Path

import pytest

from alerts.defects import DefectBatchSignal, about_batch
from alerts.signal import SignalState
from tests.alerts.samples import scoped, surge, trigger

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
    assert sorted(explained) == sorted([*DefectBatchSignal.__struct_fields__, *SignalState])
