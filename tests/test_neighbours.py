"""What a batch should bring, from the other batches of its product when they were as old."""

import numpy as np
import pytest

from detectors.columns import Floats, Ints
from detectors.neighbours import NOT_SHIPPED, Fields, Neighbours, Shares
from tests.contract.plain import copied

NEIGHBOURS = Neighbours(day=1, half_life_days=1e9)


def shipped(*days: int, units: float = 1000.0, products: Ints | None = None) -> Shares:
    products = np.zeros(len(days), np.int64) if products is None else products
    return Shares.empty().grow(
        products=products, shipped=np.array(days), units=np.full(len(days), units)
    )


def lived(fields: Fields, shares: Shares, counts: Ints, *, start: int = 0) -> None:
    for day, row in enumerate(counts, start):
        NEIGHBOURS.learn(fields, shares, row, bucket=day)


def expected(fields: Fields, shares: Shares, day: int, rhythm: Floats | None = None) -> Floats:
    return NEIGHBOURS.expect(fields, shares, bucket=day, rhythm=rhythm)


def test_a_batch_is_compared_with_others_when_they_were_as_old() -> None:
    """Complaints come in the first week of a batch, and hardly later."""
    fields, shares = Fields.empty(1), shipped(0, 0, 0, 100)
    counts = np.zeros((101, 4), np.int64)
    counts[:7, :3] = 50
    lived(fields, shares, counts[:100])
    new, old = expected(fields, shares, 100)[3], expected(fields, shares, 100)[0]
    assert new == pytest.approx(50, rel=0.2)
    assert old < 1


def test_twice_the_units_bring_twice_the_complaints() -> None:
    fields, shares = Fields.empty(1), shipped(0, 0, 0)
    shares.units[2] = 2000.0
    lived(fields, shares, np.tile([10, 10, 20], (5, 1)))
    assert expected(fields, shares, 5) == pytest.approx([10, 10, 20], rel=0.05)


def test_a_bad_batch_does_not_excuse_itself() -> None:
    fields, shares = Fields.empty(1), shipped(0, 0, 0)
    lived(fields, shares, np.tile([100, 10, 10], (20, 1)))
    assert expected(fields, shares, 20)[0] == pytest.approx(10, rel=0.05)


def test_where_units_or_shipping_or_neighbours_are_unknown_so_is_the_rate() -> None:
    products = np.array([0, 0, 0, 0, 1])
    fields, shares = Fields.empty(2), shipped(0, 0, NOT_SHIPPED, 50, 0, products=products)
    shares.units[1] = np.nan
    lived(fields, shares, np.ones((10, 5), np.int64))
    assert np.isnan(expected(fields, shares, 10)).all()  # the first has no other to compare with
    shares.units[1] = 1000.0
    NEIGHBOURS.learn(fields, shares, np.ones(5, np.int64), bucket=10)
    assert np.isnan(expected(fields, shares, 11)).tolist() == [False, False, True, True, True]


def test_few_complaints_are_drawn_to_the_rate_of_the_product() -> None:
    """Nothing has come yet at the age of four to seven days; it is no rate of zero."""
    fields, shares = Fields.empty(1), shipped(0, 0)
    counts = np.ones((5, 2), np.int64)
    counts[4] = 0
    lived(fields, shares, counts)
    assert 0.2 < expected(fields, shares, 5)[0] < 1


def test_the_rhythm_of_the_day_is_no_rate() -> None:
    fields, shares = Fields.empty(1), shipped(0, 0)
    rhythm = np.array([3.0])
    for day in range(20):
        NEIGHBOURS.learn(fields, shares, np.array([30, 30]), bucket=day, rhythm=rhythm)
    assert expected(fields, shares, 20)[0] == pytest.approx(10, rel=0.05)
    assert expected(fields, shares, 20, rhythm)[0] == pytest.approx(30, rel=0.05)


def test_what_is_not_trusted_makes_no_neighbour_look_good() -> None:
    fields, shares = Fields.empty(1), shipped(0, 0, 0)
    for day in range(20):
        NEIGHBOURS.learn(
            fields, shares, np.array([500, 10, 10]), bucket=day, trust=np.array([0.0, 1.0, 1.0])
        )
    assert expected(fields, shares, 20)[1] == pytest.approx(10, rel=0.05)


def test_what_is_past_is_forgotten() -> None:
    neighbours, fields, shares = Neighbours(day=1, half_life_days=5), Fields.empty(1), shipped(0, 0)
    shares.shipped[...] = -1000  # at the last step of age, which has no end
    for day, count in enumerate([100] * 30 + [10] * 60):
        neighbours.learn(fields, shares, np.full(2, count), bucket=day)
    assert neighbours.expect(fields, shares, bucket=90)[0] == pytest.approx(10, rel=0.1)


def test_sums_are_restored_from_a_snapshot_to_the_last_bit() -> None:
    fields, shares = Fields.empty(1), shipped(0, 3, 9)
    counts = np.random.default_rng(4).poisson(5, (40, 3))
    lived(fields, shares, counts[:20])
    again, parts = Fields.of(copied(fields)), Shares.of(copied(shares))
    for held in ((fields, shares), (again, parts)):
        lived(*held, counts[20:], start=20)
    np.testing.assert_array_equal(expected(fields, shares, 40), expected(again, parts, 40))


def test_a_product_has_the_same_floats_alone_and_in_company() -> None:
    """Of batches of all ages, so that all steps have something of the sum."""
    neighbours, days = Neighbours(day=1, half_life_days=70), tuple(range(0, 600, 20))
    counts = np.random.default_rng(6).poisson(4, (810, 2 * len(days)))
    found = []
    for n in (1, 2):
        products = np.repeat(np.arange(n), len(days))
        fields, shares = Fields.empty(n), shipped(*(days * n), products=products)
        due = []
        for day, row in enumerate(counts[:, : products.size]):
            due.append(neighbours.expect(fields, shares, bucket=day)[: len(days)])
            neighbours.learn(fields, shares, row, bucket=day)
        found.append(np.array(due[-200:]))
    assert np.isfinite(found).all()
    assert found[0].tolist() == found[1].tolist()


@pytest.mark.parametrize("settings", [{"day": 0}, {"half_life_days": 0.0}])
def test_settings_out_of_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Neighbours(**settings)  # type: ignore[arg-type]
