"""What a product ever had is known, though the series of it have left their places long ago."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.signal import Signal
from streams.configuration.sections import Cut, Detection
from streams.counts.cells import SEPARATOR, CellNumbers, Cells
from streams.detection.judges.former import Former, Had, Name
from streams.detection.judges.judge import Closed, Seat
from streams.detection.judges.novelty import NoveltyJudge
from streams.detection.packing import freeze, thaw
from streams.detection.retirement import retirement
from streams.detection.series import Key, Series
from streams.settings import Settings

AFTER, HOURS = 2, 168
LEAK, FIRE, RUST = "leak", "fire", "rust"
STEADY = "billing"
CUTS = (
    Cut(stream="complaints", by=("category",), methods=()),
    Cut(stream="complaints", by=("product", "category"), family="product", methods=("novelty",)),
    Cut(stream="complaints", by=("product", "batch", "category"), family="product",
        methods=("novelty",)),
)  # fmt: skip
Batch = tuple[str, str]
BATCHES: tuple[Batch, ...] = (("kettle", "k1"), ("kettle", "k2"), ("iron", "i1"))
Week = Mapping[tuple[Batch, str], int]
"""People of a batch with a fault."""


class Weekly:
    """A judge, and the series of its stream, of which a bucket a week is closed."""

    def __init__(self, *, after: int, most: int = 1000) -> None:
        chosen = Settings(cuts=CUTS, detection=Detection(max_series=most))
        seat = Seat("complaints", chosen, CUTS, ZoneInfo("UTC"), 1e-3, lambda *_: True)
        self.judge, self.after = NoveltyJudge(seat), after
        self.series = Series(CUTS, most=1000, tells=lambda _: True)

    def close(self, week: int, came: Week) -> list[Signal]:
        bucket, born = week * HOURS, len(self.series.lives)
        self.series.add(self.series.place(cells(came, bucket)), sign=1, after=bucket - 1)
        self.series.bear(bucket)
        people = self.series.people(bucket)
        self.series.note(people, week=week)
        closed = Closed(
            bucket, 60, bucket, bucket + 1, masked=False, series=self.series, born=born,
            people=people, usual=cast("Any", None), approximate=False, week=week,
        )  # fmt: skip
        said = list(self.judge.close(closed))
        self.series.forget(bucket)
        if self.after:
            self.retire(week + 1)
        return said

    def retire(self, ended: int) -> None:
        held = self.judge.holds(self.series)
        found = retirement(self.series.last, held, ended=ended, after=self.after)
        self.series.retire(found.kept)
        self.judge.retire(found, self.series)

    def restored(self) -> "Weekly":
        again = Weekly(after=self.after)
        again.series.restore(thaw(freeze(self.series.snapshot())))
        again.judge.restore(thaw(freeze(self.judge.snapshot())))
        return again


def cells(came: Week, bucket: int) -> list[Cells | None]:
    return [
        Cells.pack(list(people), CellNumbers(places, minutes, n, n, n * 0, n * 0))
        for people in [summed(came, cut) for cut in CUTS]
        for places, n in [(np.arange(len(people)), np.array(list(people.values()), np.int64))]
        for minutes in [np.full(n.size, 60 * bucket)]
    ]


def summed(came: Week, cut: Cut) -> dict[str, int]:
    people = dict[str, int]()
    for ((product, batch), category), n in came.items():
        values = {"product": product, "batch": batch, "category": category}
        key = SEPARATOR.join(values[field] for field in cut.by)
        people[key] = people.get(key, 0) + n
    return people


def played(course: Sequence[Week], *, after: int = AFTER) -> list[list[Signal]]:
    one = Weekly(after=after)
    return [one.close(week, came) for week, came in enumerate(course)]


weeks = st.dictionaries(
    st.tuples(st.sampled_from(BATCHES), st.sampled_from((LEAK, FIRE, RUST))), st.integers(1, 3),
    max_size=3,
)  # fmt: skip
courses = st.lists(weeks, min_size=6, max_size=18)
always = {(batch, STEADY): 20 for batch in BATCHES}


@given(courses)
@settings(max_examples=40, deadline=None)
def test_of_products_that_live_the_same_is_told_whoever_was_retired(course: list[Week]) -> None:
    full = [{**always, **came} for came in course]
    assert played(full) == played(full, after=0)


@given(courses, st.lists(st.booleans(), min_size=18, max_size=18))
@settings(max_examples=40, deadline=None)
def test_what_is_told_was_never_had_since_the_product_or_batch_was_last_forgotten(
    course: list[Week], busy: list[bool]
) -> None:
    one, had, last = Weekly(after=AFTER), dict[str, set[str]](), dict[str, int]()
    for week, came in enumerate(course):
        full = {**(always if busy[week] else {}), **came}
        for signal in one.close(week, full):
            category = signal.scope["category"]
            assert category not in had[str(signal.scope.get("batch", signal.scope["product"]))]
        for batch, category in full:
            for subject in batch:
                had.setdefault(subject, set()).add(category)
                last[subject] = week
        for subject in [subject for subject, when in last.items() if when < week + 1 - AFTER]:
            del had[subject], last[subject]
        assert subjects(one) <= had.keys()


def test_a_name_that_is_kept_again_is_one_name() -> None:
    one, name, other = Former(2), Name((1, "kettle"), LEAK), Name((1, "kettle"), FIRE)
    one.keep([(name, Had(1, 3)), (name, Had(1, 3))])
    assert one.singles([name.owner]).tolist() == [1]
    one.keep([(name, Had(2, 3))])
    assert (one.singles([name.owner]).tolist(), one.full) == ([0], frozenset())
    one.keep([(other, Had(1, 4))])
    assert one.full == {1}
    assert (one.recall(name), one.recall(other)) == (Had(2, 3), Had(1, 4))
    assert (one.singles([name.owner]).tolist(), one.full) == ([0], frozenset())


def test_what_comes_back_has_the_first_that_it_had() -> None:
    one = Weekly(after=AFTER)
    for week, faults in enumerate([(LEAK,), (), (), (), (LEAK,)]):
        one.close(week, {**always, **dict.fromkeys(((BATCHES[0], fault) for fault in faults), 1)})
    state = one.judge.snapshot()["state"]
    assert sorted(state["first"][state["people"] == 2].tolist()) == [0, 0]


def test_a_restart_leaves_the_places_that_it_judges_at_once() -> None:
    one = Weekly(after=AFTER)
    for week in range(5):
        one.close(week, always)
    assert one.judge.judged(one.series) == 5  # two products and three batches
    other = one.restored()
    assert other.judge.judged(other.series) == 5


def subjects(one: Weekly) -> set[str]:
    """Of which something is held by name; of a group of one number it is the cut alone."""
    held = one.judge.snapshot()["former"]
    return {str(owner[-1]) for owner, _ in held if len(owner) > 1}


@given(courses, st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_restored_after_any_week_it_goes_on_to_the_same_bytes(course: list[Week], at: int) -> None:
    full = [{**always, **came} for came in course]
    one = Weekly(after=AFTER)
    for week, came in enumerate(full[:at]):
        one.close(week, came)
    other = one.restored()
    for week, came in enumerate(full[at:], at):
        assert other.close(week, came) == one.close(week, came)
    assert freeze(other.judge.snapshot()) == freeze(one.judge.snapshot())


def test_series_that_have_gone_are_held_by_name_until_nothing_of_their_product_lives() -> None:
    one = Weekly(after=AFTER)
    kettle, iron = (("kettle", "k1"), LEAK), (("iron", "i1"), STEADY)
    for week in range(8):
        came = {iron: 20, **({kettle: 20, (("kettle", "k1"), STEADY): 20} if week < 4 else {})}
        one.close(week, came | ({(("iron", "i1"), RUST): 2} if week == 0 else {}))
    assert {key.fields for key in one.series.lives if key.cut == 1} == {f"iron{SEPARATOR}{STEADY}"}
    assert subjects(one) == {"iron", "i1"}
    assert RUST in {name for _, names in one.judge.snapshot()["former"] for name, _ in names}


def test_where_no_more_names_can_be_held_series_stay() -> None:
    """Of a cut that has as many names as series may be."""
    one = Weekly(after=AFTER, most=1)
    for week in range(10):
        fault = (("iron", "i1"), f"fault {week}")
        one.close(week, {(("iron", "i1"), STEADY): 20, fault: 1})
    assert len(one.judge.snapshot()["former"]) > 0
    assert Key(1, f"iron{SEPARATOR}fault 5") in one.series.lives


def test_a_name_that_is_recalled_is_held_no_more() -> None:
    held, leak = Former(2), Name((1, "iron"), LEAK)
    held.keep([(leak, Had(1, 7)), (Name((1, "iron"), FIRE), Had(4, 9))])
    assert held.full == frozenset({1})
    assert held.singles([(1, "iron"), (1, "kettle")]).tolist() == [1, 0]
    assert (held.recall(leak), held.recall(leak)) == (Had(1, 7), None)
    assert not held.full
    assert held.singles([(1, "iron")]).tolist() == [0]
    held.leave([(1, "kettle")])
    assert held.snapshot() == []
