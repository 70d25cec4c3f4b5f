"""Why an event was refused: field, value and rule, from whatever the decoder said."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import get_args

import msgspec

from streams.events.event import Demand, Mood, Rejected, Severity, Step

PLACE = re.compile(r"at `\$\.(\w+)")
MISSING = re.compile(r"missing required field `(\w+)")
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
CHOICES = {
    "demand": f"must be one of {', '.join(get_args(Demand))}",
    "severity": f"must be one of {', '.join(get_args(Severity))}",
    "step": f"must be one of {', '.join(get_args(Step))}",
    "sentiment": f"must be one of {', '.join(get_args(Mood))}, or a number from -1 to 1",
}
SHOWN = 200  # characters of a value that a refusal repeats
NAMES = 12  # of a list that a refusal repeats
PROBLEMS = 20  # that are told of a file

# What msgspec raises on bytes that are not the JSON it was asked for.
FAILURES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def shown(value: object) -> str:
    """A value on one line: control characters escaped, at most 200 characters."""
    if isinstance(value, bytes):
        text = value[:SHOWN].decode(errors="backslashreplace")
    elif isinstance(value, dict | list):
        text = "an object" if isinstance(value, dict) else "an array"
    else:
        text = str(value)
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:SHOWN])[:SHOWN]


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(map(shown, names[:NAMES])) + more


def few(problems: Iterable[str]) -> list[str]:
    """The first problems of a file, and whether there are more."""
    told = list(islice(problems, PROBLEMS + 1))
    return told if len(told) <= PROBLEMS else [*told[:PROBLEMS], "and more"]


def unreadable(raw: bytes, failure: Exception) -> Rejected:
    """Bytes that are not JSON, or not text."""
    match failure:
        case UnicodeDecodeError():
            rule = "must be UTF-8"
        case RecursionError():
            rule = "must not be nested so deeply"
        case _ if field := _half_pair(raw):
            return Rejected(shown(field), shown(raw), "must not hold half of a surrogate pair")
        case _:
            return Rejected(_place(str(failure)), shown(raw), _rule(str(failure)))
    return Rejected("event", shown(raw), rule)


def _half_pair(raw: bytes) -> str | None:
    """The field with a lone surrogate, which msgspec reports as truncated or malformed input."""
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    fields = record.items() if isinstance(record, dict) else ()
    return next((k for k, v in fields if isinstance(v, str) and LONE_SURROGATE.search(v)), None)


def unfit(record: Mapping[str, object], failure: msgspec.ValidationError) -> Rejected:
    """A record whose field is missing, or has the wrong type or value."""
    message = str(failure)
    if missing := MISSING.search(message):
        return Rejected(missing[1], "", "is required")
    field = _place(message)
    rule = CHOICES[field] if message.startswith("Invalid enum") else _rule(message)
    return Rejected(field, shown(record.get(field)), rule)


def _place(message: str) -> str:
    place = PLACE.search(message)
    return place[1] if place else "event"


def _rule(message: str) -> str:
    return message.partition(" - at ")[0].replace("`", "")
