"""Which triggers of a chunk travel in its record: as many as the record has room for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from streams.counts.cells import Trigger, encode

QUOTED = 20  # of one scope and chunk travel with their words; a signal shows three
MOST_BYTES = 2 << 20  # of a record; some 8,000 to 16,000 without words


class Found(NamedTuple):
    """A trigger and where its event lay."""

    offset: int
    trigger: Trigger


class Selection(NamedTuple):
    """Those that travel, and how many do not."""

    triggers: list[Trigger]
    untold: int


def selected(found: Iterable[Found]) -> Selection:
    """The first by offset, so that no fetch decides and none that was told is taken back."""
    in_order = sorted(found, key=lambda one: (one.offset, one.trigger.harm))
    said, size = _sparing([one.trigger for one in in_order]), 0
    for place, trigger in enumerate(said):
        size += len(encode(trigger))
        if size > MOST_BYTES:
            return Selection(_sorted(said[:place]), len(said) - place)
    return Selection(_sorted(said), 0)


def _sparing(triggers: Sequence[Trigger]) -> list[Trigger]:
    """Words of the first of each scope only."""
    before: Counter[tuple[str, ...]] = Counter()
    spared = []
    for trigger in triggers:
        scope = (trigger.harm, *map("=".join, sorted(trigger.scope.items())))
        before[scope] += 1
        spared.append(trigger if before[scope] <= QUOTED else replace(trigger, quote=""))
    return spared


def _sorted(triggers: Sequence[Trigger]) -> list[Trigger]:
    return sorted(triggers, key=lambda trigger: (trigger.event, trigger.harm))
