"""How many triggers travel in a chunk's record, and that it fits a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.broker.topics import MOST_SENT
from streams.counts.cells import Trigger, encode
from streams.intake.selection import MOST_BYTES, QUOTED, Found, selected
from streams.intake.stage import CountsTooLargeError, fitting
from tests.streams.logs import BURN, complaint, log, plan, read
from tests.streams.logs import settings as configured

LONG = "烫" * 140


def found(offset: int, *, product: str = "kettle", quote: str = LONG) -> Found:
    return Found(
        offset, Trigger("injury", 0, 0, f"{offset:09}", f"{offset}", {"product": product}, quote)
    )


def test_the_first_of_a_scope_travel_with_their_words_and_all_are_told() -> None:
    told = selected([found(n) for n in reversed(range(QUOTED + 5))])
    assert [one.quote for one in told.triggers] == [LONG] * QUOTED + [""] * 5
    assert told.untold == 0


def test_beyond_the_room_of_a_record_they_are_only_counted() -> None:
    told = selected([found(n, product=f"{n:05}" + "水" * 190) for n in range(4000)])
    assert sum(len(encode(one)) for one in told.triggers) <= MOST_BYTES
    assert len(told.triggers) > 900
    assert len(told.triggers) + told.untold == 4000
    assert told.triggers[-1].event == f"{len(told.triggers) - 1:09}"


@given(st.permutations(range(60)), st.integers(0, 60))
def test_no_fetch_decides_and_none_that_was_told_is_taken_back(order: list[int], most: int) -> None:
    whole = selected([found(n) for n in order])
    assert whole == selected([found(n) for n in range(60)])
    assert selected([found(n) for n in range(most)]).triggers == whole.triggers[:most]


def test_a_largest_chunk_in_which_everything_is_harmful_fits_a_message() -> None:
    """Without the bound: 16,384 triggers of 257 to 541 bytes, 8.5 MiB at most."""
    largest = 1 << 14
    text = BURN + "烫" * 140
    records = log([complaint(f"{n:0200}", text=text) for n in range(largest)])
    partition = read(plan(configured(records=largest)), [records])
    (raw,) = partition.reading.so_far().counts  # type: ignore[union-attr]
    (counts,) = partition.counts()
    assert len(raw) < MOST_BYTES + (1 << 20)
    assert len(counts.triggers) + counts.untold == largest


def test_counts_that_fit_no_message_are_refused_with_the_option_that_helps() -> None:
    assert fitting(b"fits") == b"fits"
    with pytest.raises(CountsTooLargeError, match=r"intake\.chunk_records"):
        fitting(bytes(MOST_SENT))
