"""When a score becomes an alarm, when it is worth another message, and when it is over.

An alarm *fires* in the first bucket above the threshold after a day below it; it is *updated*
when its multiple or its excess has doubled since the last message; it is *cleared* after a day
below. What a verdict leaves out (learning, for most methods) is not above. A masked bucket says
nothing: the day below it is as much longer.
"""

from dataclasses import dataclass
from typing import Annotated, Protocol

import numpy as np

from detectors.columns import Bools, Columns, Floats, Ints, column

NEVER = -(2**62)


class Verdict(Protocol):
    """What a detector says of each series in a bucket; `size` is multiple and excess."""

    @property
    def above(self) -> Bools: ...

    @property
    def masked(self) -> Bools: ...

    @property
    def size(self) -> tuple[Floats, Floats]: ...


@dataclass(frozen=True, slots=True)
class Part:
    """What a verdict says of some series alone."""

    above: Bools
    masked: Bools
    size: tuple[Floats, Floats]

    @classmethod
    def of(cls, verdict: Verdict, series: Ints) -> "Part":
        multiple, excess = verdict.size
        return cls(
            verdict.above[series], verdict.masked[series], (multiple[series], excess[series])
        )  # fmt: skip


@dataclass(slots=True)
class Alarms(Columns):
    """`fired` is the bucket an alarm that stands fired in, `NEVER` for none standing.

    `above` is the last bucket above the threshold, moved on by masked ones; `multiple` and
    `excess` are those of the last message.
    """

    fired: Annotated[Ints, column(np.int64, NEVER)]
    above: Annotated[Ints, column(np.int64, NEVER)]
    revision: Annotated[Ints, column(np.int64)]
    multiple: Annotated[Floats, column(np.float64)]
    excess: Annotated[Floats, column(np.float64)]


@dataclass(frozen=True, slots=True)
class Changes:
    """Places of the series whose alarm fired, grew or ended in this bucket."""

    fired: Ints
    updated: Ints
    cleared: Ints


NO_CHANGES = Changes(*np.empty((3, 0), np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hysteresis:
    """`quiet` buckets below the threshold end an alarm; `growth` is worth another message."""

    quiet: int = 24
    growth: float = 2.0

    def __post_init__(self) -> None:
        if self.quiet < 1:
            raise ValueError(f"quiet must be at least 1 bucket, got {self.quiet}")
        if not self.growth > 1:
            raise ValueError(f"growth must be above 1, got {self.growth}")

    def would_fire(self, alarms: Alarms, verdict: Verdict) -> Ints:
        """Places that fire if the bucket closes as it stands; for a provisional verdict."""
        return np.flatnonzero(verdict.above & (alarms.fired == NEVER))

    def step(
        self, alarms: Alarms, verdict: Verdict, *, bucket: int, news: Bools | None = None
    ) -> tuple[Alarms, Changes]:
        """Take in a closed bucket. The alarms given are used up.

        `news` is what is worth another message whatever its size, as far as it is above.
        """
        standing = alarms.fired != NEVER
        if not (standing.any() or verdict.above.any()):
            return alarms, NO_CHANGES
        multiple, excess = verdict.size
        grown = (multiple >= self.growth * alarms.multiple) | (
            excess >= self.growth * alarms.excess
        )
        grown = grown if news is None else grown | news
        alarms.above[standing & verdict.masked] += 1
        alarms.above[verdict.above] = bucket
        changes = Changes(
            fired=np.flatnonzero(verdict.above & ~standing),
            updated=np.flatnonzero(verdict.above & standing & grown),
            cleared=np.flatnonzero(standing & (bucket - alarms.above >= self.quiet)),
        )
        _record(alarms, changes, bucket=bucket)
        for spoken in (changes.fired, changes.updated):
            alarms.multiple[spoken] = multiple[spoken]
            alarms.excess[spoken] = excess[spoken]
        return alarms, changes


def _record(alarms: Alarms, changes: Changes, *, bucket: int) -> None:
    alarms.fired[changes.fired] = bucket
    alarms.revision[changes.fired] = 0
    alarms.revision[changes.updated] += 1
    alarms.fired[changes.cleared] = NEVER
