"""First-ever combinations through a stream: what is told, and what the detector says alone."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from alerts.gates import Step
from alerts.signal import Kind, Signal, SignalState
from benchmarks import novelty
from detectors.novelty import Novelty
from streams.configuration.sections import Cut, Detection
from streams.counts.cells import SEPARATOR, Counts, shard_of
from streams.detection.judges.bench import Bench
from streams.detection.judges.judge import Closed
from streams.detection.packing import freeze, thaw
from streams.detection.snapshots import Frozen
from streams.detection.stream import Stream, Watch
from streams.events.event import Complaint
from streams.settings import Settings
from tests.contract import again
from tests.streams.counts import emitted, records
from tests.streams.logs import DAY, HOUR, START, complaint, settings
from tests.streams.shown import Shown

DAYS, LATER = 30, 29
CALM = LATER * 24 - 6
"""Records until shortly before the news; a shard has read them once for all tests."""
CATEGORY = Cut(stream="complaints", by=("category",), methods=())
PRODUCTS = Cut(
    stream="complaints", by=("product", "category"), family="product", methods=("novelty",)
)  # fmt: skip
BATCHES = Cut(
    stream="complaints", by=("product", "batch", "category"), family="product",
    methods=("novelty",),
)  # fmt: skip


def plan(*cuts: Cut, shards: int = 1, budget: float = 100.0) -> Settings:
    detection = Detection(shards=shards, series=100, false_alarms_per_week=budget)
    return settings().model_copy(update={"cuts": cuts, "detection": detection})


PLAN = plan(CATEGORY, PRODUCTS)


@cache
def history(news: tuple[tuple[str, str, str], ...] = ()) -> list[Complaint]:
    """Each hour one of kettles or irons, of which only these leak; then the news."""
    matters = [
        ("kettle", "K1", "billing"), ("iron", "I1", "leak"), ("kettle", "K2", "staff"),
        ("iron", "I2", "billing"), ("kettle", "K1", "staff"), ("iron", "I2", "leak"),
        ("kettle", "K2", "delivery"),
    ]  # fmt: skip
    found = [(START + hour * HOUR, matters[hour % 7]) for hour in range(DAYS * 24)]
    begins = START + LATER * DAY
    found += [(begins + (2 * n + 1) * HOUR + 1, one) for n, one in enumerate(news)]
    return [
        complaint(n, at, product=product, batch=batch, category=category)
        for n, (at, (product, batch, category)) in enumerate(sorted(found))
    ]


KETTLES = sum(hour % 7 in {0, 2, 4, 6} for hour in range(LATER * 24 + 1))
TWICE = (("kettle", "K1", "leak"), ("kettle", "K2", "leak"), ("kettle", "K1", "leak"))


def log(which: Settings, news: tuple[tuple[str, str, str], ...]) -> list[list[Counts]]:
    said = records(history(news), ends=START + DAYS * DAY)
    return emitted(which, said, every=1, after=CALM)


@cache
def calm(text: str, shard: int) -> Frozen:
    """A snapshot of a stream under these settings that has read what all histories begin with."""
    which = Settings.model_validate_json(text)
    stream = Stream("complaints", which, shard)
    assert not any(stream.apply(log(which, ())[0][shard]))
    return freeze(stream.snapshot())


def after_calm(which: Settings, shard: int = 0, watch: Watch | None = None) -> Stream:
    stream = Stream("complaints", which, shard, watch=watch)
    stream.restore(thaw(calm(which.model_dump_json(), shard)))
    return stream


def played(
    *news: tuple[str, str, str], which: Settings = PLAN, shard: int = 0
) -> tuple[Stream, list[Signal]]:
    stream = after_calm(which, shard)
    found = [one for record in log(which, news)[1:] for one in stream.apply(record[shard])]
    return stream, [signal for signal in found if signal.kind is Kind.NOVELTY]


def test_what_a_product_never_had_and_others_have_is_told_once_at_the_second_person() -> None:
    _, (told,) = played(*TWICE)
    assert told.scope == {"stream": "complaints", "product": "kettle", "category": "leak"}
    assert (told.state, told.observed, told.event) == (SignalState.CONFIRMED, 2.0, True)
    assert told.onset.timestamp() * 1000 == START + LATER * DAY + HOUR
    assert told.bucket.timestamp() * 1000 == START + LATER * DAY + 3 * HOUR
    assert f"2 people, and none among {KETTLES} before, where 0.67 of its group" in told.reason


def test_the_people_who_have_it_are_not_among_those_before_that_had_it_not() -> None:
    shown = Shown(Step.NOVELTY, {"product": "kettle", "category": "leak"})
    stream = after_calm(PLAN, watch=shown)
    for (record,) in log(PLAN, TWICE)[1:]:
        list(stream.apply(record))
    assert {n["before"] for n in shown.numbers if "people" in n} == {KETTLES}


def test_the_numbers_that_are_shown_of_it_give_its_score_again() -> None:
    shown = Shown(Step.NOVELTY, {"product": "kettle", "category": "leak"})
    stream = after_calm(PLAN, watch=shown)
    for (record,) in log(PLAN, TWICE)[1:]:
        list(stream.apply(record))
    told = [numbers for numbers in shown.numbers if numbers["why"] == "new-here"]
    assert told
    for numbers in told:
        assert again.of_novelty(numbers) >= numbers["threshold"]


def test_a_smaller_budget_asks_for_more_people() -> None:
    which = plan(CATEGORY, PRODUCTS, budget=1.0)
    assert played(*TWICE, which=which)[1] == []
    (told,) = played(*TWICE, *TWICE, which=which)[1]
    assert told.observed > 2
    assert told.score >= told.threshold == 16_800.0
    assert told.rarity == told.score / told.threshold


@pytest.mark.parametrize("shards", [1, 3])
def test_each_product_that_is_old_enough_is_a_place_of_the_budget_in_one_shard(shards: int) -> None:
    which = plan(CATEGORY, PRODUCTS, shards=shards)
    streams = [played(which=which, shard=shard)[0] for shard in range(shards)]
    assert sum(one.judges.judged(one.series)["novelty"] for one in streams) == 2
    assert {one.judges.thresholds["novelty"] for one in streams} == {168.0}


def test_one_person_may_have_pressed_the_wrong_button() -> None:
    assert played(TWICE[0])[1] == []


def test_what_all_products_have_already_is_no_news_and_what_nobody_had_is() -> None:
    assert played()[1] == []
    _, (told,) = played(("iron", "I1", "fire"), ("iron", "I1", "fire"))
    assert told.reason.endswith("where nobody of its group has it")


def test_a_batch_is_measured_by_the_other_batches_of_its_product() -> None:
    which = plan(BATCHES)
    _, (told,) = played(*(("iron", "I1", "billing"),) * 2, which=which)
    assert told.scope["batch"] == "I1"
    assert told.scope["category"] == "billing"
    # Kettles have it too, but no iron and no other batch of irons would say so.
    assert played(*(("kettle", "K1", "delivery"),) * 2, which=which)[1]


@pytest.mark.parametrize("product", ["kettle", "iron"])
def test_it_says_the_same_in_as_many_shards_as_there_are(product: str) -> None:
    which = plan(CATEGORY, PRODUCTS, shards=3)
    shard = shard_of("product", product, shards=3)
    batch = {"kettle": "K1", "iron": "I1"}[product]
    fault = {"kettle": "leak", "iron": "staff"}[product]
    news = (((product, batch, fault)),) * 2
    assert played(*news, which=which, shard=shard)[1] == played(*news)[1] != []


FIRES = (*TWICE, *(("iron", "I1", "fire"),) * 2, ("iron", "I2", "staff"))
Said = dict[tuple[int, str, str], tuple[float, bool]]
"""By hour, product and fault: the score, and whether it is told."""


def of_stream() -> Said:
    """From the calm on."""
    said: Said = {}

    def watch(_: str, closed: Closed, judges: Bench) -> None:
        judge: Any = judges._judges["novelty"]
        names = (key.fields.split(SEPARATOR) for key in closed.series.lives if key.cut == 1)
        scores = zip(names, judge._verdict.score, judge._verdict.news, strict=True)
        hour = closed.bucket - START // HOUR
        for (product, fault), score, new in scores:
            said[hour, product, fault] = float(score), bool(new)

    stream = after_calm(PLAN, watch=watch)
    for (record,) in log(PLAN, FIRES)[1:]:
        list(stream.apply(record))
    return said


def of_benchmark() -> Said:
    events = history(FIRES)
    named = np.array([(str(event.product), str(event.category)) for event in events]).T
    (products, product), (faults, fault) = (np.unique(c, return_inverse=True) for c in named)
    hours = np.array([(event.time - START) // HOUR for event in events])
    methods = {"novelty": Novelty(people=2, threshold=168.0)}
    played = novelty.History(hours, product, fault, {})
    said: Said = {}
    for at in novelty.judged(methods, played, novelty.Counts(faults.size)):
        verdict = at.said["novelty"]
        for n, (p, f) in enumerate(zip(products[at.products], faults[at.faults], strict=True)):
            said[at.hour, p, f] = float(verdict.score[n]), bool(verdict.news[n])
    return said


def test_scores_are_the_same_in_the_benchmark_and_in_a_stream() -> None:
    """Of whom people came in the hour; the others say no more."""
    both, alone = of_stream(), of_benchmark()
    assert {at for at, (_, new) in both.items() if new} == {
        at for at, (_, new) in alone.items() if new
    }
    since = min(both)[0]
    came = [at for at in alone if at[0] >= since]
    assert len(came) > len(FIRES)
    for at in came:
        assert both[at] == pytest.approx(alone[at], rel=1e-9)
    assert sum(new for _, new in alone.values()) == 2


@pytest.mark.parametrize("left", [24, 21, 10])
def test_restored_it_goes_on_to_the_same_bytes_and_tells_nothing_twice(left: int) -> None:
    before, after = after_calm(PLAN), Stream("complaints", PLAN, 0)
    sent = [record for (record,) in log(PLAN, TWICE)[1:]]
    for counts in sent[:-left]:
        list(before.apply(counts))
    after.restore(thaw(freeze(before.snapshot())))
    for counts in sent[-left:]:
        assert list(after.apply(counts)) == list(before.apply(counts))
    assert freeze(after.snapshot()) == freeze(before.snapshot())


def begun_late(watch: Watch | None = None) -> tuple[Stream, list[Counts]]:
    """A stream whose judge begins in the middle, and what there is to read then."""
    sent = [record for (record,) in log(PLAN, TWICE)]
    without = Stream("complaints", PLAN, 0, makers={})
    for counts in sent[:1]:
        list(without.apply(counts))
    late = Stream("complaints", PLAN, 0, watch=watch)
    late.restore(thaw(freeze(without.snapshot())))
    return late, sent[1:]


def test_of_what_lived_before_it_began_nothing_but_that_is_shown() -> None:
    shown = Shown(Step.NOVELTY, {"product": "iron", "category": "leak"})
    late, rest = begun_late(shown)
    for counts in rest:
        list(late.apply(counts))
    assert {"why": "known"} in shown.numbers
    assert all(set(numbers) == {"why"} for numbers in shown.numbers)


def test_what_lived_before_it_began_is_known_and_not_told() -> None:
    """A judge that begins in the middle has not seen what came before."""
    late, rest = begun_late()
    found = [signal for counts in rest for signal in late.apply(counts)]
    assert Kind.NOVELTY not in {signal.kind for signal in found}
    held = late.judges.snapshot()["judges"]["novelty"]["state"]
    assert held["told"].sum() == 5  # all but what came last


def test_no_cut_asks_for_it_and_there_is_no_such_judge() -> None:
    assert "novelty" not in Stream("complaints", plan(CATEGORY), 0).judges.thresholds
    assert "novelty" in Stream("complaints", PLAN, 0).judges.thresholds
