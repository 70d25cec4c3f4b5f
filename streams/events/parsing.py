"""Parsing at the edge: bytes become `Event | Rejected` once, and are trusted from then on."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import force_setattr
from numpy.typing import NDArray

from streams.configuration.sections import Intake, Stream
from streams.events.bulk import Bulk
from streams.events.columns import Answers, Columns, transposed
from streams.events.event import Event, Mood, Rejected
from streams.events.forms import FORMS, TEXTS
from streams.events.instants import instant, instants
from streams.events.rejections import FAILURES, shown, unfit, unreadable

SEPARATOR: Final = "\x1f"  # joins the values of a series' key
KEY_RULE: Final = "must not hold the characters U+001F or U+0000"
REMEMBERED: Final = 65_536  # key values a reader knows to be clean; others are checked each time
BEGIN, END, LINE_FEED = b"{}\n"
BLOCK: Final = 256  # records decoded at once; more do not fit the processor's cache
NEUTRAL: Final = 0.05  # a sentiment score nearer to 0 is neutral, as users of VADER read it
REQUIRED: Final = frozenset({"id", "complaint"})
FIELDS: Final = msgspec.json.Decoder(dict[str, Any])
NAMES: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(slots=True)
class Tally:
    """Counts, kept by the caller, of what was mended or left out rather than refused.

    Attributes:
        texts_cut: texts longer than intake.max_text.
        unmatched: values of each field that a mapping's pattern did not match.
    """

    texts_cut: int = 0
    unmatched: Counter[str] = field(default_factory=Counter)


DEFAULTS: Final = Intake()


def blank(value: object) -> bool:
    """Whether a value is a string with nothing in it, which says as much as its absence."""
    return isinstance(value, str) and not value.strip()


def _mood(score: float) -> Mood:
    if abs(score) < NEUTRAL:
        return "neutral"
    return "positive" if score > 0 else "negative"


def taken_apart(raw: bytes, *, largest: int) -> dict[str, Any] | Rejected:
    """Takes a JSON object of at most so many bytes apart, of whichever stream it is."""
    if len(raw) > largest:
        return _oversized(raw, largest)
    try:
        record = FIELDS.decode(raw)
    except FAILURES as failure:
        return unreadable(raw, failure)
    return record


def _oversized(raw: bytes, largest: int) -> Rejected:
    rule = f"must be at most {largest} bytes (intake.max_event_bytes)"
    return Rejected("event", f"{len(raw)} bytes", rule)


class Reader:
    """Reads the events of one stream; remembers nothing but key values it found clean."""

    def __init__(
        self, stream: Stream, intake: Intake = DEFAULTS, tally: Tally | None = None
    ) -> None:
        self.form = FORMS[stream]
        self.tally = tally or Tally()
        self._decode = self.form.decode
        self._largest = intake.max_event_bytes
        self._longest = intake.max_text
        self._known: set[str | None] = {None}
        self._bulk = Bulk(self.form, intake, example=self._example, clean=self._clean)

    def run(self, raws: Sequence[bytes]) -> Answers:
        """What the records say, as columns; the same as `rows`."""
        columns, marks = self._bulk.read(raws)
        if marks.all():
            return Answers.sound(columns)
        if not marks.any():
            return self._closer(raws)
        return Answers.mingled(columns, marks, self._closer(list(compress(raws, ~marks))))

    def _closer(self, raws: Sequence[bytes]) -> Answers:
        if (whole := self._block(raws)) is not None:
            return Answers.sound(whole.columns)
        return Answers.joined(list(map(self._answers, _blocks(raws))))

    def _example(self, raw: bytes) -> Event | None:
        """What a record says whose time and sentiment are words; None where it is no event."""
        try:
            event = self._decode(raw)
        except FAILURES:
            return None
        wordy = isinstance(event.time, str) and not isinstance(
            getattr(event, "sentiment", ""), float
        )
        return event if wordy else None

    def _answers(self, raws: Sequence[bytes]) -> Answers:
        block = self._block(raws)
        return Answers.sound(block.columns) if block else Answers.of(self._each(raws))

    def rows(self, raws: Sequence[bytes]) -> list[Event | Rejected]:
        """One answer a record, in their order; the same as `raw` gives for each."""
        answers: list[Event | Rejected] = []
        for block in _blocks(raws):
            answers += found.rows() if (found := self._block(block)) else self._each(block)
        return answers

    def _each(self, raws: Sequence[bytes]) -> list[Event | Rejected]:
        return list(map(self.raw, raws))

    def raw(self, raw: bytes) -> Event | Rejected:
        """Reads a JSON object; fields that the stream does not have are passed over."""
        if len(raw) > self._largest:
            return _oversized(raw, self._largest)
        try:
            event = self._decode(raw)
        except msgspec.ValidationError as failure:
            return self._without_blanks(raw, failure)
        except FAILURES as failure:
            return unreadable(raw, failure)
        return self._settle(event)

    def _block(self, raws: Sequence[bytes]) -> "_Block | None":
        """Decode many at once; None where one of them needs a closer look."""
        lines = _Lines.of(raws)
        if lines is None or lines.longest > self._largest:
            return None
        try:
            events = [event for part in lines.parts() for event in self.form.decode_lines(part)]
        except FAILURES:
            return None
        values = transposed(events)
        times = instants(values.pop("time", ()))
        if times is None or len(events) != len(raws) or not self._tidy(values):
            return None
        return _Block(events, Columns(times, values))

    def record(self, record: dict[str, Any], *, strict: bool = False) -> Event | Rejected:
        """Reads fields already taken apart; unless strict, "12" is a number as well."""
        try:
            event = msgspec.convert(record, self.form.kind, strict=strict)
        except msgspec.ValidationError as failure:
            return unfit(record, failure)
        return self._settle(event)

    def fields(self, raw: bytes) -> dict[str, Any] | Rejected:
        """Takes a JSON object apart without asking what its fields are."""
        return taken_apart(raw, largest=self._largest)

    def _without_blanks(self, raw: bytes, failure: msgspec.ValidationError) -> Event | Rejected:
        record = self.fields(raw)
        if isinstance(record, Rejected):
            return unreadable(raw, failure)
        return self.record({k: v for k, v in record.items() if not blank(v)}, strict=True)

    def _settle(self, event: Event) -> Event | Rejected:
        try:
            force_setattr(event, "time", instant(event.time))
        except ValueError as broken:
            rule = "is required" if blank(event.time) else str(broken)
            return Rejected("time", shown(event.time), rule)
        return self._tidied(event)

    def _tidy(self, columns: Mapping[str, list[Any]]) -> bool:
        """Whether there is nothing to mend, looked at column by column."""
        held = (columns[name] for name in self.form.keys if name in columns)
        keys = {value for values in held for value in set(values)} - self._known
        return all(map(self._clean, keys)) and self.form.loose_ones_are_tidy(columns, self._longest)

    def _clean(self, key: str) -> bool:
        """Whether a key may stay as it is; then it is remembered, as far as there is room."""
        if SEPARATOR in key or "\0" in key or key != key.strip() or not key:
            return False
        if len(self._known) < REMEMBERED:
            self._known.add(key)
        return True

    def _tidied(self, event: Event) -> Event | Rejected:
        if isinstance(score := getattr(event, "sentiment", None), float):
            force_setattr(event, "sentiment", _mood(score))
        for name in self.form.keys:
            value = getattr(event, name)
            if value not in self._known and not self._tidy_key(event, name, value):
                return Rejected(name, shown(value), KEY_RULE)
        for name in self.form.loose:
            value = getattr(event, name)
            if blank(value) and name in REQUIRED:
                return Rejected(name, shown(value), "is required")
            self._tidy_loose(event, name, value)
        return event

    def _tidy_key(self, event: Event, name: str, value: str) -> bool:
        if self._clean(value):
            return True
        force_setattr(event, name, value.strip() or None)
        return SEPARATOR not in value and "\0" not in value

    def _tidy_loose(self, event: Event, name: str, value: str | None) -> None:
        if blank(value):
            force_setattr(event, name, None)
        elif value is not None and name in TEXTS and len(value) > self._longest:
            force_setattr(event, name, value[: self._longest])
            self.tally.texts_cut += 1


class _Block(NamedTuple):
    """Events that were decoded at once, in which there is nothing to mend."""

    events: Sequence[Event]
    columns: Columns

    def rows(self) -> Sequence[Event]:
        for event, time in zip(self.events, self.columns.times.tolist(), strict=True):
            force_setattr(event, "time", time)
        return self.events


def _blocks(raws: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (raws[at : at + BLOCK] for at in range(0, len(raws), BLOCK))


class _Lines(NamedTuple):
    """Records that are one object each, one after the other.

    Attributes:
        joined: all of them, with a line feed between two.
        ends: where each of them ends.
        longest: bytes of the longest.
    """

    joined: bytes
    ends: NDArray[np.int64]
    longest: int

    @classmethod
    def of(cls, raws: Sequence[bytes]) -> "_Lines | None":
        """None where not as many objects as there are lines can only be one object a line.

        Every record begins with a brace and ends with one, and none holds a line's end. No string
        goes over a line's end either, so each line holds whole objects, at least one.
        """
        lengths = np.fromiter(map(len, raws), np.int64, len(raws))
        if not lengths.size or not lengths.all():
            return None
        joined = b"\n".join(raws)
        ends = np.cumsum(lengths + 1) - 1
        held = np.frombuffer(joined, np.uint8)
        braced = (held[ends - lengths] == BEGIN).all() and (held[ends - 1] == END).all()
        if not braced or np.count_nonzero(held == LINE_FEED) != len(raws) - 1:
            return None
        return cls(joined, ends, int(lengths.max()))

    def parts(self) -> Iterator[memoryview]:
        """Some at a time."""
        start, whole = 0, memoryview(self.joined)
        for end in (*self.ends[BLOCK - 1 : -1 : BLOCK].tolist(), len(whole)):
            yield whole[start:end]
            start = end + 1


def parse_run(
    stream: Stream, raws: Sequence[bytes], *, intake: Intake = DEFAULTS, tally: Tally | None = None
) -> list[Event | Rejected]:
    """One answer a record, in their order."""
    return Reader(stream, intake, tally).rows(raws)


def unknown_fields(stream: Stream, raw: bytes) -> frozenset[str]:
    """Fields of a record that the stream does not have; costs as much as parsing it.

    Meant for a sample fixed by the log, such as every offset divisible by 64: a wrong name is a
    matter of the source, not of one record.
    """
    try:
        fields = NAMES.decode(raw)
    except FAILURES:
        return frozenset()
    return frozenset(fields).difference(FORMS[stream].kind.__struct_fields__)
