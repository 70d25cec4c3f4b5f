"""Which column is which field: the name and the values decide together."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

from streams.configuration.sections import Stream
from streams.events.forms import FORMS
from streams.events.translation import Column
from streams.proposal.fitness import fit
from streams.proposal.names import likeness
from streams.proposal.sample import Profile, Sample
from streams.proposal.times import Clock

ENOUGH: Final = 0.35  # of name times values for a field to be proposed
UNNAMED: Final = 0.3  # a time whose name says nothing, against one that is called a time
ARRIVAL: Final = 0.5  # of a name for it to be a time of arrival, and no other word for time


class Reason(StrEnum):
    """Why a column is taken for a field."""

    NAME = "name"
    VALUES = "values"
    CHOSEN = "chosen"


class Choice(NamedTuple):
    """A field and its column; `column` says how it is read, `clock` how its times are written."""

    field: str
    column: Column
    reason: Reason
    score: float
    clock: Clock | None = None


def match(
    sample: Sample, stream: Stream, zone: tzinfo, chosen: Mapping[str, str] | None = None
) -> list[Choice]:
    """A column for each field that has one, in the order of the fields.

    `chosen` is the column of a field as somebody wants it; an empty one leaves the field out.
    """
    chosen = chosen or {}
    profiles = sample.profiles
    free = [profile for name, profile in profiles.items() if name not in chosen.values()]
    taken = [_wanted(field, profiles[name], zone) for field, name in chosen.items() if name]
    if "time" not in chosen:
        taken += _best(_time(profile, zone) for profile in free)[:1]
    pairs = (
        _judged(field, profile, zone)
        for field in order(stream)[1:]
        for profile in free
        if field not in chosen
    )
    likely = [choice for choice in pairs if choice.score >= ENOUGH]
    return sorted(_assigned(taken, likely), key=lambda choice: order(stream).index(choice.field))


def order(stream: Stream) -> list[str]:
    """All fields that a mapping may have, as people want to see them."""
    fields = FORMS[stream].kind.__struct_fields__
    return ["time", "received", *(field for field in fields if field != "time")]


def _wanted(field: str, profile: Profile, zone: tzinfo) -> Choice:
    """A column is read as somebody says even where its values do not look like it."""
    found = fit(field, profile, zone)
    column = found.column if found.column.column else Column(profile.name)
    return Choice(field, column, Reason.CHOSEN, 1.0, found.clock)


def _judged(field: str, profile: Profile, zone: tzinfo) -> Choice:
    alike = likeness(field, profile.name)
    # Only where its name allows a time of arrival is it worth a look: times take long to try.
    if field == "received" and alike < ARRIVAL:
        return Choice(field, Column(""), Reason.NAME, 0.0)
    found = fit(field, profile, zone)
    named = alike * found.suits
    reason = Reason.NAME if named >= found.alone else Reason.VALUES
    return Choice(field, found.column, reason, max(named, found.alone), found.clock)


def _time(profile: Profile, zone: tzinfo) -> Choice:
    """Times are so much alike, and so needed, that any column of them is better than none."""
    found = fit("time", profile, zone)
    alike = likeness("time", profile.name)
    reason = Reason.NAME if alike else Reason.VALUES
    score = found.suits * alike or found.alone * UNNAMED
    return Choice("time", found.column, reason, score, found.clock)


def _best(choices: Iterable[Choice]) -> list[Choice]:
    """Those that are likely at all, the likeliest first; of equal ones the first column."""
    return sorted((choice for choice in choices if choice.score), key=lambda choice: -choice.score)


def _assigned(taken: list[Choice], rest: Iterable[Choice]) -> Iterator[Choice]:
    """Each field and each column once, the likeliest pairs first."""
    yield from taken
    fields = {choice.field for choice in taken}
    columns = {choice.column.column for choice in taken}
    for choice in _best(rest):
        if choice.field not in fields and choice.column.column not in columns:
            fields.add(choice.field)
            columns.add(choice.column.column)
            yield choice
