"""What the judges of a stream show of a scope to whom asks why, and whether it adds up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from alerts.catalogue import LANGUAGES
from alerts.doorman import Doorman
from alerts.gates import Gate, Step
from alerts.signal import Scope
from streams.detection.judges.bench import Bench
from streams.detection.judges.judge import Closed


@dataclass
class Shown:
    """The gate of one step, hour by hour; it watches a stream."""

    step: Step
    scope: Scope
    gates: list[Gate] = field(default_factory=list)

    def __call__(self, stream: str, closed: Closed, judges: Bench) -> None:
        gates = judges.gates({"stream": stream, **self.scope}, closed)
        self.gates += [gate for gate in gates if gate.step is self.step]

    @property
    def numbers(self) -> list[Any]:
        return [gate.numbers for gate in self.gates]

    def assert_adds_up(self, again: Callable[[Any], float]) -> None:
        """The score of each hour is what its numbers give again; they can be told."""
        shown = [numbers for numbers in self.numbers if "score" in numbers]
        assert any(numbers["score"] for numbers in shown)
        told = [Doorman(language).told(self.gates[-1]) for language in LANGUAGES]
        assert len(set(told)) == len(LANGUAGES)
        found = [again(numbers) for numbers in shown]
        assert found == pytest.approx([numbers["score"] for numbers in shown], rel=1e-6)
