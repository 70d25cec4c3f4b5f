"""Shuffled calls keep their weekday, their time of day and all else, and lose one another."""

import csv
import gzip
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from benchmarks import shuffled

FIRST = datetime.fromisoformat("2016-01-01")
TIMES = st.integers(0, 60 * 86_400).map(
    lambda seconds: (FIRST + timedelta(seconds=seconds)).isoformat(" ", "seconds")
)


@given(st.lists(TIMES, min_size=1, max_size=30), st.integers(0, 99))
def test_a_call_keeps_its_weekday_and_time_of_day_and_goes_to_a_day_that_has_calls(
    times: list[str], seed: int
) -> None:
    moved = shuffled.moved(times, seed=seed)
    for before, after in zip(times, moved, strict=True):
        assert before[10:] == after[10:]
        assert datetime.fromisoformat(before).weekday() == datetime.fromisoformat(after).weekday()
    assert {at[:10] for at in moved} <= {at[:10] for at in times}


def test_calls_of_one_evening_are_scattered_and_each_is_written_with_its_reason(
    tmp_path: Path,
) -> None:
    source, target = tmp_path / "calls.csv.gz", tmp_path / "shuffled.csv.gz"
    rows = [(f"2016-01-{day:02} 20:00:00", "SNOW") for day in [5] * 50 + [12, 19, 26]]
    with gzip.open(source, "wt", newline="") as file:
        csv.writer(file).writerows([("created_at", "reason"), *rows])
    shuffled.written(source, target, seed=1)
    with gzip.open(target, "rt", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["created_at"] for row in found] == sorted(row["created_at"] for row in found)
    assert Counter(row["reason"] for row in found) == {"SNOW": 53}
    assert max(Counter(row["created_at"] for row in found).values()) < 30
