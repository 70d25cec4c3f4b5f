"""How often a shard writes a snapshot: what one costs, against what a restart would do again.

A worker does nothing else while it writes one, and of a million series one is some 300 MB. Where
that is dear, one is due after so much time that it takes a hundredth of it, or sooner where a
restart would have too much to do again. Which snapshots there are changes nothing of what is said.
"""

from dataclasses import dataclass, replace
from typing import Final

CHEAP: Final = 0.1
"""Processor seconds that a snapshot may take and be written whenever the records have come."""
SHARE: Final = 0.01
"""Part of the time that snapshots take, where a restart has little to do again."""
AGAIN: Final = 20.0
"""Processor seconds that a restart may have to do again."""
MOST: Final = 0.25
"""Part of the work that snapshots take at most, whatever a restart has to do again."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Of one shard, since its state was restored or written.

    Attributes:
        cost: processor seconds of the last snapshot; 0 before one.
        written: when it was, in seconds of a clock that never goes back.
        work: processor seconds of what was applied since.
    """

    cost: float = 0.0
    written: float = 0.0
    work: float = 0.0

    def worked(self, seconds: float) -> "Pace":
        return replace(self, work=self.work + seconds)

    def due(self, now: float) -> bool:
        """Whether one is worth its cost by now."""
        rested = now - self.written >= self.cost * (1.0 / SHARE - 1.0)
        again = self.work >= max(AGAIN, self.cost * (1.0 / MOST - 1.0))
        return self.cost <= CHEAP or rested or again
