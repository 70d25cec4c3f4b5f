"""Neighbouring regions that rise together, judged through a stream."""

from functools import cache, partial
from typing import Any

import numpy as np
import pytest

from alerts.account import Reader
from alerts.doorman import Doorman
from alerts.gates import Gate, Step
from alerts.signal import Kind, Signal, SignalState
from detectors.columns import Floats
from streams.configuration.sections import Cut, Detection, Tables
from streams.counts.cells import Counts
from streams.detection.judges.bench import MAKERS, Bench, Makers
from streams.detection.judges.judge import Closed
from streams.detection.judges.spatial import spatial_judge
from streams.detection.packing import freeze, thaw
from streams.detection.stream import Stream, Watch
from streams.events.event import Complaint
from streams.settings import Settings
from tests.contract import again
from tests.streams.counts import emitted, parted, records
from tests.streams.logs import DAY, HOUR, START, complaint, settings

REGIONS = (
    "广东省", "Fujian", "江西", "湖南省", "Harbin", "Beijing", "河北", "山东", "新疆", "Gansu",
    "青海", "四川省",
)  # fmt: skip
RATE = 1.5
DAYS, RISE, LASTS, TIMES = 8, 6 * 24, 18, 2.4
CUT = Cut(stream="complaints", by=("region",), methods=("surge", "spatial"))


def plan(*, shards: int = 1) -> Settings:
    base = settings(shards=shards, records=512)
    options = {name: getattr(base, name) for name in Settings.model_fields}
    detection = Detection(shards=shards, series=1000, false_alarms_per_week=100)
    return Settings.model_validate(options | {"cuts": (CUT,), "detection": detection})


def drawn(chance: np.random.Generator, means: Floats) -> list[Complaint]:
    """People by hour (rows) and region."""
    found = [
        (START + hour * HOUR + int(at), REGIONS[place])
        for hour, row in enumerate(chance.poisson(means))
        for place, n in enumerate(row.tolist())
        for at in chance.integers(HOUR, size=n)
    ]
    return [complaint(n, time, region=region) for n, (time, region) in enumerate(sorted(found))]


@cache
def events(rising: tuple[int, ...] = (0, 1, 2), *, times: float = TIMES) -> list[Complaint]:
    means = np.full((DAYS * 24, len(REGIONS)), RATE)
    means[RISE : RISE + LASTS, list(rising)] *= times
    return drawn(np.random.default_rng(21), means)


@cache
def moving() -> list[Counts]:
    """Three neighbours rise, and as they calm one of them and another do."""
    means = np.full((DAYS * 24, len(REGIONS)), RATE)
    means[RISE : RISE + 12, :3] *= TIMES
    means[RISE + 14 :, 2:4] *= 2 * TIMES
    said = records(drawn(np.random.default_rng(21), means), ends=START + DAYS * DAY)
    return [counts for (counts,) in emitted(plan(), said, every=60)]


@cache
def log(rising: tuple[int, ...] = (0, 1, 2), *, times: float = TIMES) -> list[Counts]:
    sent = emitted(plan(), records(events(rising, times=times), ends=START + DAYS * DAY), every=40)
    return [counts for (counts,) in sent]


def read(judging: Stream, some: list[Counts]) -> list[Signal]:
    return [signal for counts in some for signal in judging.apply(counts)]


def stream(
    which: Settings | None = None, *, shard: int = 0, young: int = 0, watch: Watch | None = None
) -> Stream:
    """Its map is as old as it needs to be, so that a history of a week will do."""
    makers: Makers = {**MAKERS, "spatial": partial(spatial_judge, young=young)}
    return Stream("complaints", which or plan(), shard, makers=makers, watch=watch)


@cache
def found() -> list[Signal]:
    return read(stream(), log())


def test_a_young_map_waits_until_each_weekday_was_met_twice() -> None:
    judged = Stream("complaints", plan(), 0), stream(young=48)
    young, older = ({signal.kind for signal in read(one, log())} for one in judged)
    assert Kind.SPATIAL not in young
    assert Kind.SPATIAL in older


def test_what_three_neighbours_show_together_is_called_and_says_where() -> None:
    told = [signal for signal in found() if signal.kind is Kind.SPATIAL]
    first = told[0]
    assert first.state is SignalState.CONFIRMED
    assert START + RISE * HOUR < first.at.timestamp() * 1000 <= START + (RISE + LASTS) * HOUR
    assert set(first.regions) <= {"Guangdong", "Fujian", "Jiangxi", "Hunan"}
    assert len(set(first.regions) & {"Guangdong", "Fujian", "Jiangxi"}) >= 2
    assert first.scope == {"stream": "complaints", "region": first.regions[0]}
    for region in first.regions:
        assert f"{region} " in first.reason
    surges = [s.at for s in found() if s.kind is Kind.SURGE and s.state is SignalState.CONFIRMED]
    assert not surges or first.at < min(surges)


