"""Which series have had nobody for so long that their places are freed, and where the others go.

It is decided by what is closed alone, so that no order of reading decides. Those that stay move
together in their order: whatever is kept by life follows (`Retirement.lives`).
"""

from typing import NamedTuple

import numpy as np

from detectors.columns import Bools, Ints
from streams.detection.series import UNBORN


class Retirement(NamedTuple):
    """What goes at the end of a week.

    Attributes:
        kept: by life as they were.
        since: how many weeks had ended when that began in which one must have been seen to stay.
    """

    kept: Bools
    since: int

    def lives(self, lives: Ints) -> Ints:
        """What these are from now on; UNBORN for those that are gone, or never lived."""
        moved = np.append(np.where(self.kept, np.cumsum(self.kept) - 1, UNBORN), UNBORN)
        return moved[lives]

    def left(self, lives: int) -> int:
        """How many stay of the first so many."""
        return int(np.count_nonzero(self.kept[:lives]))


def retirement(last: Ints, held: Ints, *, ended: int, after: int) -> Retirement:
    """Who is retired once `ended` weeks have ended.

    Args:
        last: by life, how many had ended when it had people last.
        held: lives that stay in any case, such as those on which an alarm stands; UNBORN is none.
        ended: weeks.
        after: so many weeks without anybody, at least 1.
    """
    since = ended - after
    kept = last >= since
    kept[held[held != UNBORN]] = True
    return Retirement(kept, since)
