"""The scan over neighbouring regions: its zones, what it calls, and what it leaves to the surge."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import spatial
from detectors.columns import Bools, Ints
from detectors.spatial import SHARE, SIZE, Country, Spatial, SpatialState, Usual, Zones

RING = tuple(((n - 1) % 8, (n + 1) % 8) for n in range(8))
ZONES = Zones.of(RING)
THRESHOLD = 1000.0
SCAN = Spatial(zones=ZONES, threshold=THRESHOLD)
LINKS = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda one: one[0] < one[1]))


def usual(hour: int, *, mean: float = 2.0, known: Bools | None = None) -> Usual:
    of_all = np.full(8, mean)
    every = np.ones(8, np.bool_)
    return Usual(hour, of_all, np.full(8, 1.1), np.full(8, 0.02), every if known is None else known)


def judged(
    counts: Ints, *, known: Bools | None = None, mean: float = 2.0
) -> Iterator[spatial.Verdict]:
    state = SpatialState.empty(ZONES.size)
    for hour, row in enumerate(counts):
        state, verdict = SCAN.step(state, usual(hour, mean=mean, known=known), row)
        yield verdict


def constant(*counts: int, hours: int = 24) -> Ints:
    return np.tile(np.array(counts), (hours, 1))


def first(counts: Ints, *, known: Bools | None = None) -> tuple[int, list[int]] | None:
    """The hour in which a rise is told, and its regions."""
    for hour, verdict in enumerate(judged(counts, known=known)):
        if rises := SCAN.rises(verdict):
            return hour, ZONES.regions_of(rises[0].zone).tolist()
    return None


@given(LINKS)
def test_zones_are_all_connected_sets_and_each_once(links: set[tuple[int, int]]) -> None:
    adjacent = [[b for a, b in links if a == n] + [a for a, b in links if b == n] for n in range(7)]
    zones = Zones.of(adjacent)
    found = [tuple(zones.regions_of(zone).tolist()) for zone in range(zones.size)]
    assert len(set(found)) == len(found)
    wanted = {
        held
        for code in range(1 << 7)
        if 2 <= len(held := tuple(n for n in range(7) if code >> n & 1)) <= SIZE
        and reached(held, adjacent)
    }
    assert set(found) == wanted


def reached(held: tuple[int, ...], adjacent: list[list[int]]) -> bool:
    """Whether each is reached from the first within the set."""
    known = {held[0]}
    for _ in held:
        known |= {near for one in known for near in adjacent[one] if near in held}
    return known == set(held)


def test_a_map_of_too_many_zones_is_scanned_in_smaller_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    every = [[other for other in range(20) if other != n] for n in range(20)]
    monkeypatch.setattr(spatial, "MOST", 2000)
    zones = Zones.of(every)
    assert zones.size == 20 * 19 // 2 + 20 * 19 * 18 // 6
    assert Zones.of([[], []]).size == 0


def test_an_area_is_a_zone_though_nobody_borders_on_anybody() -> None:
    zones = Zones.of([[], [], [], [], []], [(0, 1, 2), (3,), (0, 1, 2, 3, 4)])
    assert [zones.regions_of(zone).tolist() for zone in range(zones.size)] == [[0, 1, 2]]


def test_what_no_region_shows_by_itself_three_neighbours_show_together() -> None:
    found = first(constant(2, 2, 5, 4, 5, 2, 2, 2))
    assert found is not None
    assert found[1] == [2, 3, 4]


def test_the_same_people_in_regions_that_do_not_border_say_less() -> None:
    *_, near = judged(constant(2, 2, 5, 5, 5, 2, 2, 2, hours=4))
    *_, far = judged(constant(5, 2, 5, 2, 5, 2, 2, 2, hours=4))
    assert near.score.max() > 10 * far.score.max()


def test_a_rise_that_one_region_makes_up_is_left_to_its_surge() -> None:
    assert first(constant(2, 2, 2, 20, 2, 2, 2, 2)) is None
    *_, verdict = judged(constant(2, 2, 2, 20, 2, 2, 2, 2))
    assert verdict.score.max() >= THRESHOLD
    assert (verdict.share[verdict.score >= THRESHOLD] > SHARE).all()
    assert not verdict.above.any()


def test_two_rises_that_do_not_touch_are_two() -> None:
    *_, verdict = judged(constant(6, 6, 2, 2, 6, 6, 2, 2))
    rises = SCAN.rises(verdict)
    held = [frozenset(ZONES.regions_of(rise.zone).tolist()) for rise in rises]
    assert set(held) == {frozenset({0, 1}), frozenset({4, 5})}
    assert all(rise.score >= THRESHOLD for rise in rises)


def test_a_lone_zone_with_much_evidence_hides_no_rise_elsewhere() -> None:
    *_, verdict = judged(constant(2, 2, 2, 2, 2, 2, 2, 2))
    held = [tuple(ZONES.regions_of(zone).tolist()) for zone in range(ZONES.size)]
    score, evidence = np.zeros(ZONES.size), np.zeros(ZONES.size)
    for regions, part, speaks in (
        ((0, 1), 0.6, 10.0), ((4, 5), 0.5, 6.0), ((4, 5, 6), 0.4, 5.0), ((3, 4, 5), 0.4, 5.0)
    ):  # fmt: skip
        zone = held.index(regions)
        score[zone], evidence[zone] = part * THRESHOLD, speaks
    share = np.full(ZONES.size, 0.5)
    (rise,) = SCAN.rises(replace(verdict, score=score, evidence=evidence, share=share))
    assert held[rise.zone] == (4, 5)
    assert rise.score == pytest.approx(1.3 * THRESHOLD)


def test_the_parts_of_the_zones_add_up_to_what_the_rise_scores() -> None:
    *_, verdict = judged(constant(2, 2, 5, 4, 5, 2, 2, 2))
    (rise,) = SCAN.rises(verdict)
    counted = ZONES.touching(rise.zone) & (verdict.share <= SHARE)
    assert rise.score == pytest.approx(verdict.score[counted].sum())


def test_the_explanation_adds_up_by_member() -> None:
    *_, verdict = judged(constant(2, 2, 5, 4, 5, 2, 2, 2))
    np.testing.assert_array_equal(verdict.observed, verdict.observed_of.sum(axis=0))
    np.testing.assert_allclose(verdict.expected, verdict.expected_of.sum(axis=0))
    (rise,) = SCAN.rises(verdict)
    hours = 24 - int(verdict.onset[rise.zone])
    assert verdict.observed_of[:3, rise.zone].tolist() == [5 * hours, 4 * hours, 5 * hours]


def test_regions_of_which_nothing_is_known_yet_say_nothing() -> None:
    known = np.array([True] * 3 + [False] * 5)
    *_, verdict = judged(constant(2, 2, 2, 9, 9, 9, 9, 9), known=known)
    assert not verdict.above.any()
    told = [ZONES.regions_of(zone).tolist() for zone in np.flatnonzero(~verdict.learning).tolist()]
    assert told == [[0, 1], [0, 1, 2], [1, 2]]
    alone = np.array([True] + [False] * 7)
    assert all(one.learning.all() for one in judged(constant(*[9] * 8), known=alone))


def test_an_outage_is_neither_judged_nor_remembered() -> None:
    state, hidden = SpatialState.empty(ZONES.size), np.ones(8, np.bool_)
    state, _ = SCAN.step(state, usual(0), np.full(8, 2))
    before = {name: array.copy() for name, array in state.columns().items()}
    state, verdict = SCAN.step(state, usual(1), np.full(8, 99), hidden)
    np.testing.assert_array_equal(before["ratios"], state.ratios)
    assert verdict.masked.all()
    assert SCAN.rises(verdict) == []


def test_chance_alarms_the_whole_map_no_more_often_than_its_regions_may() -> None:
    rng = np.random.default_rng(7)
    mean, hours, regions = 2.0, 4000, 8
    counts = rng.negative_binomial(mean / 0.1, 1 / 1.1, (hours, regions))
    standing, alarms = False, 0
    for verdict in judged(counts, mean=mean):
        above = bool(SCAN.rises(verdict))
        alarms += above and not standing
        standing = above
    assert alarms <= regions * hours / THRESHOLD


def test_what_the_whole_country_has_too_much_is_expected_of_each_region() -> None:
    more, fewer = Country.empty(1), Country.empty(1)
    for hour in range(48):
        more.learn(usual(hour, mean=10.0), np.full(8, 20))
        fewer.learn(usual(hour, mean=10.0), np.zeros(8, np.int64))
    assert (more.shared(usual(48, mean=10.0)).mean > 19.0).all()
    assert (fewer.shared(usual(48, mean=10.0)).mean == 10.0).all()


def test_what_the_country_has_in_the_hour_itself_is_expected_and_not_learnt_by_asking() -> None:
    country, counts = Country.empty(1), np.full(8, 20)
    country.learn(usual(0, mean=10.0), np.full(8, 10))
    before = country.shared(usual(1, mean=10.0)).mean
    asked = country.shared(usual(1, mean=10.0), counts).mean
    assert (asked > 1.1 * before).all()
    assert (country.shared(usual(1, mean=10.0)).mean == before).all()
    country.learn(usual(1, mean=10.0), counts)
    assert (country.shared(usual(2, mean=10.0)).mean == asked).all()


def test_a_region_of_which_nothing_is_known_says_nothing_of_the_country() -> None:
    known = np.arange(8) > 0
    country = Country.empty(1)
    country.learn(usual(0, mean=10.0, known=known), np.where(known, 10, 10_000))
    assert (country.shared(usual(1, mean=10.0)).mean == 10.0).all()


@pytest.mark.parametrize("facts", [{"threshold": 0.0}, {"threshold": 1.0, "memory": 0.0}])
def test_settings_that_make_no_sense_are_refused(facts: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        Spatial(zones=ZONES, **facts)
