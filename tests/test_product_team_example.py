"""What the consumer for product teams prints of a signal, as it stands on the wire."""

import json
import runpy
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from alerts.defects import about_batch, evidence_of, rate_of
from alerts.signal import Signal, SignalState
from detectors import disproportion
from tests.alerts.samples import scoped, surge

EXAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "examples" / "defect_batches.py"))
FOUND = disproportion.of_rates(np.array([30, 20, 25]), np.array([6.0, 20.0, 24.0]))
RATE = rate_of(units=12_000, due=6.0, interval=(3.0, 6.5), found=FOUND, at=0)
BATCH = scoped(product="kettle", batch="B2409-03")


def on_the_wire(signal: Signal) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(msgspec.json.encode(about_batch(signal)))
    return told


def lines(signal: Signal) -> list[str]:
    told = on_the_wire(signal)
    return [EXAMPLE["headline"](told), *EXAMPLE["figures"](told)]


@pytest.mark.parametrize("state", SignalState)
def test_a_batch_is_told_with_its_state_its_beginning_and_its_people(state: SignalState) -> None:
    signal = surge(scope=BATCH, state=state, observed=25.0, expected=0.4321)
    (line,) = lines(signal)
    onset = on_the_wire(signal)["onset"]
    assert line == (
        f"B2409-03 of kettle {state} since {onset}: 25 people where 0.432 were expected"
    )


def test_a_rate_is_told_with_the_measures_that_product_teams_know() -> None:
    _, rate = lines(surge(scope=BATCH, rate=RATE))
    evidence = RATE.evidence
    assert rate == (
        "2.5 per thousand of 12000 units (1.5 to 3.25), neighbours 0.5: n 30, PRR "
        f"{evidence.prr:.3g}, chi-square {evidence.chi_squared:.3g}, EB05 {evidence.eb05:.3g}"
    )
    assert 4 < evidence.prr < 6
    assert evidence.chi_squared > 4


def test_a_fault_that_stands_out_is_told_with_its_evidence() -> None:
    signal = surge(scope=BATCH, rate=RATE, fault="leak", fault_evidence=evidence_of(FOUND, 0))
    *_, fault = lines(signal)
    assert fault.startswith("fault leak: n 30, PRR ")


def test_names_of_a_batch_cannot_move_the_cursor() -> None:
    (line,) = lines(surge(scope=scoped(batch="B\x1b[2J\n1")))
    assert line.startswith("B?[2J?1 ")


def test_of_a_record_that_says_little_little_is_told() -> None:
    assert EXAMPLE["headline"]({"batch": "B1", "state": "confirmed"}) == "B1 confirmed"
    assert list(EXAMPLE["figures"]({"batch": "B1", "state": "confirmed"})) == []
