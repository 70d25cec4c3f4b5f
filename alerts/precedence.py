"""Which stream led in one matter: complaints or mentions, and by how long."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from itertools import product

import msgspec
import numpy as np

from alerts.signal import Scope, Signal
from detectors.columns import Floats
from detectors.lead import lead

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST, SECOND = "complaints", "mentions"
MOST = 20  # signals of a stream that are compared


class Led(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes from the first complaint of an excess to the first post of one, of one matter.

    `chance` is that of complaints having begun first; below 0 the minutes are those by which posts
    led, of which `low` and `high` are the 5 % and 95 % points. `about` is what both excesses share.
    """

    about: Scope
    chance: float
    low: float
    lag: float
    high: float
    told: bool


def led(signals: Iterable[Signal]) -> Led | None:
    """By the two excesses that share most; None where one of the streams has none."""
    known = [s for s in signals if s.standing and s.began and not s.learning]
    firsts, seconds = (_largest(s for s in known if s.stream == name) for name in (FIRST, SECOND))
    alike = [(one, other) for one, other in product(firsts, seconds) if shared(one, other)]
    if not alike:
        return None
    first, second = max(alike, key=_nearness)
    found = lead(_began(first), _began(second))
    return Led(about=shared(first, second), **found._asdict(), told=found.told)


def shared(one: Signal, other: Signal) -> Scope:
    """The fields on which two matters agree; none where they differ in any."""
    fields = one.matter.keys() & other.matter.keys()
    if any(one.scope[field] != other.scope[field] for field in fields):
        return {}
    return {field: one.scope[field] for field in sorted(fields)}


def _largest(signals: Iterable[Signal]) -> list[Signal]:
    """Those with the most people too many; an incident may hold hundreds."""
    return nlargest(MOST, signals, key=lambda signal: (signal.deviation, signal.id))


def _nearness(pair: tuple[Signal, Signal]) -> tuple[int, int, float, str]:
    """Most fields in common, then fewest of one alone, then the most people too many."""
    both = len(shared(*pair))
    alone = sum(len(signal.matter) - both for signal in pair)
    return both, -alone, min(signal.deviation for signal in pair), pair[0].id + pair[1].id


def _began(signal: Signal) -> Floats:
    """Minutes since the epoch."""
    return (signal.onset - EPOCH) / MINUTE + np.array(signal.began, np.float64)
