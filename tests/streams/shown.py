"""What the judges of a stream show of a scope to whom asks why, and whether it adds up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from alerts.gates import Step
from alerts.signal import Scope
from streams.detection.judges.bench import Bench
from streams.detection.judges.judge import Closed


@dataclass
class Shown:
    """The numbers of one step, hour by hour; it watches a stream."""

    step: Step
    scope: Scope
    numbers: list[Any] = field(default_factory=list)

    def __call__(self, stream: str, closed: Closed, judges: Bench) -> None:
        gates = judges.gates({"stream": stream, **self.scope}, closed)
        self.numbers += [gate.numbers for gate in gates if gate.step is self.step]

    def assert_adds_up(self, again: Callable[[Any], float]) -> None:
        """The score of each hour is what its numbers give again."""
        shown = [numbers for numbers in self.numbers if "score" in numbers]
        assert any(numbers["score"] for numbers in shown)
        found = [again(numbers) for numbers in shown]
        assert found == pytest.approx([numbers["score"] for numbers in shown], rel=1e-6)
