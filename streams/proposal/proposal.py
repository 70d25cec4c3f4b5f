"""A mapping and cuts for somebody's data, each with its reason: a proposal, for people to judge."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from streams.configuration.sections import Stream
from streams.events.event import Event, Rejected
from streams.events.mapping import Mapping
from streams.events.rejections import listed
from streams.proposal import cuts, matching
from streams.proposal.cuts import Trial
from streams.proposal.matching import Choice
from streams.proposal.sample import Profile, Sample
from streams.proposal.times import FORMATS
from streams.proposal.understanding import Understood, understood

PLACE: Final = Path("map.toml")
WANTED: Final[dict[Stream, tuple[str, ...]]] = {  # fields whose absence has a consequence
    "complaints": ("id", "person", "product", "batch", "region", "category", "text"),
    "mentions": ("id", "author", "product", "category", "sentiment", "repost_of", "text"),
}
STREAMS: Final[tuple[Stream, ...]] = ("complaints", "mentions")
PEOPLE: Final = frozenset({"person", "author"})
ENOUGH_ROWS: Final = 20  # to say of people that they are few
CROWDED: Final = 5  # rows of one person, on average
LEAD: Final = 0.2  # of mentions; a user may be the author of a post or a person who complains


class ProposalError(Exception):
    """A sample that nothing can be proposed for; one line."""


class Note(StrEnum):
    """What somebody should know of a field's column before trusting it."""

    LOCAL = "local"
    DATED = "dated"
    SWAPPED = "swapped"
    REPEATED_IDS = "repeated-ids"
    ALONE = "alone"
    LOST = "lost"
    FEW_PEOPLE = "few-people"


class Reading(NamedTuple):
    """A field, its column and why, and how much of that is understood."""

    choice: Choice
    understood: Understood
    notes: Sequence[Note]


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a sample."""

    sample: Sample
    stream: Stream
    zone: ZoneInfo
    readings: Sequence[Reading]

    @property
    def fields(self) -> dict[str, str]:
        """The column of each field."""
        return {reading.choice.field: reading.choice.column.column for reading in self.readings}

    @property
    def unmapped(self) -> list[str]:
        return [name for name in self.sample.columns if name not in self.fields.values()]

    @property
    def missing(self) -> list[str]:
        return [field for field in WANTED[self.stream] if field not in self.fields]

    @property
    def local(self) -> bool:
        """Whether the times need a zone."""
        return any(reading.choice.clock and reading.choice.clock.local for reading in self.readings)

    @cached_property
    def mapping(self) -> Mapping:
        columns = {reading.choice.field: reading.choice.column for reading in self.readings}
        return Mapping(PLACE, self.stream, columns, {}, self.zone if self.local else None)

    @cached_property
    def events(self) -> list[Event]:
        """The rows of the sample that the mapping as a whole can read."""
        read = self.mapping.translation().row
        parsed = (read(row, id=str(n)) for n, row in enumerate(self.sample.rows))
        return [event for event in parsed if not isinstance(event, Rejected)]

    @cached_property
    def trials(self) -> list[Trial]:
        return cuts.trials(self.events, self.stream, list(self.fields))


def propose(
    sample: Sample, stream: Stream, zone: ZoneInfo, chosen: AnyMapping[str, str] | None = None
) -> Proposal:
    """Raises ProposalError for a sample without rows, or without a column of times.

    `zone` is that of times without an offset, `chosen` the column of a field as somebody wants it;
    an empty one leaves the field out.
    """
    if not sample.rows:
        raise ProposalError(f"{sample.name}: {_nothing(sample)}")
    choices = matching.match(sample, stream, zone, chosen)
    if not any(choice.field == "time" for choice in choices):
        raise ProposalError(f"{sample.name}: {_timeless(sample)}")
    readings = [_reading(choice, sample, stream, zone) for choice in choices]
    return Proposal(sample, stream, zone, readings)


def likelier(sample: Sample, zone: ZoneInfo) -> Stream:
    """Mentions where a sample has clearly more of their fields, else complaints."""
    complaints, mentions = (_likeness(sample, stream, zone) for stream in STREAMS)
    return "mentions" if mentions > complaints + LEAD else "complaints"


def _likeness(sample: Sample, stream: Stream, zone: ZoneInfo) -> float:
    return sum(choice.score for choice in matching.match(sample, stream, zone))


def _reading(choice: Choice, sample: Sample, stream: Stream, zone: ZoneInfo) -> Reading:
    profile = sample.profiles[choice.column.column]
    read = understood(choice.field, choice.column, profile, stream, zone)
    clock = choice.clock
    notes = [
        note
        for note, holds in (
            (Note.LOCAL, clock is not None and clock.local),
            (Note.DATED, clock is not None and clock.dated),
            (Note.SWAPPED, clock is not None and clock.swapped),
            (Note.REPEATED_IDS, choice.field == "id" and profile.distinct < profile.filled),
            (Note.ALONE, choice.field == "severity"),
            (Note.LOST, read.lost is not None),
            (Note.FEW_PEOPLE, choice.field in PEOPLE and _crowded(profile)),
        )
        if holds
    ]
    return Reading(choice, read, notes)


def _crowded(profile: Profile) -> bool:
    """Whether the names may be those of agents: customers seldom complain so often."""
    return profile.filled >= ENOUGH_ROWS and profile.repeats >= CROWDED


def _nothing(sample: Sample) -> str:
    if not sample.refused:
        return "has no rows"
    first = sample.refused[0]
    return f"no row can be read; {first.place}: {first.why.field} {first.why.rule}"


def _timeless(sample: Sample) -> str:
    twice = f"; several columns are named: {listed(sample.twice)}" if sample.twice else ""
    return (
        f"no column holds times; tried ISO 8601, epoch numbers and {len(FORMATS)} formats such as "
        f"{FORMATS[1]} on: {listed(sample.columns)}{twice}"
    )
