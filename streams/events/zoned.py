"""Times as other systems write them: by a format, and local to a zone."""

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from babel.localtime import get_localzone

from streams.events.event import EPOCH, MILLISECOND
from streams.events.instants import ISO_RULE, RANGE_RULE, in_range, instant

LOCAL_RULE: Final = "must be ISO 8601, or epoch seconds or milliseconds"

REMEMBERED: Final = 8192  # times of one column whose reading is remembered; many rows share one
SHEET_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - of spreadsheets, whose days are local
EXAMPLE: Final = datetime(2001, 2, 3, 14, 5, 6, tzinfo=EPOCH.tzinfo)
# Formats that fromisoformat reads twenty times as fast: their length and separator.
ISO_LIKE: Final = {
    "%Y-%m-%d %H:%M:%S": (19, " "),
    "%Y-%m-%dT%H:%M:%S": (19, "T"),
    "%Y-%m-%d %H:%M": (16, " "),
    "%Y-%m-%dT%H:%M": (16, "T"),
}
NAMED: Final = ("iso", "epoch", "epoch_ms", "excel")
Reading = Callable[[object], int]


def of_machine() -> ZoneInfo:
    """The zone that this machine is set to; UTC where it has no name."""
    try:
        name = str(get_localzone())
    except LookupError:
        name = "UTC"
    known = name in available_timezones() and name != "Etc/UTC"
    return ZoneInfo(name if known else "UTC")


def faults(format: str | None) -> Iterable[str]:  # noqa: A002 - as the mapping calls it
    """The rules that a format breaks."""
    if format is None or format in NAMED:
        return
    try:
        datetime.strptime(EXAMPLE.strftime(format), format)  # noqa: DTZ007 - thrown away
    except ValueError:
        sound = False
    else:
        sound = "%" in format
    if not sound:
        example = "%d.%m.%Y %H:%M"
        yield f"must be {', '.join(NAMED)} or a strptime format such as {example}, got {format}"


def reader(format: str | None, zone: tzinfo | None) -> Reading:  # noqa: A002
    """Reads times to epoch milliseconds; the reading raises ValueError with the rule broken.

    A time without an offset is local to `zone`. Where clocks go back it is the first of the two
    moments; where they go forward, a time left out is read as if they had not yet gone.
    """
    match format:
        case "epoch" | "epoch_ms":
            return _epoch(1e6 if format == "epoch" else 1e3)
        case "excel":
            return _sheet(zone)
        case None | "iso":
            return _iso(zone)
        case _:
            return _formatted(format, zone)


def _epoch(microseconds: float) -> Reading:
    return lambda value: in_range(round(_number(value) * microseconds) // 1000)


def _sheet(zone: tzinfo | None) -> Reading:
    """Days since the end of 1899, as spreadsheets count them; to the second, as they show them."""

    @lru_cache(REMEMBERED)
    def read(value: object) -> int:
        try:
            moment = SHEET_EPOCH + timedelta(seconds=round(_number(value) * 86_400))
        except OverflowError:
            raise ValueError(RANGE_RULE) from None
        return _placed(moment, zone)

    return read


def _number(value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not abs(number) < 1e300:
        raise ValueError("must be a number")
    return number


def _iso(zone: tzinfo | None) -> Reading:
    @lru_cache(REMEMBERED)
    def local(text: str) -> int:
        try:
            return _placed(datetime.fromisoformat(text), zone)
        except ValueError as broken:
            rule = str(broken)
            otherwise = ISO_RULE if zone is None else LOCAL_RULE
            raise ValueError(rule if rule.startswith("must") else otherwise) from None

    return lambda value: instant(value) if isinstance(value, int | float) else local(str(value))


def _formatted(format: str, zone: tzinfo | None) -> Reading:  # noqa: A002
    length, separator = ISO_LIKE.get(format, (0, ""))

    def moment(text: str) -> datetime:
        if len(text) == length and text[10] == separator:
            quick = datetime.fromisoformat(text)
            if quick.tzinfo is None:
                return quick
        return datetime.strptime(text, format)  # noqa: DTZ007 - its zone is given next

    @lru_cache(REMEMBERED)
    def read(value: object) -> int:
        try:
            found = moment(str(value))
        except ValueError:
            raise ValueError(f"must be written as {format}") from None
        return _placed(found, zone)

    return read


def _placed(moment: datetime, zone: tzinfo | None) -> int:
    if moment.tzinfo is None:
        if zone is None:
            raise ValueError("must carry its zone, or the mapping must name one")
        moment = moment.replace(tzinfo=zone)
    return in_range((moment - EPOCH) // MILLISECOND)
