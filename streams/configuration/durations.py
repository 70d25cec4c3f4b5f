"""Durations as people write them in settings: "10s", "15m", "24h", "7d"."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
# Nine digits of days are as long as a timedelta can be.
WRITTEN = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
SCALE = {"ms": timedelta(milliseconds=1), "s": timedelta(seconds=1), **UNITS}
RULE = 'must be a whole number with its unit (ms, s, m, h or d) such as "15m"'


def parse(value: object) -> timedelta:
    """The duration written as one number and one unit; raises ValueError naming both."""
    if isinstance(value, timedelta):
        return value
    match = WRITTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        shown = "" if "://" in str(value) else f", got {value!r}"  # an address may hold a key
        raise ValueError(RULE + shown)
    return int(match[1]) * SCALE[match[2]]


def text(span: timedelta) -> str:
    """The shortest way to write it that `parse` reads back; milliseconds are the finest."""
    for unit, one in UNITS.items():
        if span and not span % one:
            return f"{span // one}{unit}"
    whole = not span % SCALE["s"]
    return f"{span // SCALE['s']}s" if whole else f"{span // SCALE['ms']}ms"


Duration = Annotated[timedelta, BeforeValidator(parse), PlainSerializer(text, return_type=str)]


def _lasting(span: timedelta) -> timedelta:
    if span <= timedelta(0):
        raise ValueError(f"must be longer than 0s, got {text(span)}")
    return span


Span = Annotated[Duration, AfterValidator(_lasting)]
