"""Dead letters that wait: which of them are meant, and what they have in common."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from streams.broker.records import Record
from streams.events.deadletters import DeadLetter
from streams.events.event import Rejected

AT: Final = re.compile(r" \(byte \d+\)")  # where in its bytes, which differs from one to the next
NEVER: Final = 253_402_300_800_000  # milliseconds; the year 10000, which no broker's clock says
Kind = tuple[str, str, str]  # what letters have in common: topic, field and rule


class Waiting(NamedTuple):
    """A letter as it waits.

    Attributes:
        place: its offset among the dead letters, by which it is known.
        at: milliseconds; when it was written.
    """

    letter: DeadLetter
    place: int
    at: int


class Filter(NamedTuple):
    """Which letters are meant; what is empty means all.

    Attributes:
        reason: a part of the rule, in whatever case, in English or as it is spoken.
        field: its whole name.
        topic: its whole name, with the prefix of the installation.
        spoken: the rule in the reader's language.
    """

    reason: str = ""
    field: str = ""
    topic: str = ""
    spoken: Callable[[str], str] = str

    def of(self, letters: Iterable[Waiting]) -> Iterator[Waiting]:
        """Those that wait, not those that were sent again before."""
        return (one for one in letters if not one.letter.again and self._takes(one.letter))

    def _takes(self, letter: DeadLetter) -> bool:
        whole = self.field in ("", letter.why.field) and self.topic in ("", letter.topic)
        return whole and (not self.reason or self._says(letter.why.rule))

    def _says(self, rule: str) -> bool:
        part = self.reason.casefold()
        return any(part in text.casefold() for text in (rule, self.spoken(rule)))


@dataclass
class Group:
    """Letters that have topic, field and rule in common.

    Attributes:
        example: why the newest of them was refused.
        first: milliseconds, as `last`.
    """

    topic: str
    example: Rejected
    first: int
    last: int
    count: int = 0

    def add(self, one: Waiting) -> None:
        self.count += 1
        self.first = min(self.first, one.at)
        if one.at >= self.last:
            self.last, self.example = one.at, one.letter.why


class Summary(NamedTuple):
    """The groups, the largest first, and how many letters were sent again before."""

    groups: list[Group]
    sent: int


def found(records: Iterable[Record]) -> Iterator[Waiting]:
    """The letters among the records; what anybody else has written there is passed over."""
    for one in records:
        letter = DeadLetter.read(one.value, one.headers)
        if letter is not None and one.stamp < NEVER:
            yield Waiting(letter, one.offset, one.stamp)


def summed(letters: Iterable[Waiting]) -> Summary:
    groups: dict[Kind, Group] = {}
    sent = 0
    for one in letters:
        letter, why = one.letter, one.letter.why
        if letter.again:
            sent += 1
            continue
        alike = kind(letter.topic, why)
        groups.setdefault(alike, Group(letter.topic, why, one.at, one.at)).add(one)
    order = sorted(groups, key=lambda alike: (-groups[alike].count, alike))
    return Summary([groups[alike] for alike in order], sent)


def kind(topic: str, why: Rejected) -> Kind:
    return topic, why.field, AT.sub("", why.rule)


def newest(letters: Iterable[Waiting], most: int) -> tuple[Sequence[Waiting], int]:
    """The last so many, and how many there are."""
    kept, count = deque[Waiting](maxlen=most), 0
    for one in letters:
        kept.append(one)
        count += 1
    return tuple(kept), count
