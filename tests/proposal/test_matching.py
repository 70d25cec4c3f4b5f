"""Name and values decide together which column is which field, and how it is read."""

from collections.abc import Sequence
from typing import Any

import pytest

from streams.configuration.sections import Stream
from streams.events.translation import Column, Scalar
from streams.proposal.matching import Reason, match
from tests.proposal.samples import SHANGHAI, TEXTS, column, proposed, sample, times


def fields(stream: Stream = "complaints", /, **columns: Sequence[Any]) -> dict[str, str]:
    found = match(sample(**columns), stream, SHANGHAI)
    return {choice.field: choice.column.column for choice in found}


def test_a_column_of_no_name_is_found_by_values_that_leave_no_doubt() -> None:
    text = [f"{long}，{n} 号水壶我再也不想用了" for n in range(50) for long in TEXTS]
    links = [f"https://example.org/{n}" for n in range(150)]
    found = match(sample(a=times(150), b=text, c=links), "mentions", SHANGHAI)
    assert {c.field: (c.column.column, c.reason) for c in found} == {
        "time": ("a", Reason.VALUES), "text": ("b", Reason.VALUES), "link": ("c", Reason.VALUES)
    }  # fmt: skip


def test_a_name_alone_is_not_enough_where_the_values_contradict() -> None:
    found = fields(
        time=times(),
        id=["same", "same", "same", "other"],  # would make nearly every event a duplicate
        category=[f"{n / 7:.4f}" for n in range(100)],
        region=[f"R{n}" for n in range(100)],
        link=["see above"],
        followers=["many"],
        text=["yes", "no"],
    )
    assert found == {"time": "time"}


def test_the_column_that_is_called_a_time_of_complaint_wins_over_other_times() -> None:
    found = fields(更新时间=times(), 投诉时间=times(), 购买时间=times())
    assert found == {"time": "投诉时间"}


def test_any_column_of_times_is_better_than_none() -> None:
    assert fields(updated_at=times())["time"] == "updated_at"


def test_a_time_of_arrival_is_another_field() -> None:
    assert fields(created_at=times(), received_at=times()) == {
        "time": "created_at", "received": "received_at"
    }  # fmt: skip


def test_numbers_are_times_only_where_the_name_says_so() -> None:
    numbers = [str(1_767_225_600 + 60 * n) for n in range(100)]
    assert fields(timestamp=numbers) == {"time": "timestamp"}
    assert fields(工单号=numbers) == {"id": "工单号"}


def test_a_column_is_used_once_and_each_field_has_one() -> None:
    found = fields(time=times(), 产品=["kettle", "heater"], 产品型号=["K1", "K2"], 型号=["a", "b"])
    assert found == {"time": "time", "product": "产品"}


def test_yes_and_no_are_put_for_what_they_mean() -> None:
    read = proposed(投诉时间=times(), 是否VIP=["是", "否"], 是否涉及安全=["否", "否", "是"])
    assert column(read, "vip") == Column("是否VIP", values={"是": True, "否": False})
    assert column(read, "severity") == Column(
        "是否涉及安全", values={"是": "safety", "否": "normal"}
    )


def test_a_question_whether_something_is_safe_is_not_taken_for_harm() -> None:
    assert column(proposed(time=times(), 风险=["是", "否"]), "severity") is None
    assert column(proposed(time=times(), priority=["high", "low", "normal"]), "severity") is None


@pytest.mark.parametrize(
    ("values", "put"),
    [
        (["negative", "neutral", "positive"], {}),
        (["NEG", "POS"], {"NEG": "negative", "POS": "positive"}),
        (["负面", "正面", "中性"], {"负面": "negative", "正面": "positive", "中性": "neutral"}),
        (["0", "1"], {"0": "negative", "1": "positive"}),
        (
            [1, 3, 5, 4],
            {"1": "negative", "3": "neutral", "4": "positive", "5": "positive"},
        ),
        (["-0.7", "0.2", "0.9"], {}),
    ],
)
def test_sentiments_are_words_labels_stars_or_scores(
    values: list[Any], put: dict[str, Scalar]
) -> None:
    read = proposed("mentions", time=times(), sentiment=values)
    assert column(read, "sentiment") == Column("sentiment", values=put)
    (reading,) = (r for r in read.readings if r.choice.field == "sentiment")
    assert reading.understood.share == 1


def test_a_scale_that_is_not_known_is_left_alone() -> None:
    for values in (["0.1", "0.9", "0.5"], ["17", "80"], ["a", "b"]):
        assert column(proposed("mentions", time=times(), sentiment=values), "sentiment") is None


def test_what_has_no_meaning_among_known_words_is_kept_out_by_a_pattern() -> None:
    read = proposed(
        "mentions", time=times(), sentiment=["pos", "neg", "neg", "pos", "neg", "w.t.f"]
    )
    found = column(read, "sentiment")
    assert found.pattern == "^(pos|neg)$"
    assert len(read.events) == len(read.sample.rows)
    assert {event.sentiment for event in read.events} == {"positive", "negative", None}  # type: ignore[union-attr]  # they are mentions


def test_values_that_say_nothing_are_put_for_nothing() -> None:
    read = proposed(time=times(), category=["billing", "Can't Tell", "未知", "delivery"])
    assert column(read, "category").values == {"Can't Tell": "", "未知": ""}
    assert {event.category for event in read.events} == {"billing", "delivery", None}  # type: ignore[union-attr]  # they are complaints


def test_of_categories_in_levels_the_first_is_cut_out() -> None:
    levels = [f"{main}/part {n}/more" for main in ("billing", "quality") for n in range(60)]
    read = proposed(time=times(240), category=levels)
    assert column(read, "category").pattern is not None
    assert {event.category for event in read.events} == {"billing", "quality"}  # type: ignore[union-attr]  # they are complaints


def test_objects_and_arrays_are_no_columns() -> None:
    assert fields(time=times(), product=[{"name": "kettle"}], category=[["a"]]) == {"time": "time"}
