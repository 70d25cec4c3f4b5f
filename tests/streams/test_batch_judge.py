"""Batches by units in the field, judged through a stream as the detectors would by themselves."""

from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerts.signal import Kind, Signal, SignalState
from benchmarks import batches as benchmark
from detectors.batches import Batches as Detector
from detectors.columns import Floats, Ints
from detectors.neighbours import Fields, Neighbours, Shares
from streams.detection.batches import Batch, Batches
from streams.detection.judges.fleet.rates import Fleet
from streams.detection.judges.fleet.register import Register
from streams.detection.judges.judge import Seat
from streams.detection.packing import freeze, thaw
from tests.contract import again
from tests.streams.fleets import (
    BAD,
    BATCHES,
    DAYS,
    FIRST,
    INCIDENT,
    PLAN,
    SHIPPED,
    UNITS,
    Watched,
    log,
    table,
)
from tests.streams.logs import HOUR

OTHER = Batch(date(2023, 1, 1), SHIPPED, 3 * UNITS)


@cache
def played() -> tuple[Watched, list[Signal]]:
    watched = Watched()
    return watched, watched.read(log())


def of_batches(found: list[Signal]) -> list[Signal]:
    return [signal for signal in found if signal.kind is Kind.BATCH]


def test_a_batch_that_draws_too_many_is_called_by_its_units_and_the_surge_is_silent() -> None:
    _, found = played()
    assert {signal.kind for signal in found} == {Kind.BATCH}
    assert {signal.scope["batch"] for signal in found} == {BAD}
    states = [signal.state for signal in found]
    assert states[:2] == [SignalState.PROVISIONAL, SignalState.CONFIRMED]
    assert states.count(SignalState.CLEARED) == 1
    first = found[0]
    assert 0 <= (first.at.timestamp() - (FIRST + INCIDENT) * 3600) < 24 * 3600
    assert found[1].id == first.id


def test_its_rate_is_told_beside_that_of_its_neighbours_with_the_fault_that_stands_out() -> None:
    _, found = played()
    said = next(signal for signal in found if signal.state is SignalState.CLEARED)
    assert said.rate is not None
    assert said.rate.units == UNITS
    n = said.rate.evidence.n
    assert said.rate.per_thousand == pytest.approx(n / (UNITS / 1000))
    assert said.rate.neighbours == pytest.approx(DAYS * 24 / BATCHES / 2, rel=0.25)
    assert said.rate.evidence.prr > 1.8
    assert said.rate.low > said.rate.neighbours
    assert said.fault == "leak"
    assert said.fault_evidence is not None
    assert said.fault_evidence.n == 12
    assert "per 1000 units, neighbours" in said.reason


def test_without_a_table_the_surge_goes_on_alone_and_the_rate_is_unknown() -> None:
    found = Watched(Batches()).read(log(extra=40))
    assert {(signal.kind, signal.scope["batch"]) for signal in found} == {(Kind.SURGE, BAD)}
    assert all(signal.rate is None for signal in found)


def test_a_batch_that_is_not_in_the_table_is_left_to_the_surge() -> None:
    watched = Watched(table(B07=None))
    found = watched.read(log(extra=40))
    assert {signal.kind for signal in found if signal.scope["batch"] == BAD} == {Kind.SURGE}
    assert len(watched.held["fleet"]["rows"]) == BATCHES - 1


def test_a_product_of_one_batch_has_no_neighbours_and_is_left_to_the_surge() -> None:
    alone = Batches({("kettle", BAD): Batch(None, SHIPPED, UNITS)})
    assert {signal.kind for signal in Watched(alone).read(log(extra=40))} == {Kind.SURGE}


