"""Pieces of a state: all series once, in order, alike in length."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.verdict import slices


@given(st.integers(0, 100_000), st.integers(1, 10_000))
def test_slices_hold_every_series_once_in_order_and_are_alike_in_length(
    size: int, most: int
) -> None:
    pieces = list(slices(size, most=most))
    lengths = [piece.stop - piece.start for piece in pieces]
    assert [piece.start for piece in pieces] == [0, *np.cumsum(lengths)[:-1]]
    assert pieces[-1].stop == size
    assert max(lengths) <= most
    assert max(lengths) - min(lengths) <= 1
