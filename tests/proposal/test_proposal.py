"""A proposal says what it found, how much of it is understood, and what is missing."""

from itertools import pairwise

import pytest

from streams.events.event import Rejected
from streams.proposal.proposal import Note, Proposal, ProposalError, likelier, propose
from streams.proposal.sample import Refused, Sample, profile, spread
from tests.proposal.samples import SHANGHAI, TEXTS, column, proposed, sample, times


def notes(proposal: Proposal, field: str) -> list[Note]:
    return next(list(r.notes) for r in proposal.readings if r.choice.field == field)


def test_the_share_understood_is_that_of_the_real_parser() -> None:
    written = ["2026/3/5 14:02", "2026/3/6 9:15", "2026/3/7 8:00", "last week 1"]
    read = proposed(投诉时间=written)
    (reading,) = read.readings
    assert (reading.understood.share, reading.understood.lost) == (0.75, "last week 1")
    assert reading.notes == [Note.LOCAL, Note.LOST]
    assert len(read.events) == 3
    refused = read.mapping.translation().row(read.sample.rows[3], id="")
    assert isinstance(refused, Rejected)
    assert refused.field == "time"


def test_what_is_missing_and_what_is_not_used_is_said() -> None:
    read = proposed(time=times(), product=["kettle", "heater"], colour=["red", "blue"])
    assert read.missing == ["id", "person", "batch", "region", "category", "text"]
    assert read.unmapped == ["colour"]


def test_ids_that_occur_again_and_times_without_hours_are_noted() -> None:
    ids = [f"c-{n}" for n in range(99)]
    read = proposed(time=[f"2026-03-{1 + n % 28:02d}" for n in range(100)], id=[*ids, "c-1"])
    assert notes(read, "id") == [Note.REPEATED_IDS]
    assert notes(read, "time") == [Note.LOCAL, Note.DATED]


@pytest.mark.parametrize(
    ("names", "rows", "few"),
    [
        (2, 40, True),
        (12, 600, True),
        (8, 40, True),
        (9, 40, False),
        (2, 19, False),
        (90, 100, False),
    ],
)
def test_names_of_few_people_in_many_rows_are_noted_for_they_may_be_agents(
    names: int, rows: int, few: bool
) -> None:
    read = proposed(time=times(rows), customer=[f"c{n}" for n in range(names)])
    assert notes(read, "person") == [Note.FEW_PEOPLE] * few


def test_a_zone_is_needed_only_by_times_without_an_offset() -> None:
    assert proposed(time=times()).mapping.zone == SHANGHAI
    assert proposed(time=["2026-03-05T14:02:00Z", "2026-03-05T14:02:00+08:00"]).mapping.zone is None


def test_somebody_may_choose_another_column_or_none() -> None:
    data = sample(time=times(), 产品=["kettle", "heater"], 备用=["a", "b"], region=["浙江", "江苏"])
    read = propose(data, "complaints", SHANGHAI, {"product": "备用", "region": ""})
    assert read.fields == {"time": "time", "product": "备用"}
    assert read.unmapped == ["产品", "region"]


def test_a_column_that_somebody_chooses_is_read_even_where_it_looks_wrong() -> None:
    data = sample(time=times(), score=["0.25", "0.5"])
    read = propose(data, "complaints", SHANGHAI, {"category": "score"})
    assert column(read, "category").column == "score"
    assert {event.category for event in read.events} == {"0.25", "0.5"}  # type: ignore[union-attr]  # they are complaints


@pytest.mark.parametrize("name", ["author", "粉丝数", "retweet_count"])
def test_what_only_posts_have_makes_a_sample_one_of_mentions(name: str) -> None:
    values = [str(n * 37 % 1000) for n in range(100)]
    assert likelier(sample(time=times(), **{name: values}), SHANGHAI) == "mentions"


def test_a_sample_is_of_complaints_where_nothing_speaks_for_mentions() -> None:
    assert likelier(sample(time=times(), text=TEXTS), SHANGHAI) == "complaints"
    assert likelier(sample(time=times(), 批次=["a", "b"]), SHANGHAI) == "complaints"
    assert likelier(sample(time=times(), 用户=["a", "b"]), SHANGHAI) == "complaints"


def test_a_sample_without_rows_or_times_is_one_clear_line() -> None:
    with pytest.raises(ProposalError, match=r"^calls.csv: has no rows$"):
        propose(Sample("calls.csv", ["time"], [], 0), "complaints", SHANGHAI)
    refused = [Refused("calls.csv:2", Rejected("row", "", "must be CSV"))]
    with pytest.raises(ProposalError, match=r"no row can be read; calls.csv:2: row must be CSV"):
        propose(Sample("calls.csv", ["time"], [], 1, refused), "complaints", SHANGHAI)
    with pytest.raises(ProposalError) as caught:
        proposed(name=["x"], colour=["red"], **{f"c{n}": ["z"] for n in range(20)})
    assert "no column holds times; tried ISO 8601, epoch numbers and" in str(caught.value)
    assert str(caught.value).endswith("name, colour, " + ", ".join(
        f"c{n}" for n in range(10)) + " and 10 more")  # fmt: skip


def test_a_profile_counts_values_as_a_csv_file_would_hold_them() -> None:
    rows: list[dict[str, object]] = [
        {"a": 1},
        {"a": "1"},
        {"a": True},
        {"a": None},
        {"a": " "},
        {},
        {"a": [1]},
    ]
    found = profile("a", rows)
    assert found.values == {"1": 2, "true": 1}
    assert (found.rows, found.filled) == (7, 3)
    assert found.raws == {"1": 1, "true": True}


def test_a_sample_of_many_rows_is_spread_over_all_of_them() -> None:
    kept = spread(range(1000), most=10)
    steps = {later - earlier for earlier, later in pairwise(kept)}
    assert 10 <= len(kept) < 20
    assert len(steps) == 1
    assert (kept[0], kept[-1]) == (0, 960)
    assert spread(range(15), most=10) == list(range(15))