def test_the_stream_gives_the_scores_of_the_benchmark_for_the_same_counts() -> None:
    watched, found = played()
    counts, due = np.array(watched.people), np.array(watched.due)
    method = Detector(threshold=of_batches(found)[0].threshold)
    scores = benchmark.judged(method, counts, due, first=watched.buckets[0])
    assert scores.tolist() == np.array(watched.scores).tolist()
    assert (scores > method.threshold).any()
    bad = dict(zip(watched.buckets, scores[:, int(BAD[1:])].tolist(), strict=True))
    closed = [signal for signal in found if signal.state is not SignalState.PROVISIONAL]
    assert closed
    assert all(signal.score == bad[int(signal.bucket.timestamp()) // 3600] for signal in closed)


def test_the_numbers_that_are_shown_of_a_batch_give_its_score_again() -> None:
    watched, _ = played()
    watched.shown.assert_adds_up(again.of_batch)


def test_what_a_batch_should_bring_is_what_its_neighbours_bring_alone() -> None:
    """The rhythm is even here: no cut counts the product as a whole."""
    watched, found = played()
    threshold = of_batches(found)[0].threshold
    fields, neighbours = Fields.empty(1), Neighbours()
    shares = Shares.empty(0).grow(
        products=np.zeros(BATCHES, np.int64), units=np.full(BATCHES, float(UNITS)),
        shipped=np.full(BATCHES, FIRST - 40 * 24),
    )  # fmt: skip
    for hour, (bucket, people) in enumerate(zip(watched.buckets, watched.people, strict=True)):
        due = neighbours.expect(fields, shares, bucket=bucket)
        assert np.array_equal(due, watched.due[hour], equal_nan=True)
        others = fields.complaints.sum() - shares.whole.complaints
        known = ((others >= 10.0) | (hour - 1 >= 168)) & (due > 0)
        doubt = np.minimum(watched.scores[hour], 10.0 * threshold)
        trust = np.where(known, 0.1 * threshold / (doubt + 0.1 * threshold), 1.0)
        fields, shares = neighbours.learn(
            fields, shares, people, bucket=bucket, trust=trust
        )  # fmt: skip


@pytest.mark.parametrize("share", [0.1, 0.4, 0.6])
def test_restored_it_goes_on_to_the_same_bytes(share: float) -> None:
    at = int(share * len(log()))
    before, after = Watched.begun(), Watched()
    before.read(log()[1:at])
    after.stream.restore(thaw(freeze(before.stream.snapshot())))
    for counts in log()[at : at + 20]:
        assert after.read([counts]) == before.read([counts])
    assert freeze(after.stream.snapshot()) == freeze(before.stream.snapshot())


def test_batches_that_come_to_the_table_leave_what_is_known_of_the_others() -> None:
    before, after = Watched.begun(), Watched(table(A00=OTHER))
    before.read(log()[1:30])
    after.stream.restore(thaw(freeze(before.stream.snapshot())))
    old, new = before.held["fleet"], after.held["fleet"]
    assert [row.batch for row in new["rows"]][:2] == ["A00", "B00"]
    assert new["state"]["events"][..., 1:].tolist() == old["state"]["events"].tolist()
    assert new["fields"]["complaints"].tolist() == old["fields"]["complaints"].tolist()
    assert old["fields"]["complaints"].any()
    assert after.read(log()[30:])


def test_a_product_of_which_the_table_says_otherwise_begins_anew_and_its_alarm_is_over() -> None:
    before, after = Watched.begun(), Watched(table(B00=OTHER))
    fired = next(
        at for at, counts in enumerate(log()[1:], 1)
        if any(s.state is SignalState.CONFIRMED for s in before.read([counts]))
    )  # fmt: skip
    after.stream.restore(thaw(freeze(before.stream.snapshot())))
    assert not after.held["fleet"]["fields"]["complaints"].any()
    again = Watched(table(B00=OTHER))
    again.stream.restore(thaw(freeze(after.stream.snapshot())))
    following = again.read(log()[fired + 1 :])
    assert following[0].state is SignalState.CLEARED
    assert following[0].scope["batch"] == BAD
    assert following[0].reason.startswith("the table of batches changed")
    assert following[0].id in {signal.id for signal in of_batches(played()[1])}


def test_no_more_batches_are_held_than_series_may_be_the_newest_first() -> None:
    few = PLAN.detection.model_copy(update={"max_series": 50})
    many = {f"C{n:03}": Batch(None, date(2023, 1, 1 + n % 28), 10) for n in range(60)}
    which = PLAN.model_copy(update={"detection": few})
    rows = Watched(table(**many), which).judge._register.rows
    assert len(rows) == 50
    assert all(row.batch.startswith("B") or row.shipped > FIRST - 365 * 24 for row in rows)


def test_a_batch_that_newer_ones_put_out_leaves_what_is_known_of_the_others() -> None:
    few = PLAN.detection.model_copy(update={"max_series": BATCHES})
    which = PLAN.model_copy(update={"detection": few})
    newer = Batch(None, SHIPPED + timedelta(days=1), UNITS)
    before, after = Watched(which=which), Watched(table(C00=newer), which)
    before.read(log()[:30])
    after.stream.restore(thaw(freeze(before.stream.snapshot())))
    old, new = before.held["fleet"], after.held["fleet"]
    assert [row.batch for row in new["rows"]][-2:] == ["B38", "C00"]
    assert new["fields"]["complaints"].tolist() == old["fields"]["complaints"].tolist()
    assert new["state"]["events"][..., :-1].tolist() == old["state"]["events"][..., :-1].tolist()
    assert old["fields"]["complaints"].any()


def test_it_finds_the_same_in_as_many_shards_as_there_are() -> None:
    """A product, with its neighbours and its prior, is in one of them."""
    two = PLAN.model_copy(
        update={"detection": PLAN.detection.model_copy(update={"shards": 2})}
    )  # fmt: skip
    rows = [Watched(which=two, shard=n).judge._register.rows for n in range(2)]
    assert sorted(map(len, rows)) == [0, BATCHES]


def test_units_are_in_the_field_from_the_local_day_of_shipping_on() -> None:
    zone = PLAN.detection.model_copy(update={"zone": "Asia/Shanghai"})
    one = Watched(
        Batches({("kettle", "B1"): Batch(None, date(2024, 1, 2), 5)}),
        PLAN.model_copy(update={"detection": zone}),
    )
    assert one.judge._register.rows[0].shipped == FIRST + 24 - 8
    assert HOUR == 3_600_000


def born(which: Batches) -> tuple[Register, Fleet]:
    seat = Seat(
        "complaints", PLAN, PLAN.cuts, ZoneInfo("UTC"), 5000.0, lambda *_: True
    )  # fmt: skip
    register = Register(seat, which)
    return register, Fleet(register, threshold=5000.0)


def fleet(which: Batches, counts: Ints) -> Floats:
    """Scores by hour and batch, without a stream; masked for an hour."""
    register, one = born(which)
    found = []
    for hour, people in enumerate(counts):
        due = one.expect(np.ones(len(register.slices)), bucket=FIRST + hour)
        found.append(one.step(due, people, masked=hour == 60).score)
    return np.array(found)


def test_a_product_has_the_same_scores_alone_and_in_the_company_of_others() -> None:
    """Its neighbours and its prior are its own; so shards divide the work alone."""
    others = {("iron", f"I{n:02}"): Batch(None, SHIPPED, 900 + n) for n in range(BATCHES)}
    counts = np.random.default_rng(4).poisson(0.3, (100, 2 * BATCHES))
    counts[70:80, [3, BATCHES + 3]] += 2
    company = fleet(Batches({**others, **table()}), counts)
    alone = fleet(table(), counts[:, BATCHES:])
    assert company[:, BATCHES:].tolist() == alone.tolist()
    assert alone.max() > 100.0
    assert not alone[60].any()


def test_a_batch_that_it_speaks_of_is_not_left_again_as_complaints_are_forgotten() -> None:
    """What was foreseen of it would be withdrawn, and nobody would speak of it."""
    _, one = born(table())
    counts = np.zeros((4, BATCHES), np.int64)
    counts[0, 1:11] = 1
    counts[3, 0] = 30
    learnt, above = [], []
    for hour, people in enumerate(counts):
        due = one.expect(np.ones(1), bucket=FIRST + hour)
        learnt.append(bool(one.learnt[0]))
        foreseen = one.foresee(due, people[:1], np.zeros(1, np.int64))
        closed = one.step(due, people, masked=False)
        above.append((bool(foreseen.above[0]), bool(closed.above[0])))
    assert learnt == [False, False, True, True]
    assert above == [(False, False)] * 3 + [(True, True)]
