"""What an event leaves open is read from its text, once a run; what cannot be read is "unknown"."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from detectors.text import reading
from detectors.text.harm import Harm
from streams.columns import Columns

UNKNOWN = "unknown"
QUOTE = 140  # characters of a text that travel with a trigger; redacted when shown
STATED = {  # severities that are enough, and the harms in a text that say as much
    "safety": (Harm.INJURY, Harm.DEATH, Harm.FIRE, Harm.POISONING),
    "leak": (Harm.LEAK,),
}


class Harmful(NamedTuple):
    """An event that is enough by itself: its place in the run, the kind of harm, its words."""

    place: int
    harm: str
    quote: str


def complete(columns: Columns) -> list[Harmful]:
    """Fill in category and sentiment; returns the events that are enough by themselves."""
    found = _completed(columns) if "text" in columns.fields else []
    for name in ("category", "sentiment"):
        columns[name] = columns.field(name).filled(UNKNOWN)
    return found + _stated(columns, {(harmful.place, harmful.harm) for harmful in found})


def _completed(columns: Columns) -> list[Harmful]:
    """As far as the texts tell; returns the harm in them."""
    texts = columns["text"]
    moods, categories = list(columns["sentiment"]), list(columns["category"])
    found = []
    for place, read in _read(texts, categories, moods):
        categories[place] = categories[place] or read.category
        moods[place] = moods[place] or read.sentiment
        found += [
            Harmful(place, harm, (texts[place] or "")[:QUOTE]) for harm in sorted(read.harms.strict)
        ]
    columns["category"], columns["sentiment"] = categories, moods
    return found


def _read(
    texts: Sequence[str | None], categories: Sequence[str | None], moods: Sequence[str | None]
) -> Iterator[tuple[int, reading.Reading]]:
    """What the texts say, by their places."""
    places = [place for place, text in enumerate(texts) if text is not None]
    readings = reading.read(
        [texts[place] or "" for place in places],
        want_category=[categories[place] is None for place in places],
        want_sentiment=[moods[place] is None for place in places],
    )
    return zip(places, readings, strict=True)


def _stated(columns: Columns, read: set[tuple[int, str]]) -> list[Harmful]:
    """Severities that the source states and the text does not show."""
    if STATED.keys().isdisjoint(columns.field("severity").distinct()):
        return []
    texts = columns["text"]
    return [
        Harmful(place, severity, (texts[place] or "")[:QUOTE])
        for place, severity in enumerate(columns["severity"])
        if severity in STATED and not any((place, harm) in read for harm in STATED[severity])
    ]
