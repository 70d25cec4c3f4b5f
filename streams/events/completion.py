"""What an event leaves open is read from its text, once a run; what cannot be read is "unknown"."""

from typing import Final, NamedTuple

import numpy as np

from detectors.text import reading
from detectors.text.harm import Harm
from streams.events.columns import Columns

UNKNOWN = "unknown"
QUOTE = 140  # characters of a text that travel with a trigger; redacted when shown
STATED = {  # severities that are enough, and the harms in a text that say as much
    "safety": (Harm.INJURY, Harm.DEATH, Harm.FIRE, Harm.POISONING),
    "leak": (Harm.LEAK,),
}
# Beside the fields of the stream: the harms that a text told of which is gone, as words.
HARMS: Final = "harms"


class Harmful(NamedTuple):
    """An event that is enough by itself: its place in the run, the kind of harm, its words."""

    place: int
    harm: str
    quote: str


def complete(columns: Columns) -> list[Harmful]:
    """Fill in category and sentiment; returns the events that are enough by themselves."""
    found = _kept(columns) + read(columns)
    for name in ("category", "sentiment"):
        columns[name] = columns.field(name).filled(UNKNOWN)
    return found + _stated(columns, {(harmful.place, harmful.harm) for harmful in found})


def read(columns: Columns) -> list[Harmful]:
    """Fill in category and sentiment as far as the texts tell; returns the harm in them."""
    return _read(columns) if "text" in columns.fields else []


def _kept(columns: Columns) -> list[Harmful]:
    if HARMS not in columns.fields:
        return []
    told = enumerate(columns[HARMS])
    return [Harmful(place, harm, "") for place, harms in told for harm in (harms or "").split()]


def _read(columns: Columns) -> list[Harmful]:
    written = np.flatnonzero(columns.field("text").present())
    texts = columns.field("text").chosen(written).values()
    said = reading.read(
        texts,
        want_category=~columns.field("category").present()[written],
        want_sentiment=~columns.field("sentiment").present()[written],
    )
    for name, told in (("category", said.categories), ("sentiment", said.sentiments)):
        if told:
            columns[name] = columns.field(name).told(written[list(told)], list(told.values()))
    return [
        Harmful(int(written[at]), harm, texts[at][:QUOTE])
        for at, harms in sorted(said.harms.items())
        for harm in sorted(harms.strict)
    ]


def _stated(columns: Columns, read: set[tuple[int, str]]) -> list[Harmful]:
    """Severities that the source states and the text does not show."""
    if STATED.keys().isdisjoint(columns.field("severity").distinct()):
        return []
    told = [
        (place, severity)
        for place, severity in enumerate(columns["severity"])
        if severity in STATED and not any((place, harm) in read for harm in STATED[severity])
    ]
    texts = columns.field("text").chosen(np.array([place for place, _ in told], np.int64)).values()
    return [
        Harmful(place, severity, (text or "")[:QUOTE])
        for (place, severity), text in zip(told, texts, strict=True)
    ]
