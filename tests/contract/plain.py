"""A detector that is given counts alone, as the contract drives it: the base of most cases."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from detectors.columns import Array, Bools, Columns, Floats, Ints
from detectors.grounds import Grounds
from tests.contract.verdicts import Explained, Scored


def copied(state: Columns) -> dict[str, Array]:
    """The columns of a state that goes on, as a snapshot would give them back."""
    return {name: column.copy() for name, column in state.columns().items()}


@dataclass(slots=True)
class PlainCase:
    """What the contract calls hours are the buckets of the method, whatever they last.

    `hours` are enough to see it alarm, `many` are more series than it works on at a time.
    """

    hours: ClassVar[int]
    many: ClassVar[int]
    method: ClassVar[Any]
    states: ClassVar[type[Columns]]
    state: Any

    @classmethod
    def of(cls, n: int) -> Self:
        return cls(cls.states.empty(n))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    def expect(self, hour: int) -> Any:
        return self.method.expect(self.state, bucket=hour)

    def beside(self, counts: Ints) -> tuple[Ints, ...]:
        """What the method is given beside the counts."""
        return ()

    def mean(self, *, hour: int) -> Floats:
        found: Floats = self.expect(hour).mean
        return found

    def judge(self, counts: Ints, *, hour: int, masked: Bools | None = None) -> Scored:
        found: Scored = self.method.judge(
            self.state, self.expect(hour), counts, *self.beside(counts), masked
        )
        return found

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> Scored:
        verdict: Scored
        given = (self.expect(hour), counts, *self.beside(counts), masked)
        self.state, verdict = self.method.step(self.state, *given)
        return verdict

    def explained(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> Explained:
        """A step, and the grounds of what it says of each series."""
        expected = self.expect(hour)
        verdict = self.step(counts, hour=hour, masked=masked)
        places = range(counts.size)
        return verdict, [self.grounds(expected, verdict, counts, place) for place in places]

    @abstractmethod
    def grounds(self, expected: Any, verdict: Any, counts: Ints, place: int) -> Grounds: ...

    def restored(self) -> Self:
        return type(self)(self.states.of(copied(self.state)))
