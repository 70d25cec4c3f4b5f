"""How each stream's JSON is read, and what makes an event need no tidying."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from streams.configuration.sections import Stream
from streams.events.event import Complaint, Event, Mention, Update

TEXTS: Final = frozenset({"text", "note"})


@dataclass(frozen=True, slots=True)
class Form:
    """How one stream is read.

    Attributes:
        kind: the wire type.
        decode: its JSON decoder.
        decode_lines: the same of many objects, one a line.
        keys: fields whose values name series.
        loose: identities and texts, which are kept as they are unless blank.
    """

    kind: type[Event]
    decode: Callable[[bytes], Event]
    decode_lines: Callable[[bytes | memoryview], list[Any]]
    keys: tuple[str, ...]
    loose: tuple[str, ...]

    @classmethod
    def of(cls, kind: type[Event], *, keys: tuple[str, ...], loose: tuple[str, ...]) -> "Form":
        decoder = msgspec.json.Decoder(kind)
        return cls(kind, decoder.decode, decoder.decode_lines, keys, loose)

    def loose_ones_are_tidy(self, columns: Mapping[str, list[Any]], longest: int) -> bool:
        """Whether none is blank, no text longer than `longest`, and each sentiment a word."""
        return (
            all(_filled(columns[name]) for name in columns.keys() & self.loose)
            and all(_brief(columns[name], longest) for name in TEXTS & columns.keys())
            and float not in set(map(type, columns.get("sentiment", ())))
        )


def _filled(values: list[str | None]) -> bool:
    """No value is blank."""
    present = [value for value in values if value is not None] if None in values else values
    return "" not in present and not any(map(str.isspace, present))  # type: ignore[arg-type]  # none is None


def _brief(values: list[str | None], longest: int) -> bool:
    """No text is longer than it may be."""
    return values.count(None) == len(values) or max(map(len, filter(None, values))) <= longest


FORMS: Final[dict[Stream, Form]] = {
    "complaints": Form.of(
        Complaint,
        keys=("channel", "product", "batch", "region", "category"),
        loose=("id", "person", "text"),
    ),
    "mentions": Form.of(
        Mention,
        keys=("platform", "product", "region", "category"),
        loose=("id", "author", "repost_of", "root", "text", "link"),
    ),
    "updates": Form.of(Update, keys=(), loose=("id", "complaint", "note")),
}
