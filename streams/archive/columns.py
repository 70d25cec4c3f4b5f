"""Records as columns of the archive's files, and what they say from these columns again."""

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any, Final

import numpy as np

from streams.columnar.fields import Ints
from streams.events.columns import Answers, Columns, End
from streams.events.completion import HARMS
from streams.events.event import Rejected
from streams.events.forms import FORMS
from streams.settings import Stream
from streams.transport.wire import Records

Rows = dict[str, Any]  # arrays of equal length by column
EVENT, REJECTED, END = ("event", "rejected", "end")
REFUSAL: Final = ("field", "value", "rule")  # of what is no event
ERASED: Final = ("text", "is erased")  # field and rule; the value is the harm that it told of
NO_TIME: Final = np.iinfo(np.int64).min  # as NumPy writes it

# Columns of every stream; `raw` is what lay in the topic, none for what was erased.
RECORD: Final = {
    "offset": "BIGINT", "stamp": "TIMESTAMP_MS", "kind": "VARCHAR", "raw": "BLOB",
    **{f"rejected_{name}": "VARCHAR" for name in REFUSAL},
}  # fmt: skip
TYPES: Final = {
    "time": "TIMESTAMP_MS", "vip": "BOOLEAN", "followers": "BIGINT", "engagement": "BIGINT",
    "score": "DOUBLE",
}  # fmt: skip
# DuckDB guesses what a column of objects holds from some of them, so whole numbers that the others
# show to be small must all be; of these columns it is told.
NUMBERS: Final = {"BIGINT": np.int64, "DOUBLE": np.float64}
ORIGIN: Final = "origin"  # the column of the key that a re-keyed record goes under


def fields(stream: Stream) -> tuple[str, ...]:
    return FORMS[stream].kind.__struct_fields__


def types(stream: Stream, *, rekeyed: bool = False) -> Mapping[str, str]:
    """The SQL type of each column."""
    named = {name: TYPES.get(name, "VARCHAR") for name in fields(stream)}
    return RECORD | named | ({ORIGIN: "BLOB"} if rekeyed else {})


def rows(stream: Stream, records: Records, answers: Answers) -> Rows:
    """One place a record."""
    every = np.arange(len(records))
    odd = np.array(list(answers.odd), np.int64)
    others = list(answers.odd.values())
    return {
        "offset": records.offsets,
        "stamp": moments(records.stamps),
        "kind": _texts([_kind(answers.odd.get(place)) for place in every.tolist()]),
        "raw": _texts(records.contents),
        **{
            f"rejected_{name}": _spread([getattr(one, name, None) for one in others], odd, every)
            for name in REFUSAL
        },
        **{name: _placed(name, answers.columns[name], answers.places, every)
           for name in fields(stream) if name != "time"},
        "time": moments(_times(answers)),
    }  # fmt: skip


def origins(records: Records) -> Rows:
    """The further column of re-keyed records; a word has none."""
    return {ORIGIN: _texts([key or None for key in records.keys])}


def _kind(odd: Rejected | End | None) -> str:
    if odd is None:
        return EVENT
    return REJECTED if isinstance(odd, Rejected) else END


def _times(answers: Answers) -> Ints:
    times = np.full(len(answers), NO_TIME, np.int64)
    times[answers.places] = answers.columns.times
    for place, one in answers.odd.items():
        if isinstance(one, End):
            times[place] = one.time
    return times


def _placed(name: str, values: Sequence[Any], places: Ints, every: Ints) -> Any:
    kind = NUMBERS.get(TYPES.get(name, ""))
    if kind is None:
        return _spread(values, places, every)
    column = np.ma.MaskedArray(np.zeros(len(every), kind), mask=True)
    known = [place for place, value in enumerate(values) if value is not None]
    column[places[known]] = [values[place] for place in known]
    return column


def _spread(values: Sequence[object], places: Ints, every: Ints) -> Any:
    """The values at their places; nothing at the others."""
    if len(values) == len(every):
        return _texts(values)
    column = np.empty(len(every), object)
    column[places] = _texts(values)
    return column


def _texts(values: Sequence[object]) -> Any:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def moments(milliseconds: Ints) -> Any:
    return milliseconds.view("datetime64[ms]")


def answers(stream: Stream, held: Mapping[str, Sequence[Any]]) -> Answers:
    """What intake made of the records of these columns; times are in milliseconds."""
    kinds = held["kind"]
    sound = [kind == EVENT for kind in kinds]
    values = {name: list(compress(held[name], sound)) for name in fields(stream)}
    times = np.array(values.pop("time"), np.int64)
    if ERASED[1] in held["rejected_rule"]:
        values[HARMS] = list(compress(held["rejected_value"], sound))
    odd = {place: _odd(kind, place, held) for place, kind in enumerate(kinds) if kind != EVENT}
    return Answers(Columns(times, values), np.flatnonzero(sound), odd, len(kinds))


def _odd(kind: str, place: int, held: Mapping[str, Sequence[Any]]) -> Rejected | End:
    if kind == END:
        return End(held["time"][place])
    return Rejected(*(held[f"rejected_{name}"][place] for name in REFUSAL))
