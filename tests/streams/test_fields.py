"""The values of a field are the same in whichever form they are held."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.columnar.digests import digests
from streams.columnar.fields import Coded, Field, Listed
from streams.columnar.spans import Page, Spans
from streams.columnar.vocabulary import Names

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=80)
VALUES = st.lists(st.none() | TEXTS, min_size=1, max_size=6)
NAMES = Names()


def spans(values: list[str | None]) -> Spans:
    """Something else lies between them on the page."""
    raws = [(value or "").encode() for value in values]
    lengths = np.array([len(raw) for raw in raws], np.int64)
    starts = np.cumsum(lengths + 2) - lengths
    return Spans(Page.of(b", " + raw for raw in raws), starts, lengths)


def coded(values: list[str | None]) -> Coded:
    return Coded(NAMES.numbers(values), NAMES)


FORMS = st.sampled_from([Listed, coded, spans])
PARTS = st.one_of(
    st.lists(st.tuples(FORMS, VALUES), min_size=1, max_size=4),
    FORMS.flatmap(lambda form: st.lists(st.tuples(st.just(form), VALUES), min_size=1, max_size=4)),
)


@given(PARTS)
def test_parts_that_are_joined_hold_all_their_values_in_turn(
    parts: list[tuple[type[Listed], list[str | None]]],
) -> None:
    joined = Field.joined([form(values) for form, values in parts])
    wanted = [value for _, values in parts for value in values]
    assert joined.values() == wanted
    assert list(joined.bytes()) == [(value or "").encode() for value in wanted]
    assert joined.digests(3).tolist() == digests([value or "" for value in wanted], 3).tolist()
    assert joined.present().tolist() == [value is not None for value in wanted]


@given(st.lists(VALUES, min_size=1, max_size=3))
def test_strings_of_several_pages_come_to_lie_on_one(parts: list[list[str | None]]) -> None:
    joined = Field.joined([spans(values) for values in parts])
    assert isinstance(joined, Spans)
    assert len(parts) == 1 or len(joined.page.held) == joined.lengths.sum()


def test_what_is_joined_to_numbers_becomes_numbers_of_the_same_names() -> None:
    others = Names()
    parts = [coded(["a"]), Coded(others.numbers(["b", "a"]), others), Listed(["c", None])]
    joined = Field.joined(parts)
    assert isinstance(joined, Coded)
    assert joined.values() == ["a", "b", "a", "c", None]
