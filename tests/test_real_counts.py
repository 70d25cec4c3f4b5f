"""What is said of real counts by week and month follows from the counts."""

import numpy as np
import pytest

from benchmarks.real_counts import (
    UNMARKED,
    Call,
    Counts,
    Month,
    calls,
    implied,
    nhtsa,
    outbreak,
    published,
)
from detectors.weekly import Weekly
from tests.data import shared


def months(counts: dict[tuple[int, int], int]) -> list[Month]:
    """As they are published: from the sixth year on, each with the mean of the five before."""
    first = min(year for year, _ in counts) + 5
    return [
        Month(year, month, n, sum(counts[year - lag, month] for lag in range(1, 6)) / 5, z=0.0)
        for (year, month), n in sorted(counts.items())
        if year >= first
    ]


def test_published_means_give_back_the_months_they_were_made_of() -> None:
    rng = np.random.default_rng(6)
    counts = {(y, m): int(rng.poisson(4)) for y in range(2012, 2021) for m in range(1, 13)}
    held = implied(months(counts))
    found = dict(zip(held.labels, held.counts[:, 0].tolist(), strict=True))
    for (year, month), n in counts.items():
        if year not in (2015, 2016):
            assert found[f"{year}-{month:02}"] == n
    for month in range(1, 13):
        halves = [found[f"{year}-{month:02}"] for year in (2015, 2016)]
        assert sum(halves) == counts[2015, month] + counts[2016, month]
        assert abs(halves[0] - halves[1]) <= 1


def test_the_published_rule_holds_in_the_second_month_on_end_above_three() -> None:
    scores = [1.0, 4.0, 3.0, 5.0, 3.1, 9.0]
    assert published([Month(2020, n, 0, 0.0, z) for n, z in enumerate(scores, 1)]) == "2020-05"


def test_an_alarm_that_goes_on_is_one_call_with_what_there_was_when_it_fired() -> None:
    counts = np.full((130, 2), 20)
    counts[120:123, 1] = 80
    held = Counts([f"w{n}" for n in range(130)], ["calm", "loud"], counts)
    (call,) = calls(held, Weekly(threshold=100.0))
    assert call == Call("w120", "loud", call.observed, call.expected, learning=False)
    assert call.observed == 80
    assert call.expected == pytest.approx(20, rel=0.1)


def test_engine_complaints_are_called_in_the_month_the_published_rule_first_holds() -> None:
    found = nhtsa(shared("nhtsa", "monthly.csv"))
    assert found["published"] == "2017-08"
    assert "2017-08" in [one["label"] for one in found["with_implied_history"]["alarms"]["12.5"]]
    assert all(one["label"] > "2017-12" for one in found["alone"]["alarms"]["12.5"])


def test_engine_complaints_called_before_that_month_are_false_alarms() -> None:
    found = nhtsa(shared("nhtsa", "monthly.csv"))
    assert found["alone"]["false_alarms"] == {"12.5": 0, "100": 0, "1000": 0}
    assert found["with_implied_history"]["false_alarms"] == {"12.5": 2, "100": 0, "1000": 0}


def test_infections_have_false_alarms_where_an_epidemic_is_marked_and_else_say_why_not() -> None:
    found = outbreak(shared("outbreak"))
    marked = found.pop("campylobacter")
    for threshold, alarms in marked["alarms"].items():
        outside = [one for one in alarms if not "2011-05-23" <= one["label"] <= "2011-07-25"]
        assert marked["false_alarms"][threshold] == len(outside)
    assert {one["false_alarms"] for one in found.values()} == {None}
    assert {one["because"] for one in found.values()} == {UNMARKED}


def test_the_infections_of_early_summer_2011_are_called_at_every_threshold() -> None:
    found = outbreak(shared("outbreak"))["campylobacter"]["alarms"]
    for threshold in ("12.5", "100", "1000"):
        assert any("2011-05" <= one["label"] <= "2011-06-30" for one in found[threshold])
