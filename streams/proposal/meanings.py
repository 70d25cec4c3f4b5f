"""What the words of a source stand for in a field that has few values."""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec

from streams.events.translation import Scalar
from streams.proposal.sample import Profile

BOOLEANS: Final[dict[Any, Scalar]] = {"true": True, "false": False}
SCORES: Final[dict[frozenset[str], dict[str, str]]] = {  # numbers that stand for a sentiment
    frozenset("01"): {"0": "negative", "1": "positive"},
    frozenset("12345"): {
        "1": "negative", "2": "negative", "3": "neutral", "4": "positive", "5": "positive",
    },
}  # fmt: skip


def known(field: str, profile: Profile) -> dict[str, Scalar]:
    """Our word for each value that is known."""
    if field == "sentiment" and (scored := _scored(profile)):
        return scored
    words = _words()[field]
    return {value: words[plain] for value in profile.values if (plain := _plain(value)) in words}


def says_nothing(values: Iterable[str]) -> list[str]:
    """Those of the values that stand for the absence of one."""
    return [value for value in values if _plain(value) in _absent()]


def yes_and_no(profile: Profile) -> dict[bool, list[str]] | None:
    """The values that say yes and no, where a column holds nothing else."""
    known = _words()["vip"]
    said: dict[bool, list[str]] = {True: [], False: []}
    for value in profile.values:
        plain = _plain(value)
        if plain not in known:
            return None
        said[bool(known[plain])].append(value)
    return said


def _scored(profile: Profile) -> dict[str, Scalar]:
    """Stars and labels; a scale is recognised by its ends."""
    numbers = {value: value.strip().removesuffix(".0") for value in profile.values}
    for scale, scores in SCORES.items():
        ends = {min(scale), max(scale)}
        if ends <= set(numbers.values()) <= scale:
            return {value: scores[number] for value, number in numbers.items()}
    return {}


def _plain(value: str) -> str:
    return value.strip().casefold()


@cache
def _content() -> dict[str, Any]:
    raw = (resources.files("streams.proposal") / "values.toml").read_bytes()
    content: dict[str, Any] = msgspec.toml.decode(raw)
    return content


@cache
def _absent() -> frozenset[str]:
    return frozenset(_content()["absent"])


@cache
def _words() -> dict[str, dict[str, Scalar]]:
    """By field, our word by theirs."""
    fields = {field: known for field, known in _content().items() if isinstance(known, dict)}
    return {
        field: {
            word: BOOLEANS.get(ours, str(ours)) for ours, said in known.items() for word in said
        }
        for field, known in fields.items()
    }
