"""Recipients with a smaller budget than the installation's are told of what that one would call."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.colour import Colour
from alerts.deliveries import Recipient
from alerts.lifecycle import Decision
from alerts.notices import What
from alerts.signal import CERTAIN, Kind, Signal, SignalState
from detectors.burst import POWER
from tests.alerts.samples import NOON, burst, run, surge, trigger
from tests.contract.surge import SURGE, SurgeCase

TEAM = Recipient(name="team", channel="webhook")
BOSS = Recipient(name="boss", channel="wecom", rarity=4.0)
BUDGET = 1.0


def told(*signals: Signal) -> list[tuple[str, str]]:
    """Who is told what."""
    _, decisions = run(signals, recipients=[TEAM, BOSS])
    return [(line.recipient, line.what) for one in decisions for line in one.deliveries]


def scored(score: float, **changes: Any) -> Signal:
    return surge("a", score=score, threshold=100.0, **changes)


def test_what_a_smaller_budget_would_not_call_is_not_sent_to_it() -> None:
    assert told(scored(399.0)) == [("team", What.NEW)]
    assert told(scored(400.0)) == [("team", What.NEW), ("boss", What.NEW)]


def test_what_becomes_rare_enough_later_is_new_to_those_who_wait_for_it_and_to_no_other() -> None:
    grown = scored(500.0, revision=1, state=SignalState.CONFIRMED)
    assert told(scored(150.0), grown) == [("team", What.NEW), ("boss", What.NEW)]


def test_an_end_is_told_to_those_who_were_told_of_the_beginning() -> None:
    over = scored(1.0, state=SignalState.CLEARED)
    assert told(scored(150.0), over) == [("team", What.NEW), ("team", What.CLEARED)]
    both = [(name, what) for what in (What.NEW, What.CLEARED) for name in ("team", "boss")]
    assert told(scored(900.0), over) == both


def test_what_no_budget_has_a_say_in_is_told_to_all() -> None:
    assert trigger("t").rarity == CERTAIN
    assert [name for name, _ in told(trigger("t"))] == ["team", "boss"]
    assert surge("r", kind=Kind.RULE, score=1.0, threshold=30.0).rarity == CERTAIN


def test_a_first_ever_is_as_rare_as_its_score_says() -> None:
    assert surge("n", kind=Kind.NOVELTY, score=500.0, threshold=250.0).rarity == 2.0


def test_a_score_that_counts_zeros_is_ten_times_as_rare_by_nearly_two_more() -> None:
    assert burst(score=2.4 + 1 / POWER, threshold=2.4).rarity == pytest.approx(10.0)


BEYOND = {"threshold": 2.4, "told_from": 3.4}
SMALL = {"observed": 20.0, "multiple": 3.4}


def test_what_is_called_beyond_the_budget_is_told_to_nobody_until_it_is_within_it() -> None:
    weak, strong = (burst(score=score, **BEYOND, **SMALL) for score in (3.1, 3.4))
    assert weak.rarity < 1.0 <= strong.rarity
    assert told(weak) == []
    grown = burst(score=3.5, revision=1, state=SignalState.CONFIRMED, **BEYOND, **SMALL)
    assert told(weak, grown) == [("team", What.NEW)]


def test_no_colour_lifts_what_is_beyond_the_budget() -> None:
    """False bursts are as large as true ones: see ADR 22."""
    crowd = {"observed": 400.0, "multiple": 40.0}
    nested = [{"product": "kettle"}, {"product": "kettle", "region": "Hunan"}, {}]
    signals = [
        burst(f"b{n}", score=3.1, scope={"stream": "mentions", **where}, **BEYOND, **crowd)
        for n, where in enumerate(nested)
    ]
    state, _ = run(signals)
    assert {one.colour for one in state.incidents.values() if one.open} == {Colour.RED}
    assert told(*signals) == []


def test_what_was_told_goes_on_being_told_by_the_incident_that_takes_it_over() -> None:
    """One burst is told and grows while its score falls; one that was not told takes it over."""

    def rising(name: str, score: float, hours: float, observed: float, **scope: str) -> Signal:
        where = {"stream": "mentions", "product": "kettle", **scope}
        at = NOON + timedelta(hours=hours)
        return burst(
            name, scope=where, score=score, observed=observed, expected=7.0, at=at,
            multiple=observed / 7.0, **BEYOND,
        )  # fmt: skip

    grown = replace(rising("b1", 2.9, 0.5, 24.0, region="Hebei"), revision=1)
    signals = [
        rising("b0", 2.6, -1, 14.0, region="Hunan"), rising("b1", 3.6, 0, 14.0, region="Hebei"),
        replace(grown, state=SignalState.CONFIRMED), rising("p", 2.8, 0.6, 30.0),
    ]  # fmt: skip
    _, decisions = run(signals, recipients=[TEAM])
    heard = [[(line.incident, line.what) for line in one.deliveries] for one in decisions]
    survivor, told_of = (decisions[at].incidents[0].id for at in (0, 1))
    assert {line.into for line in decisions[3].incidents} >= {survivor}
    assert heard[0] == []
    assert heard[1] == [(told_of, What.NEW)]
    assert heard[3] == [(survivor, What.NEW)]


def test_a_greater_budget_hears_more_of_what_is_called_beyond_that_of_detection() -> None:
    weak = burst(score=3.4 - 1 / POWER, **BEYOND, **SMALL)
    for own, heard in ((9.0, False), (11.0, True)):
        wide = Recipient(name="wide", channel="webhook", rarity=BUDGET / own)
        assert _heard(run([weak], recipients=[wide])[1]) is heard


def test_what_keeps_the_budget_is_told_however_low_its_score_stands_now() -> None:
    assert scored(50.0).rarity == 1.0


@given(score=st.floats(100.0, 1e9), own=st.floats(0.001, 1.0))
def test_a_recipient_hears_what_the_threshold_of_its_own_budget_would_call(
    score: float, own: float
) -> None:
    boss = Recipient(name="boss", channel="webhook", rarity=BUDGET / own)
    _, decisions = run([scored(score)], recipients=[boss])
    threshold = 100.0 * (BUDGET / own)
    if abs(score / threshold - 1.0) > 1e-9:
        assert _heard(decisions) is (score > threshold)


def test_a_hundred_thousand_people_where_two_were_expected_reach_the_smallest_budget() -> None:
    stream = SurgeCase.of(1)
    for hour in range(SurgeCase.hours):
        stream.step(np.array([2]), hour=hour, total=2)
    verdict = stream.step(np.array([100_000]), hour=SurgeCase.hours, total=100_000)
    boss = Recipient(name="boss", channel="webhook", rarity=BUDGET / 1e-6)
    called = surge("a", score=float(verdict.score[0]), threshold=SURGE.threshold)
    assert _heard(run([called], recipients=[boss])[1])


def _heard(decisions: list[Decision]) -> bool:
    return any(decision.deliveries for decision in decisions)
