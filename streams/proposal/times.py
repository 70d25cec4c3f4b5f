"""Which way of writing times the values of a column follow."""

import re
from collections.abc import Iterator, Sequence
from datetime import time, tzinfo
from itertools import product
from typing import Final, NamedTuple

from streams.events import zoned
from streams.events.event import EPOCH, MILLISECOND
from streams.proposal.sample import Profile

DATES: Final = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y",
    "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y",
    "%d-%b-%y", "%B %d, %Y", "%d %B %Y",
)  # fmt: skip
CLOCKS: Final = (
    " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p", "T%H:%M:%S", "T%H:%M",
    " %H:%M:%S %z", " %H:%M %z", " %H时%M分%S秒", " %H时%M分", " %H点%M分", "%H:%M:%S", "%H:%M",
    "%H时%M分", ", %I:%M %p", ", %H:%M:%S", "",
)  # fmt: skip
OTHERS: Final = ("%a %b %d %H:%M:%S %z %Y", "%a, %d %b %Y %H:%M:%S %z", "%Y%m%d%H%M%S", "%Y%m%d")
FORMATS: Final = (*(date + clock for date, clock in product(DATES, CLOCKS)), *OTHERS)

PROBED: Final = 12  # values that a format must fit at least one of to be tried on more
TRIED: Final = 300
ENOUGH: Final = 0.5  # of the values that a format must fit
LONGEST: Final = 40  # characters of a time
LATEST_MS: Final = 4_102_444_800_000  # the year 2100; a later number is no time but an id


class Clock(NamedTuple):
    """How times are written.

    Attributes:
        format: as the mapping has it; None for ISO 8601 and JSON's epoch.
        share: of the values tried that fit.
        local: whether they carry no zone of their own.
        dated: whether they have no time of day.
        swapped: whether another format, with day and month exchanged, fits as well.
    """

    format: str | None
    share: float
    local: bool
    dated: bool
    swapped: bool


def clock(profile: Profile, zone: tzinfo) -> Clock | None:
    """The best format; None where no format fits half of the values."""
    values = _tried(profile)
    if not values:
        return None
    fits = {format: _moments(format, values, zone) for format in _likely(values, zone)}  # noqa: A001
    most = max(map(len, fits.values()), default=0)
    if most < ENOUGH * len(values):
        return None
    # Where days and months can be exchanged, the right way makes the shorter history.
    fitting = [format for format, moments in fits.items() if len(moments) == most]  # noqa: A001
    best = min(fitting, key=lambda format: _span(fits[format]))  # noqa: A006
    return Clock(
        format=best,
        share=most / len(values),
        local=len(_moments(best, values, None)) < most,
        dated=_dated(fits[best], zone),
        swapped=_swapped(best) != best and len(fits.get(_swapped(best), ())) == most,
    )


def _tried(profile: Profile) -> list[object]:
    texts = list(profile.values)
    step = max(1, len(texts) // TRIED)
    short = [text for text in texts[::step] if len(text) <= LONGEST and re.search(r"\d", text)]
    if 2 * len(short) < len(texts[::step]):
        return []
    return [profile.raws[text] for text in short]


def _likely(values: Sequence[object], zone: tzinfo) -> Iterator[str | None]:
    """The formats that fit any of some values, in the order of how usual they are."""
    step = max(1, len(values) // PROBED)
    probe = values[::step]
    texts = [str(value) for value in probe]
    for format in (None, "epoch", "epoch_ms", "excel", *FORMATS):  # noqa: A001
        if format and "%" in format and not any(_resembles(format, text) for text in texts):
            continue
        if _moments(format, probe, zone):
            yield format


def _resembles(format: str, text: str) -> bool:  # noqa: A002
    """Whether the text has what the format has between its fields; parsing takes a lot longer."""
    between = re.sub(r"%[a-zA-Z]", "", format).replace(" ", "")
    return all(character in text for character in between)


def _moments(format: str | None, values: Sequence[object], zone: tzinfo | None) -> list[int]:  # noqa: A002
    read, moments = zoned.reader(format, zone), []
    for value in values:
        try:
            moment = read(value)
        except ValueError:
            continue
        if moment < LATEST_MS:
            moments.append(moment)
    return moments


def _span(moments: Sequence[int]) -> int:
    return max(moments) - min(moments)


def _swapped(format: str | None) -> str | None:  # noqa: A002
    """The format with day and month exchanged; of one without them, itself."""
    return re.sub("%[dm]", lambda found: "%m" if found[0] == "%d" else "%d", format or "") or None


def _dated(moments: Sequence[int], zone: tzinfo) -> bool:
    """Whether every one is a midnight."""
    hours = ((EPOCH + moment * MILLISECOND).astimezone(zone).time() for moment in moments)
    return all(hour == time.min for hour in hours)
