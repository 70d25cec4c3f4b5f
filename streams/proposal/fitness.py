"""How a column would be read as a field, and how well its values suit that."""

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import partial
from typing import Final, NamedTuple

from streams.events.forms import FORMS
from streams.events.translation import Column, Scalar, written
from streams.proposal import meanings
from streams.proposal.names import likeness
from streams.proposal.sample import Profile
from streams.proposal.times import Clock, clock

KNOWN: Final = 0.8  # of the values of a closed field whose meaning must be known
UNIQUE: Final = 0.95
FEW_ROWS: Final = 50  # below, how often a value occurs says little
NAMED: Final = frozenset({*FORMS["complaints"].keys, *FORMS["mentions"].keys})
NAME: Final = 60  # columns of a terminal that a name takes at most
SENTENCE: Final = 25  # columns of a terminal that a short sentence takes
FREE: Final = 0.2  # of free texts that differ, at least
PARTED: Final = re.compile(r"^([^/>|]+)\s*[/>|]")
MOST_PARTS: Final = 100  # first parts of values such as "billing/refund/late"
MOST_ABSENT: Final = 8
NUMBERS: Final = frozenset({"epoch", "epoch_ms", "excel"})  # formats of times that are numbers


class Fit(NamedTuple):
    """How a column is read, how well its values suit, and whether they are enough without a name.

    Both from 0 to 1.
    """

    column: Column
    suits: float
    alone: float = 0.0
    clock: Clock | None = None


NONE: Final = Fit(Column(""), 0.0)


def fit(field: str, profile: Profile, zone: tzinfo) -> Fit:
    if not profile.filled:
        return NONE
    if field in ("time", "received"):
        return _time(profile, zone)
    return KINDS[field](profile)


def _time(profile: Profile, zone: tzinfo) -> Fit:
    found = clock(profile, zone)
    if found is None:
        return NONE
    # A number may be anything.
    alone = 0.4 if found.share > KNOWN and found.format not in NUMBERS else 0.0
    return Fit(Column(profile.name, format=found.format), found.share, alone, found)


def _identity(profile: Profile) -> Fit:
    unique = profile.distinct / profile.filled
    suits = unique >= UNIQUE and profile.share_filled >= UNIQUE and profile.width <= 2 * NAME
    return Fit(Column(profile.name), float(suits))


def _reference(profile: Profile) -> Fit:
    suits = profile.width <= 2 * NAME and meanings.yes_and_no(profile) is None
    return Fit(Column(profile.name), float(suits))


def _person(profile: Profile) -> Fit:
    if profile.width > NAME or meanings.yes_and_no(profile) is not None or _fractions(profile):
        return NONE
    crowded = profile.filled >= FEW_ROWS and profile.repeats > profile.filled / 10
    return Fit(_named(profile), 0.3 if crowded else 1.0)


def _dimension(profile: Profile, *, often: float) -> Fit:
    if profile.width > NAME or _fractions(profile) or meanings.yes_and_no(profile) is not None:
        return NONE
    repeats = profile.repeats if profile.filled >= FEW_ROWS else often
    return Fit(_named(profile), min(1.0, repeats / often) if repeats > 1.1 else 0.0)


def _category(profile: Profile) -> Fit:
    """Of values such as "billing/refund/late" that differ a lot, the first part."""
    parts = {value: found[1] for value in profile.values if (found := PARTED.match(value))}
    parted = profile.share(parts) >= UNIQUE and profile.distinct > MOST_PARTS
    if parted and len(set(parts.values())) <= MOST_PARTS:
        return Fit(Column(profile.name, pattern=PARTED.pattern), 1.0)
    return _dimension(profile, often=5.0)


def _closed(profile: Profile, *, field: str) -> Fit:
    """The values of ours that are known; where others occur too, a pattern lets only those in."""
    known = meanings.known(field, profile)
    share = profile.share(known)
    telling = {str(word) for word in known.values()} - {"normal", "False"}
    if share < KNOWN or not telling:
        return NONE
    column = Column(profile.name, pattern=_only(known, profile), values=_renamed(known))
    worded = sum(not value.strip().isdigit() for value in known) >= 2
    return Fit(column, share, 0.45 if worded and field != "vip" else 0.0)


def _sentiment(profile: Profile) -> Fit:
    """Words, labels, stars; or a score from -1 to 1, which needs no translation."""
    closed = _closed(profile, field="sentiment")
    if closed.suits:
        return closed
    scores = [number for value in profile.values if (number := _number(value)) is not None]
    signed = len(scores) == profile.distinct and -1 <= min(scores) < 0 and max(scores) <= 1
    return Fit(Column(profile.name), 1.0) if signed else NONE


def _severity(profile: Profile) -> Fit:
    """Its words; or yes and no to the question whether somebody may be hurt."""
    said = meanings.yes_and_no(profile)
    if said is None or not all(said.values()) or not likeness("safety", profile.name):
        return _closed(profile, field="severity")
    values: dict[str, Scalar] = {
        **dict.fromkeys(said[True], "safety"), **dict.fromkeys(said[False], "normal")
    }  # fmt: skip
    return Fit(Column(profile.name, values=values), 1.0)


def _count(profile: Profile) -> Fit:
    share = profile.share(v for v in profile.values if (n := _number(v)) is not None and n >= 0)
    return Fit(Column(profile.name), share if share >= UNIQUE else 0.0)


def _text(profile: Profile) -> Fit:
    different = profile.distinct / profile.filled
    if profile.width < SENTENCE / 3 or _linked(profile) > 0.5:
        return NONE
    long = min(1.0, profile.width / SENTENCE)
    suits = (0.5 + long / 2) * (1.0 if different > FREE else 0.7)
    return Fit(Column(profile.name), suits, 0.5 if long == 1 and different > 0.5 else 0.0)


def _link(profile: Profile) -> Fit:
    share = _linked(profile)
    return Fit(Column(profile.name), share, 0.45) if share > KNOWN else NONE


def _linked(profile: Profile) -> float:
    return profile.share(v for v in profile.values if v.startswith(("http://", "https://")))


def _fractions(profile: Profile) -> bool:
    """Whether it holds measurements, which name nothing."""
    numbers = [number for value in profile.values if (number := _number(value)) is not None]
    return 2 * sum(not number.is_integer() for number in numbers) > profile.distinct


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < 1e300 else None


def _named(profile: Profile) -> Column:
    """Values that say nothing are put for nothing."""
    absent = meanings.says_nothing(profile.values)[:MOST_ABSENT]
    return Column(profile.name, values=dict.fromkeys(absent, ""))


def _renamed(known: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Without the words that are ours already."""
    return {value: word for value, word in known.items() if value != written(word)}


def _only(known: Mapping[str, Scalar], profile: Profile) -> str | None:
    if len(known) == profile.distinct:
        return None
    return f"^({'|'.join(map(re.escape, known))})$"


KINDS: Final[dict[str, Callable[[Profile], Fit]]] = {
    "id": _identity,
    "person": _person,
    "author": _person,
    "channel": partial(_dimension, often=5.0),
    "platform": partial(_dimension, often=5.0),
    "product": partial(_dimension, often=5.0),
    "batch": partial(_dimension, often=1.5),
    "region": partial(_dimension, often=5.0),
    "category": _category,
    "vip": partial(_closed, field="vip"),
    "demand": partial(_closed, field="demand"),
    "severity": _severity,
    "sentiment": _sentiment,
    "text": _text,
    "followers": _count,
    "engagement": _count,
    "repost_of": _reference,
    "root": _reference,
    "link": _link,
}
