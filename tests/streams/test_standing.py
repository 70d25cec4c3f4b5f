"""Alarms are held where they stand alone, and change as if there were one for every place."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alerts.signal import Kind, SignalState
from detectors.alarm import NEVER, Alarms, Hysteresis
from detectors.columns import Bools, Floats, Ints
from streams.detection.judges.standing import Foretelling, Standing
from streams.detection.packing import freeze, thaw

PLACES = 6
HYSTERESIS = Hysteresis(quiet=2)
ABOVE = st.sampled_from("   .x!")  # far oftener nothing than an outage, an excess or a greater one


@dataclass
class Says:
    """A verdict: "x" is above, "!" far above, "." is masked."""

    written: str

    @property
    def above(self) -> Bools:
        return np.array([one in "x!" for one in self.written])

    @property
    def masked(self) -> Bools:
        return np.array([one == "." for one in self.written])

    @property
    def size(self) -> tuple[Floats, Floats]:
        size = np.array([{"x": 3.0, "!": 9.0}.get(one, 1.0) for one in self.written])
        return size, size * 2


BUCKETS = st.lists(st.lists(ABOVE, min_size=PLACES, max_size=PLACES).map("".join), max_size=12)


class Dense:
    """What is expected: one alarm for each place."""

    def __init__(self, n: int) -> None:
        self.alarms = Alarms.empty(n)

    def step(self, verdict: Says, *, bucket: int) -> list[tuple[int, SignalState, int, int]]:
        before = np.where(self.alarms.fired == NEVER, bucket, self.alarms.fired)
        self.alarms, changes = HYSTERESIS.step(self.alarms, verdict, bucket=bucket)
        told = [*changes.fired.tolist(), *changes.updated.tolist()]
        return [
            *((at, SignalState.CONFIRMED, int(self.alarms.revision[at]), int(before[at]))
              for at in told),
            *((at, SignalState.CLEARED, 0, int(before[at])) for at in changes.cleared.tolist()),
        ]  # fmt: skip

    @property
    def stands(self) -> Ints:
        return np.flatnonzero(self.alarms.fired != NEVER)


def snapshot(standing: Standing) -> Any:
    return thaw(freeze(standing.snapshot()))


@given(BUCKETS, st.integers(0, 12), st.permutations([0, 1, 2, 3, 4, 5]), st.integers(0, PLACES))
def test_what_is_said_is_what_an_alarm_for_each_place_would_say(
    buckets: list[str], restart: int, order: list[int], kept: int
) -> None:
    """At some bucket it is restored, and of its places some are retired and others are new."""
    standing, dense = Standing(HYSTERESIS), Dense(PLACES)
    places = np.array([*sorted(order[:kept]), *[-1] * (PLACES - kept)])
    for bucket, written in enumerate(buckets):
        if bucket == restart:
            held, standing = snapshot(standing), Standing(HYSTERESIS)
            standing.restore(held)
            standing.keep(places)
            dense.alarms = dense.alarms.rearranged(places)
        assert standing.step(Says(written), bucket=bucket) == dense.step(
            Says(written), bucket=bucket
        )
        assert standing.places.tolist() == dense.stands.tolist()
        assert [standing.of(place) is not None for place in range(PLACES)] == [
            place in dense.stands for place in range(PLACES)
        ]


def test_a_place_past_all_that_ever_had_an_alarm_has_none() -> None:
    standing = Standing(HYSTERESIS)
    assert standing.of(9) is None
    standing.step(Says("x"), bucket=1)
    assert standing.of(0) == (1, 1)
    assert standing.of(9) is None
    assert not standing.gates(9, Kind.SURGE)


@given(BUCKETS.filter(bool))
def test_only_what_has_no_alarm_is_foretold_and_withdrawn_if_it_does_not_fire(
    buckets: list[str],
) -> None:
    standing, lives = Foretelling(HYSTERESIS), np.array([4, 1])
    for bucket, written in enumerate(buckets):
        stood = set(standing.places.tolist())
        told = {place for place, _ in standing.foretell(Says("x "), lives, bucket=bucket)}
        assert told == {4} - stood
        said = standing.step(Says(written), bucket=bucket)
        withdrawn = {one.place for one in said if one.state == SignalState.WITHDRAWN}
        assert withdrawn == {place for place in told if written[place] not in "x!"}
