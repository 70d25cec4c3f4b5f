"""Parsing at the edge: bytes become `Event | Rejected` once, and are trusted from then on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec.structs import force_setattr

from streams.events import EARLIEST, EPOCH, LATEST, Event, Mood, Rejected
from streams.forms import FORMS
from streams.rejections import FAILURES, shown, unfit, unreadable
from streams.settings import Intake, Stream

SEPARATOR: Final = "\x1f"  # joins the values of a series' key
KEY_RULE: Final = "must not hold the characters U+001F or U+0000"
REMEMBERED: Final = 65_536  # key values a reader knows to be clean; others are checked each time
LARGEST_SECONDS: Final = 1e11  # the year 5138 in seconds, 1973 in milliseconds
ISO_RULE: Final = "must be ISO 8601 with a zone, or epoch seconds or milliseconds"
DAY_MS: Final = 86_400_000
NEUTRAL: Final = 0.05  # a sentiment score nearer to 0 is neutral, as users of VADER read it
REQUIRED: Final = frozenset({"id", "complaint"})
TEXTS: Final = frozenset({"text", "note"})
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


def instant(value: str | float) -> int:
    """Epoch milliseconds of a time on the wire. Raises ValueError with the rule it breaks."""
    if isinstance(value, str):
        milliseconds = _iso(value)
    elif value > LARGEST_SECONDS:
        milliseconds = int(value)
    else:  # microseconds first: times 1000 some lose a millisecond
        milliseconds = round(max(value, 0) * 1e6) // 1000
    return in_range(milliseconds)


def in_range(milliseconds: int) -> int:
    """Passes a moment on; raises ValueError if no event can be so early or so late."""
    if EARLIEST <= milliseconds <= LATEST:
        return milliseconds
    raise ValueError("must lie between the years 2000 and 9999")


def _iso(text: str) -> int:
    try:
        since = datetime.fromisoformat(text) - EPOCH
    except ValueError:
        raise ValueError(ISO_RULE) from None
    except TypeError:  # a time without a zone has no distance to one with a zone
        raise ValueError("must carry its zone: Z, or an offset such as +08:00") from None
    # Dividing by a timedelta gives the same and takes longer.
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def _mood(score: float) -> Mood:
    if abs(score) < NEUTRAL:
        return "neutral"
    return "positive" if score > 0 else "negative"


class Reader:
    """Reads the events of one stream; remembers nothing but key values it found clean."""

    def __init__(
        self, stream: Stream, intake: Intake = DEFAULTS, tally: Tally | None = None
    ) -> None:
        self.form = FORMS[stream]
        self.tally = tally or Tally()
        self._decode = self.form.decode
        self._tidy = self.form.tidy
        self._largest = intake.max_event_bytes
        self._longest = intake.max_text
        self._known: set[str | None] = {None}

    def raw(self, raw: bytes) -> Event | Rejected:
        """Reads a JSON object; fields that the stream does not have are passed over."""
        if len(raw) > self._largest:
            return self._oversized(raw)
        try:
            event = self._decode(raw)
        except msgspec.ValidationError as failure:
            return self._without_blanks(raw, failure)
        except FAILURES as failure:
            return unreadable(raw, failure)
        return self._settle(event)

    def record(self, record: dict[str, Any], *, strict: bool = False) -> Event | Rejected:
        """Reads fields already taken apart; unless strict, "12" is a number as well."""
        try:
            event = msgspec.convert(record, self.form.kind, strict=strict)
        except msgspec.ValidationError as failure:
            return unfit(record, failure)
        return self._settle(event)

    def fields(self, raw: bytes) -> dict[str, Any] | Rejected:
        """Takes a JSON object apart without asking what its fields are."""
        if len(raw) > self._largest:
            return self._oversized(raw)
        try:
            record = FIELDS.decode(raw)
        except FAILURES as failure:
            return unreadable(raw, failure)
        return record

    def _oversized(self, raw: bytes) -> Rejected:
        rule = f"must be at most {self._largest} bytes (intake.max_event_bytes)"
        return Rejected("event", f"{len(raw)} bytes", rule)

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
        if isinstance(score := getattr(event, "sentiment", None), float):
            force_setattr(event, "sentiment", _mood(score))
        if self._tidy(event, self._known, self._longest):
            return event
        return self._tidied(event)

    def _tidied(self, event: Event) -> Event | Rejected:
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
        if SEPARATOR in value or "\0" in value:
            return False
        stripped = value.strip()
        if not stripped or len(stripped) < len(value):
            force_setattr(event, name, stripped or None)
        elif len(self._known) < REMEMBERED:
            self._known.add(value)
        return True

    def _tidy_loose(self, event: Event, name: str, value: str | None) -> None:
        if blank(value):
            force_setattr(event, name, None)
        elif value is not None and name in TEXTS and len(value) > self._longest:
            force_setattr(event, name, value[: self._longest])
            self.tally.texts_cut += 1


def parse_run(
    stream: Stream, raws: Sequence[bytes], *, intake: Intake = DEFAULTS, tally: Tally | None = None
) -> list[Event | Rejected]:
    """One answer a record, in their order."""
    read = Reader(stream, intake, tally).raw
    return [read(raw) for raw in raws]


def parse(stream: Stream, raw: bytes, *, intake: Intake = DEFAULTS) -> Event | Rejected:
    return Reader(stream, intake).raw(raw)


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
