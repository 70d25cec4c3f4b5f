"""Scopes as people write them, and as alerts and pages show them in any of the languages."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from alerts.catalogue import LANGUAGES
from alerts.names import NAMES
from alerts.signal import Scope
from alerts.words import UNKNOWN, Words
from streams.configuration.sections import CHANNELS, DIMENSIONS

FIELDS: Final = tuple(NAMES["field"])
BETWEEN: Final = ",，、;；"
LONE: Final = ("category", "region", "sentiment", "demand", "severity")
"""Fields whose values are known, so that a value alone names them."""


class ScopeError(Exception):
    """A scope that cannot be asked about."""


def scope_of(text: str) -> Scope:
    """Read "complaints, product=Kettle K3" or "数据流 投诉、产品 K3电水壶"; raises ScopeError.

    A field begins at the start, after a comma (or "、", ";"), and where "=" follows its name after
    a blank too. A value alone is of the field whose known values it is among, one other is a
    product, as a list of incidents shows them. The stream may be left out.
    """
    starts = list(_starts().finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    lone = text[: starts[0].start()] if starts else text
    fields = _alone(lone, text)
    for start, end in zip(starts, ends, strict=False):
        field, shown = _fields()[start["name"].casefold()], text[start.end() : end]
        if not start["sign"]:  # as it is shown, where values alone may follow
            shown, *more = re.split(f"[{BETWEEN}](?=\\s*(?:{_lone()})\\s*(?:[{BETWEEN}]|$))", shown)
            fields |= {name: value for one in more for name, value in _alone(one, text).items()}
        fields[field] = _value(field, UNKNOWN if start["unknown"] else shown)
    fields.setdefault("stream", _stream(fields))
    if fields["stream"] not in CHANNELS or len(fields) < 2:
        raise ScopeError(f"a scope must name a stream that is judged and a field, got {text!r}")
    return fields


def _alone(lone: str, text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in filter(None, map(str.strip, re.split(f"[{BETWEEN}]", lone))):
        known = (field for field in ("stream", *LONE) if part.casefold() in _values(field))
        field = next(known, "product")
        if field in fields:
            raise ScopeError(f"a scope must be fields such as product=Kettle K3, got {text!r}")
        fields[field] = _value(field, part)
    return fields


@cache
def _lone() -> str:
    """A pattern of the values that name their field."""
    return "|".join(re.escape(word) for field in LONE for word in _values(field))


def _value(field: str, shown: str) -> str:
    """The value that is shown so; one of no known set is itself."""
    shown = shown.strip(f"{BETWEEN} \t\n")
    return _values(field).get(shown.casefold(), shown)


def _stream(fields: Iterable[str]) -> str:
    """The first that has all these fields; harm may be reported in each."""
    fits = (name for name in CHANNELS if set(fields) <= DIMENSIONS[name] | {"harm"})
    return next(fits, next(iter(CHANNELS)))


@cache
def _fields() -> Mapping[str, str]:
    """By a word for it each field."""
    words = {words.name("field", field): field for words in _speakers() for field in FIELDS}
    return {
        word.casefold(): field for word, field in ({name: name for name in FIELDS} | words).items()
    }


@cache
def _values(field: str) -> Mapping[str, str]:
    """By a word for it each value of a known set."""
    known = NAMES.get(field, {})
    shown = {words.name(field, value): value for words in _speakers() for value in known}
    return {word.casefold(): value for word, value in (shown | {v: v for v in known}).items()}


@cache
def _starts() -> re.Pattern[str]:
    """Where a field begins: its name, and what parts that from the value, or that it is unknown."""
    names = "|".join(map(re.escape, sorted(_fields(), key=len, reverse=True)))
    unknown = "|".join({re.escape(_unknown(words)) for words in _speakers()} - {""})
    after = rf"(?:\s*(?P<sign>[=:：])|\s+(?=\S)|(?P<unknown>{unknown})(?=\s*(?:$|[{BETWEEN}])))"
    return re.compile(
        rf"(?:^\s*|[{BETWEEN}]\s*|\s(?=(?:{names})=))(?P<name>{names}){after}", re.IGNORECASE
    )


def _unknown(words: Words) -> str:
    """What stands behind a field that nobody filled, where that is no word of its own."""
    behind = words.say("{field} unknown", field="")
    return "" if behind.startswith(" ") else behind


def _speakers() -> list[Words]:
    return [Words(language) for language in LANGUAGES]