def test_it_is_one_alarm_that_ends_when_it_is_over() -> None:
    told = [signal for signal in found() if signal.kind is Kind.SPATIAL]
    assert len({signal.id for signal in told}) == 1
    states = [signal.state for signal in told]
    assert states.count(SignalState.CLEARED) <= 1


def test_the_figures_are_the_sums_over_its_regions() -> None:
    for signal in found():
        if signal.kind is Kind.SPATIAL:
            by_region = signal.reason.rpartition("by region: ")[2].split(", ")
            seen = [int(one.split()[-2]) for one in by_region]
            assert sum(seen) == signal.observed


def test_one_region_that_rises_alone_is_its_own_surge() -> None:
    heard = read(stream(), log((1,), times=6.0))
    assert {signal.kind for signal in heard} == {Kind.SURGE}
    assert {signal.scope["region"] for signal in heard} == {"Fujian"}


def test_restored_at_any_offset_it_goes_on_to_the_same_bytes() -> None:
    middle = len(log()) * (RISE + 6) // (DAYS * 24)
    before, after = stream(), stream()
    read(before, log()[:middle])
    after.restore(thaw(freeze(before.snapshot())))
    assert before.judges.snapshot()["judges"]["spatial"]["0"]["state"]["ratios"].any()
    for counts in log()[middle : middle + 60]:
        assert read(after, [counts]) == read(before, [counts])
    assert freeze(after.snapshot()) == freeze(before.snapshot())


def test_every_shard_judges_the_map_and_one_of_them_tells() -> None:
    which = plan(shards=3)
    (own,) = parted(which, events())
    sent = emitted(which, records(own, ends=START + DAYS * DAY), every=40)
    told: list[Signal] = []
    for number in range(3):
        told += read(stream(which, shard=number), [counts[number] for counts in sent])
    spatial = [signal for signal in told if signal.kind is Kind.SPATIAL]
    assert spatial == [signal for signal in found() if signal.kind is Kind.SPATIAL]


def test_no_map_no_scan() -> None:
    options = {name: getattr(plan(), name) for name in Settings.model_fields}
    blank = Settings.model_validate(options | {"tables": Tables(provinces="off")})
    assert "spatial" not in Stream("complaints", blank, 0).judges.thresholds
    assert "spatial" not in Stream("mentions", plan(), 0).judges.thresholds
    assert "spatial" in Stream("complaints", plan(), 0).judges.thresholds


@cache
def shown() -> dict[tuple[str, int], Gate]:
    """The gate of some regions by the hour since START."""
    gates: dict[tuple[str, int], Gate] = {}

    def watch(name: str, closed: Closed, judges: Bench) -> None:
        for region in ("Guangdong", "Fujian", "Jiangxi", "Hunan", "Harbin"):
            for gate in judges.gates({"stream": name, "region": region}, closed):
                if gate.step is Step.SPATIAL:
                    gates[region, closed.bucket - START // HOUR] = gate

    read(stream(watch=watch), log())
    return gates


@pytest.mark.parametrize("language", ["en", "zh"])
def test_why_names_the_neighbours_and_how_near_they_came(language: str) -> None:
    fired = next(signal for signal in found() if signal.kind is Kind.SPATIAL)
    hour = int((fired.bucket.timestamp() * 1000 - START) // HOUR)
    gate = shown()[fired.regions[0], hour]
    assert gate.open
    assert gate.numbers["score"] == fired.score
    assert gate.numbers["observed"] == fired.observed
    said = Doorman(language).told(gate)
    assert {"en": "Guangdong", "zh": "广东"}[language] in said
    assert not shown()["Guangdong", 120].open
    assert ("Harbin", 120) not in shown()
    early = shown()["Guangdong", 30]
    assert not early.numbers
    assert Doorman(language).told(early)


def test_the_numbers_that_are_shown_of_a_zone_give_its_score_again() -> None:
    numbers: list[Any] = [gate.numbers for gate in shown().values() if gate.numbers]
    found = [again.of_zone(one) for one in numbers]
    assert found == pytest.approx([one["own"] for one in numbers], rel=1e-6)
    whole = [one["own"] + one["others"] for one in numbers]
    assert whole == pytest.approx([one["score"] for one in numbers])
    assert max(one["others"] for one in numbers) > 1


@pytest.mark.parametrize(
    ("language", "words"), [("en", "border on each other"), ("zh", "彼此相邻的地区")]
)
def test_a_reader_is_told_which_regions_in_his_language(language: str, words: str) -> None:
    fired = next(signal for signal in found() if signal.kind is Kind.SPATIAL)
    said = Reader(language).excess(fired.scope, fired)
    assert words in said
    assert {"en": "Guangdong", "zh": "广东"}[language] in said
