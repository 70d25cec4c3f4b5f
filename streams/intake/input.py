"""A partition that a worker counts: how far it is, and what of that a commit may say."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain

from streams.intake.reading import Emission, Reading, Refusal
from streams.intake.standing import Standing
from streams.transport.resting import Resting
from streams.transport.runs import Begin


@dataclass
class Input:
    """What the worker holds of a partition it reads.

    Attributes:
        at: where the chunk that fills is to be read from again.
        standing: what the commit says there.
        taking: a run that was handed over is not counted yet.
    """

    reading: Reading
    begin: Begin
    at: int
    standing: Standing
    runs: int = 0
    taking: bool = False
    emitted: int | None = None
    resting: Resting = field(default_factory=Resting)
    told: Counter[str] = field(default_factory=Counter)

    @property
    def end(self) -> int:
        """Nothing below it is still to be counted."""
        return self.begin.first if self.reading.end is None else self.reading.end

    def close(self, last: Emission) -> None:
        """The chunk that fills starts where this one ended."""
        assert last.closed is not None
        letters = tuple(one for one in self.standing.letters if one.stop > last.closed)
        self.at, self.standing = last.closed, last.standing._replace(letters=letters)

    def refused(self) -> list[Refusal]:
        """What the reading refused since it was asked, but for what has its letter already."""
        found, self.reading.refusals = self.reading.refusals, []
        known = set(chain.from_iterable(self.standing.letters)) if found else ()
        refused = [one for one in found if one.offset not in known]
        self.standing = self.standing.lettered(one.offset for one in refused)
        return refused

    def filled(self) -> Emission | None:
        """What the chunk that fills has counted, to be sent now."""
        self.emitted, emission = self.reading.end, self.reading.so_far()
        if emission is not None:
            counted = max(self.end, self.standing.counted)
            self.standing = self.standing._replace(counted=counted)
        return emission
