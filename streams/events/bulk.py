"""Events of records that are written alike, all at once: as strings on a page, tidy as they are.

What is not tidy here, or only may not be, is left to a closer look.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from streams.columnar.coding import Coder
from streams.columnar.fields import Bools, Field, Ints
from streams.columnar.spans import Amounts, Spans, Values
from streams.configuration.sections import Intake
from streams.events.columns import Columns
from streams.events.event import ADDRESS, COUNTS, NAME, WORDS, Event
from streams.events.forms import Form
from streams.events.instants import instants_of
from streams.events.layouts import Layouts, Lines

BLANKS: Final = np.zeros(256, np.bool_)  # by the first byte, whether a string may be blank
BLANKS[[chr(code).encode()[0] for code in range(0x3001) if chr(code).isspace()]] = True
LONGEST: Final = {  # bytes; more may be too many characters
    **dict.fromkeys(("id", "person", "author", "repost_of", "root", "complaint"), NAME),
    "link": ADDRESS,
}
RESTS: Final = 32  # runs that are not tried after one of which no record was like another
REQUIRED: Final = frozenset({"id", "complaint", "step"})


class Found(NamedTuple):
    """Events, and which of the records they are."""

    columns: Columns
    marks: Bools


class Bulk:
    """Reads those of one stream.

    Args:
        form: of the stream.
        intake: limits of an event.
        example: what one record says, as it stands on the wire; None where it is no event.
        clean: whether a value may name a series.
    """

    def __init__(
        self, form: Form, intake: Intake, *, example: Callable[[bytes], Event | None],
        clean: Callable[[str], bool],
    ) -> None:  # fmt: skip
        self._form, self._intake, self._clean = form, intake, clean
        self._layouts = Layouts(example)
        self._coders: dict[str, Coder] = {}
        self._rests = 0

    def read(self, raws: Sequence[bytes]) -> Found:
        if self._rests:
            self._rests -= 1
            return _nothing(raws)
        found = self._read(raws)
        self._rests = 0 if found.marks.any() else RESTS
        return found

    def _read(self, raws: Sequence[bytes]) -> Found:
        lines = Lines(Values.of(raws))
        found = self._layouts.alike(lines)
        spans, marks = found.spans, found.marks
        marks &= lines.lengths <= self._intake.max_event_bytes
        fields: dict[str, Field] = {**found.constants}
        for name in spans.keys() - {"time"}:
            fields[name], tidy = self._field(name, spans[name])
            marks &= tidy & spans[name].present() if name in REQUIRED else tidy
        times = _times(spans["time"].chosen(marks)) if marks.any() else None
        if times is None:
            return _nothing(raws)
        chosen = slice(None) if marks.all() else marks
        return Found(Columns(times, {n: f.chosen(chosen) for n, f in fields.items()}), marks)

    def _field(self, name: str, spans: Spans) -> tuple[Field, Bools]:
        """What it is, and which of its values are tidy."""
        if name in self._form.keys or name in WORDS:
            return self._coded(name, spans)
        if name in COUNTS:
            return Amounts(spans.page, spans.starts, spans.lengths), np.ones(len(spans), np.bool_)
        longest = LONGEST.get(name, self._intake.max_text)
        return spans, (spans.lengths <= longest) & ~_blank(spans)

    def _coded(self, name: str, spans: Spans) -> tuple[Field, Bools]:
        coder = self._coders.get(name)
        if coder is None or coder.names.full:
            coder = self._coders[name] = Coder()
        coded = coder.coded(spans)
        untidy = coder.names.facts("untidy", lambda value: not self._is_tidy(name, value))
        return coded, untidy[coded.numbers] == 0

    def _is_tidy(self, name: str, value: str) -> bool:
        """A name, or one of a field's few words."""
        allowed = WORDS.get(name)
        if allowed is not None:
            return value in allowed
        return len(value) <= NAME and self._clean(value)


def _nothing(raws: Sequence[bytes]) -> Found:
    return Found(Columns(np.empty(0, np.int64), {}), np.zeros(len(raws), np.bool_))


def _times(spans: Spans) -> Ints | None:
    return instants_of(spans.letters(), lambda: [text or "" for text in spans.values()])


def _blank(spans: Spans) -> Bools:
    """Which are there and hold nothing."""
    marks = BLANKS[spans.page.held[spans.starts]] & spans.present()
    if marks.any():
        marks[marks] = [str.isspace(text or "") for text in spans.chosen(marks).values()]
    return marks
