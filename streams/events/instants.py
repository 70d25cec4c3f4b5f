"""Times on the wire become epoch milliseconds, one by one or a run at once."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.events.event import EARLIEST, EPOCH, LATEST

LARGEST_SECONDS: Final = 1e11  # the year 5138 in seconds, 1973 in milliseconds
RANGE_RULE: Final = "must lie between the years 2000 and 9999"
ISO_RULE: Final = "must be ISO 8601 with a zone, or epoch seconds or milliseconds"
DAY_MS: Final = 86_400_000
EXACT: Final = 4e9  # seconds, the year 2096; up to there a float holds microseconds exactly
ZONE: Final = attrgetter("tzinfo")
ZONELESS: Final = "must carry its zone: Z, or an offset such as +08:00"
DIGIT: Final = re.compile(r"\d", re.ASCII)
LAYOUT: Final = re.compile(
    r"(?P<moment>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?)(?P<zone>Z|[+-]\d\d:\d\d)",
    re.ASCII,
)
FIGURES: Final = (8, 2, 2, 2, 3)  # digits of date, hours, minutes, seconds and milliseconds
FINEST: Final = 6  # digits of a fraction; those after the third are worth nothing

Instants = NDArray[np.int64]
Letters = NDArray[np.uint8]


def instant(value: str | float) -> int:
    """Epoch milliseconds of a time on the wire. Raises ValueError with the rule it breaks."""
    if isinstance(value, str):
        milliseconds = _iso(value)
    elif value > LARGEST_SECONDS:
        milliseconds = int(value)
    else:  # microseconds first: times 1000 some lose a millisecond
        milliseconds = round(max(value, 0) * 1e6) // 1000
    return in_range(milliseconds)


def instants(values: Sequence[str]) -> Instants | None:
    """The same of many ISO times at a fraction of the cost; None where one needs a closer look."""
    try:
        return instants_of(_letters(values), lambda: values)
    except TypeError:  # not all are strings
        return None


def instants_of(letters: Letters | None, values: Callable[[], Sequence[str]]) -> Instants | None:
    """The same, with the letters of each time (rows) where all have equally many."""
    try:
        milliseconds = None if letters is None else _alike(letters)
        if milliseconds is None:
            milliseconds = _unlike(values())
    except (ValueError, TypeError):
        return None
    within = len(milliseconds) and milliseconds.min() >= EARLIEST
    return milliseconds if within and milliseconds.max() < EXACT * 1000 else None


def _letters(values: Sequence[str]) -> Letters | None:
    text = "".join(values)
    if not values or not text.isascii() or len(text) != len(values) * len(values[0]):
        return None
    return np.frombuffer(text.encode(), np.uint8).reshape(len(values), -1)


def _alike(letters: Letters) -> Instants | None:
    """Of times that are written as the first is, as most sources do; None where they are not."""
    first = LAYOUT.fullmatch(letters[0].tobytes().decode("ascii"))
    if first is None:
        return None
    layout = _layout(DIGIT.sub("0", first["moment"]), first["zone"])
    figures = letters ^ layout.zeros  # of a digit what it is worth, of all else nothing
    if (figures > layout.largest).any():
        return None
    parts: Instants = (figures.astype(np.float64) @ layout.worth).astype(np.int64)
    date, hours, minutes, seconds, milliseconds = parts.T
    if hours.max() > 23 or minutes.max() > 59 or seconds.max() > 59:
        return None
    clock: Instants = ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds
    return _days(date, first["zone"]) + clock


class _Layout(NamedTuple):
    """How times are written.

    Attributes:
        zeros: the letters of one whose digits are all zero.
        largest: of each letter the digit it may be; those of the zone are no digits here.
        worth: of each letter (rows) in date, hours, minutes, seconds and milliseconds.
    """

    zeros: Letters
    largest: Letters
    worth: NDArray[np.float64]


@lru_cache(maxsize=64)
def _layout(zeros: str, zone: str) -> _Layout:
    """Of a time whose digits are all zero, but for its zone's."""
    digits = [at for at, letter in enumerate(zeros) if letter == "0"]
    letters = np.frombuffer((zeros + zone).encode(), np.uint8)
    largest, worth = np.zeros_like(letters), np.zeros((len(letters), len(FIGURES)))
    largest[digits], worth[digits] = 9, _worth(len(digits))
    return _Layout(letters, largest, worth)


def _worth(digits: int) -> NDArray[np.float64]:
    """What each digit (rows) is worth in each part (columns) of a time."""
    worth, row = np.zeros((sum(FIGURES) + FINEST - 3, len(FIGURES))), 0
    for part, figures in enumerate(FIGURES):
        worth[row : row + figures, part] = 10.0 ** np.arange(figures - 1, -1, -1)
        row += figures
    return worth[:digits]


def _days(dates: Instants, zone: str) -> Instants:
    """Milliseconds at which days, such as 20260131, begin in a zone."""
    met, places = np.unique(dates, return_inverse=True)
    return np.array([_iso(f"{date:08}T000000{zone}") for date in met.tolist()], np.int64)[places]


def _unlike(values: Sequence[str]) -> Instants:
    moments = list(map(datetime.fromisoformat, values))
    if None in set(map(ZONE, moments)):
        raise ValueError(ZONELESS)
    seconds = np.fromiter(map(datetime.timestamp, moments), np.float64, len(moments))
    return np.rint(seconds * 1e6).astype(np.int64) // 1000


def in_range(milliseconds: int) -> int:
    """Passes a moment on; raises ValueError if no event can be so early or so late."""
    if EARLIEST <= milliseconds <= LATEST:
        return milliseconds
    raise ValueError(RANGE_RULE)


def _iso(text: str) -> int:
    try:
        since = datetime.fromisoformat(text) - EPOCH
    except ValueError:
        raise ValueError(ISO_RULE) from None
    except TypeError:  # a time without a zone has no distance to one with a zone
        raise ValueError(ZONELESS) from None
    # Dividing by a timedelta gives the same and takes longer.
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000
