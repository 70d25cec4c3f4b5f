"""Which ways of counting make sense of what the events hold."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from streams.configuration.sections import CUTS, NEGATIVE, Cut, Stream
from streams.detection.series import MOST_BROADCAST
from streams.events.columns import Columns
from streams.events.completion import complete
from streams.events.event import Event

FEWEST: Final = 3.0  # events of a series, on average; with fewer nearly every event is its first
FEWEST_OF_BATCH: Final = 1.5  # a batch is young by nature
READ_FROM_TEXT: Final = ("category", "sentiment")
# Beside the defaults, for posts that name no product, or only one of region and category.
CANDIDATES: Final = (
    *CUTS,
    Cut(stream="mentions", by=("category",), where=NEGATIVE),
    Cut(stream="mentions", by=("region",), where=NEGATIVE),
)


class Verdict(StrEnum):
    """Why a cut is proposed, or left out."""

    SOUND = "sound"
    TOO_MANY = "too-many"
    ONE_VALUE = "one-value"
    NO_VALUE = "no-value"


class Trial(NamedTuple):
    """A cut tried on the sample: the series that it makes there, and events that it counts."""

    cut: Cut
    series: int
    events: int
    verdict: Verdict

    @property
    def sound(self) -> bool:
        return self.verdict is Verdict.SOUND


def trials(events: Sequence[Event], stream: Stream, fields: Sequence[str]) -> list[Trial]:
    """The usual cuts by these fields, tried; where none is sound, the stream as one."""
    known = {*fields, *READ_FROM_TEXT} if "text" in fields else set(fields)
    columns = _columns(events)
    tried = [
        _tried(cut, columns)
        for cut in CANDIDATES
        if cut.stream == stream and known.issuperset((*cut.by, *cut.where))
    ]
    if not any(trial.sound for trial in tried):
        tried.append(_whole(stream, len(events)))
    return list(_grouped(list(_shared(tried))))


def _columns(events: Sequence[Event]) -> Columns:
    columns = Columns.of(events)
    complete(columns)
    return columns


def _tried(cut: Cut, columns: Columns) -> Trial:
    for field, wanted in cut.where.items():
        columns = columns.kept(np.array([value == wanted for value in columns[field]], np.bool_))
    keys = zip(*(columns[field] for field in cut.by), strict=True)
    counted = [key for key in keys if None not in key]
    series = len(set(counted))
    return Trial(cut, series, len(counted), _verdict(cut, series, len(counted)))


def _verdict(cut: Cut, series: int, events: int) -> Verdict:
    fewest = FEWEST_OF_BATCH if "batch" in cut.by else FEWEST
    if series == 0:
        return Verdict.NO_VALUE
    if series == 1 and not cut.where:
        return Verdict.ONE_VALUE
    if events < fewest * series or (cut.family is None and series > MOST_BROADCAST):
        return Verdict.TOO_MANY
    return Verdict.SOUND


def _whole(stream: Stream, events: int) -> Trial:
    return Trial(Cut(stream=stream, by=("source",)), 1, events, Verdict.SOUND)


def _shared(tried: Sequence[Trial]) -> Iterator[Trial]:
    """A share needs its whole; what is counted for shares alone is left out without one."""
    counted = {trial.cut.counted for trial in tried if trial.sound}
    for trial in tried:
        cut, whole = trial.cut, trial.cut.whole in counted
        if cut.methods or (trial.sound and whole):
            kept = tuple(method for method in cut.methods if whole or method != "share")
            yield trial._replace(cut=cut.model_copy(update={"methods": kept}))


def _grouped(tried: Sequence[Trial]) -> Iterator[Trial]:
    """What a cut takes from the one by a field alone it has only where that is there.

    The profile of its group, and what all products have of a category.
    """
    alone = {trial.cut.by[0] for trial in tried if trial.sound and len(trial.cut.by) == 1}
    for trial in tried:
        cut = trial.cut
        group = cut.group if cut.group in alone else None
        kept = tuple(one for one in cut.methods if one != "novelty" or "category" in alone)
        yield trial._replace(cut=cut.model_copy(update={"group": group, "methods": kept}))
