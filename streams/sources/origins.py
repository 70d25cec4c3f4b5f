"""Where re-keyed records come from, and how far their origins have come.

A record that is re-keyed goes on under a key that names its origin: partition, offset, timestamp,
the origin's watermark when it came, and the record of that origin before it in the same partition.
From these a reader takes each record of the origin once and in its order, whoever wrote it how
often. Words, which have no key, say how far an origin has come; a re-keyed partition combines
them as detection combines partitions.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from streams.columnar.fields import Bools, Ints
from streams.counts.watermarks import Held, Watermarks

ORIGIN: Final = np.dtype([
    ("topic", "<u4"), ("partition", "<u4"), ("offset", "<i8"), ("follows", "<i8"),
    ("stamp", "<i8"), ("before", "<i8"),
])  # fmt: skip
NOTED: Final = np.dtype([
    ("topic", "<u4"), ("last", "<i8"), ("end", "<i8"), ("watermark", "<i8"), ("idle", "<i8"),
    ("vouched", "<i8"),
])  # fmt: skip
NOTHING: Final = int(np.iinfo(np.int64).min)  # in the place of what is not known
BEGINS: Final = -1  # what the first record of a writing follows: all before it is there
Origin = NDArray[np.void]  # of ORIGIN


class Word(msgspec.Struct, array_like=True, frozen=True, gc=False, tag=1):
    """What an origin partition says of itself; the tag is the version of this form.

    Attributes:
        topic_id: 32 bits that tell its topic from one that had the name before.
        partition: its number.
        partitions: how many its topic has.
        end: all records below this offset were re-keyed before.
        watermark: milliseconds of event time; None before the first event.
        idle: milliseconds for which it has had nothing more; 0 where it has.
    """

    topic_id: int
    partition: int
    partitions: int
    end: int
    watermark: int | None
    idle: int = 0

    topic = ""
    closed = True

    @property
    def start(self) -> int:
        return self.end


encode: Final = msgspec.msgpack.Encoder().encode
decode: Final = msgspec.msgpack.Decoder(Word).decode


def short(topic_id: str) -> int:
    """32 bits of a topic's id."""
    return xxhash.xxh32_intdigest(topic_id.encode())


@dataclass(frozen=True, slots=True)
class Carried:
    """What the keys of re-keyed records say.

    Attributes:
        origins: one a record, of ORIGIN; zeros at a word.
        words: by place.
    """

    origins: Origin
    words: Mapping[int, Word]

    @classmethod
    def of(cls, keys: Sequence[bytes | None], values: Sequence[bytes]) -> "Carried":
        words = {at: decode(values[at]) for at, key in enumerate(keys) if not key}
        joined = b"".join(key or bytes(ORIGIN.itemsize) for key in keys)
        return cls(np.frombuffer(joined, ORIGIN), words)

    def part(self, start: int, stop: int) -> "Carried":
        words = {at - start: word for at, word in self.words.items() if start <= at < stop}
        return Carried(self.origins[start:stop], words)

    def stamps(self, stamps: Ints) -> Ints:
        """The origins' timestamps; a word has its record's own."""
        mine = self.origins["stamp"].copy()
        places = list(self.words)
        mine[places] = stamps[places]
        return mine


def keys(origins: Origin) -> list[bytes]:
    raw, size = origins.tobytes(), ORIGIN.itemsize
    return [raw[at : at + size] for at in range(0, len(raw), size)]


@dataclass
class _Last:
    """The last record taken of an origin; `offset` is below all of them before the first."""

    topic: int
    offset: int = BEGINS


class Origins:
    """What a re-keyed partition knows of its origins; a function of its log.

    Args:
        loose: records of it were lost, so the first of each origin need not follow one that
            is known.
    """

    def __init__(self, *, loose: bool = False) -> None:
        self.early = 0  # records that did not follow the last, and come again
        self._last: dict[int, _Last] = {}
        self._marks = Watermarks.of([""])
        self._loose = loose
        self._met: set[int] = set()

    @property
    def time(self) -> int | None:
        """Milliseconds of event time that all origins have passed."""
        return self._marks.time

    def hear(self, word: Word) -> None:
        """Take an origin's word, unless it has said more before."""
        held = self._marks.last(word)
        last = self._last.setdefault(word.partition, _Last(word.topic_id))
        if last.topic != word.topic_id:
            self._last[word.partition] = _Last(word.topic_id)
        elif held is not None and word.end < held.end:
            return
        self._marks.note(word)

    def admit(self, origins: Origin) -> Bools:
        """Which of these records, in their order, are taken: each once, none before another."""
        fresh = np.zeros(len(origins), np.bool_)
        for partition in np.unique(origins["partition"]).tolist():
            at = np.flatnonzero(origins["partition"] == partition)
            fresh[at] = self._admit(partition, origins[at])
        return fresh

    def _admit(self, partition: int, own: Origin) -> Bools:
        last = self._last.setdefault(partition, _Last(int(own["topic"][0])))
        offsets, follows = own["offset"], own["follows"]
        plain = (own["topic"] == last.topic).all() and offsets[0] > last.offset
        plain = plain and (follows[1:] == offsets[:-1]).all() and follows[0] <= last.offset
        if plain:
            last.offset = int(offsets[-1])
            self._met.add(partition)
            return np.ones(len(own), np.bool_)
        return np.array([self._takes(partition, *one) for one in own.tolist()], np.bool_)

    def _takes(
        self, partition: int, topic: int, _: int, offset: int, follows: int, *__: int
    ) -> bool:
        last = self._last[partition]
        if topic != last.topic:
            last = self._last[partition] = _Last(topic)
        free = self._loose and partition not in self._met
        if offset <= last.offset:
            return False
        if follows > last.offset and not free:
            self.early += 1
            return False
        last.offset = offset
        self._met.add(partition)
        return True

    def ending(self, time: int, *, partitions: int) -> Iterator[Word]:
        """What the origins would say, had all of them come to a time (ms)."""
        for partition in range(partitions):
            held = self._marks.held[""].get(partition)
            last = self._last.get(partition, _Last(0))
            yield Word(last.topic, partition, partitions, held.end if held else 0, time)

    def note(self) -> str:
        """All of it, for a commit; 55 characters an origin."""
        size = max((*self._last, *self._marks.held[""]), default=-1) + 1
        rows = [self._row(partition) for partition in range(size)]
        return base64.b85encode(
            np.array([(self._marks.topics[""], _or(self.time), 0, 0, 0, 0), *rows], NOTED).tobytes()
        ).decode()

    def _row(self, partition: int) -> tuple[int, ...]:
        last = self._last.get(partition, _Last(0))
        held = self._marks.held[""].get(partition)
        if held is None:
            return (last.topic, last.offset, *[NOTHING] * 4)
        told = (held.watermark, held.idle, held.vouched)
        return (last.topic, last.offset, held.end, *map(_or, told))

    @classmethod
    def noted(cls, note: str, *, loose: bool = False) -> "Origins":
        """Raises ValueError where the note is none."""
        (whole, *rows) = np.frombuffer(base64.b85decode(note), NOTED).tolist()
        origins = cls(loose=loose)
        origins._marks.topics[""], origins._marks.time = whole[0], _known(whole[1])
        for partition, (topic, last, end, *told) in enumerate(rows):
            origins._last[partition] = _Last(topic, last)
            if end != NOTHING:
                mark, idle, vouched = map(_known, told)
                origins._marks.held[""][partition] = Held(end, end, True, mark, idle, vouched)
        return origins


def _or(number: int | None) -> int:
    return NOTHING if number is None else number


def _known(number: int) -> int | None:
    return None if number == NOTHING else number
