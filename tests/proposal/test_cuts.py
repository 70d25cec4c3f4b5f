"""Cuts are proposed by what the events hold, and left out with a reason."""

from collections.abc import Sequence
from typing import Any

from streams.configuration.sections import UNITS, Cut
from streams.proposal.cuts import Verdict
from streams.proposal.proposal import Proposal
from streams.settings import Settings
from tests.proposal.samples import TEXTS, proposed, times

PRODUCTS, REGIONS, CATEGORIES = ["kettle", "heater"], ["浙江", "江苏", "广东"], list("abcde")


def verdicts(proposal: Proposal) -> dict[str, Verdict]:
    return {trial.cut.name: trial.verdict for trial in proposal.trials}


def complaints(rows: int = 900, /, **columns: Sequence[Any]) -> Proposal:
    return proposed(time=times(rows), **columns)


def test_each_mapped_dimension_is_counted_and_the_pairs_that_are_worth_it() -> None:
    read = complaints(product=PRODUCTS, region=REGIONS, category=CATEGORIES)
    assert verdicts(read) == dict.fromkeys(
        ["category", "region", "product", "region,category", "product,category"], Verdict.SOUND
    )
    assert {t.cut.name: t.series for t in read.trials}["region,category"] == 15


def test_batches_are_of_the_family_of_their_product() -> None:
    read = complaints(product=PRODUCTS, batch=[f"B{n}" for n in range(400)])
    (batches,) = (trial.cut for trial in read.trials if "batch" in trial.cut.by)
    assert batches == Cut(
        stream="complaints", by=("product", "batch"), family="product", methods=UNITS
    )


def test_what_has_too_many_values_for_its_events_is_left_out() -> None:
    read = complaints(region=[f"R{n}" for n in range(150)], category=[f"C{n}" for n in range(149)])
    assert verdicts(read) == {
        "category": Verdict.SOUND, "region": Verdict.SOUND, "region,category": Verdict.TOO_MANY
    }  # fmt: skip


def test_one_value_is_no_cut_for_the_total_has_it_already() -> None:
    read = complaints(product=["kettle"], region=REGIONS)
    assert verdicts(read)["product"] is Verdict.ONE_VALUE


def test_without_any_dimension_the_stream_is_counted_as_one() -> None:
    assert verdicts(complaints()) == {"source": Verdict.SOUND}


def test_categories_that_no_column_names_are_read_from_the_text() -> None:
    read = complaints(text=[*TEXTS, "账单多扣了我两个月的费用，要求退款"])
    (trial,) = read.trials
    assert trial.cut.by == ("category",)
    assert trial.series > 1


def test_a_cut_borrows_the_rhythm_of_a_group_only_where_that_is_counted() -> None:
    read = complaints(region=REGIONS, category=["only this"])
    (pair,) = (trial.cut for trial in read.trials if len(trial.cut.by) == 2)
    assert pair.group is None
    Settings(cuts=tuple(trial.cut for trial in read.trials if trial.sound))


def test_first_ever_combinations_are_asked_for_only_where_all_that_have_a_fault_are_counted() -> (
    None
):
    whole = complaints(product=PRODUCTS, category=CATEGORIES)
    alone = complaints(product=PRODUCTS, category=["only this"])
    pairs = [
        next(t.cut for t in read.trials if t.cut.by == ("product", "category"))
        for read in (whole, alone)
    ]
    assert [cut.methods for cut in pairs] == [("surge", "novelty"), ("surge",)]


def test_posts_are_counted_by_product_and_by_what_is_negative() -> None:
    read = proposed(
        "mentions", time=times(900), product=PRODUCTS, category=CATEGORIES,
        sentiment=["negative", "positive", "neutral"],
    )  # fmt: skip
    assert verdicts(read) == dict.fromkeys(
        ["product", "product[sentiment=negative]", "category[sentiment=negative]"], Verdict.SOUND
    )
    assert [trial.events for trial in read.trials] == [900, 300, 300]


def test_nothing_negative_makes_no_cut_of_it() -> None:
    read = proposed("mentions", time=times(900), product=PRODUCTS, sentiment=["positive"])
    assert verdicts(read)["product[sentiment=negative]"] is Verdict.NO_VALUE
