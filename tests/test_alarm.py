"""Hysteresis: what fires, what is worth another message, what is over."""

import numpy as np
import pytest

from detectors.alarm import NEVER, Alarms, Changes, Hysteresis
from detectors.surge import Verdict

HYSTERESIS = Hysteresis(quiet=24, growth=2.0)


def verdict(
    above: bool, *, observed: int = 10, expected: float = 2.0, masked: bool = False
) -> Verdict:
    return Verdict(
        score=np.array([1e6 if above else 0.0]),
        above=np.array([above]),
        multiple=np.array([5.0]),
        ratios=np.empty((0, 1), np.float32),
        carried=np.empty((0, 1), np.float32),
        observed=np.array([observed]),
        expected=np.array([expected]),
        onset=np.array([0]),
        learning=np.array([False]),
        masked=np.array([masked]),
    )


def told(changes: Changes) -> str:
    kinds = {"fired": changes.fired, "updated": changes.updated, "cleared": changes.cleared}
    return ",".join(kind for kind, series in kinds.items() if series.size)


def after(verdicts: list[Verdict]) -> tuple[Alarms, list[str]]:
    alarms, says = Alarms.empty(1), []
    for bucket, one in enumerate(verdicts):
        alarms, changes = HYSTERESIS.step(alarms, one, bucket=bucket)
        says.append(told(changes))
    return alarms, says


def test_the_first_bucket_above_the_threshold_fires_and_is_remembered() -> None:
    alarms, says = after([verdict(False), verdict(True), verdict(True)])
    assert says == ["", "fired", ""]
    assert alarms.fired[0] == 1


def test_a_dip_of_less_than_a_day_is_the_same_alarm() -> None:
    alarms, says = after([verdict(True), *[verdict(False)] * 23, verdict(True)])
    assert says == ["fired", *[""] * 24]
    assert alarms.fired[0] == 0


def test_a_day_below_clears_and_the_next_excursion_fires_anew() -> None:
    alarms, says = after([verdict(True), *[verdict(False)] * 24, verdict(True)])
    assert says == ["fired", *[""] * 23, "cleared", "fired"]
    assert alarms.fired[0] == 25


def test_a_masked_bucket_is_no_evidence_that_it_is_over() -> None:
    blind = [verdict(False, masked=True)] * 12
    _, says = after([verdict(True), *blind, *[verdict(False)] * 24])
    assert says.index("cleared") == 36


def test_a_doubled_excess_is_worth_one_message_and_the_next_doubling_another() -> None:
    sizes = [10, 12, 18, 20, 34, 36]
    alarms, says = after([verdict(True, observed=n) for n in sizes])
    assert says == ["fired", "", "updated", "", "updated", ""]
    assert alarms.revision[0] == 2


def test_a_doubled_multiple_is_worth_a_message() -> None:
    _, says = after([verdict(True, expected=4.0), verdict(True, expected=2.0)])
    assert says == ["fired", "updated"]


def test_the_revision_starts_at_zero_with_each_alarm() -> None:
    grown = [verdict(True), verdict(True, observed=40)]
    alarms, _ = after([*grown, *[verdict(False)] * 24, verdict(True)])
    assert alarms.revision[0] == 0


def test_a_provisional_verdict_names_what_would_fire_and_changes_nothing() -> None:
    alarms = Alarms.empty(1)
    assert HYSTERESIS.would_fire(alarms, verdict(True)).tolist() == [0]
    assert alarms.fired[0] == NEVER
    alarms, _ = HYSTERESIS.step(alarms, verdict(True), bucket=7)
    assert HYSTERESIS.would_fire(alarms, verdict(True)).size == 0


def test_impossible_settings_are_named() -> None:
    with pytest.raises(ValueError, match="quiet must be at least 1 bucket, got 0"):
        Hysteresis(quiet=0)
    with pytest.raises(ValueError, match=r"growth must be above 1, got 1\.0"):
        Hysteresis(growth=1.0)
