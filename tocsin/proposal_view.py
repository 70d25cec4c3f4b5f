"""A proposal as people look at it in a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.redaction import clean
from alerts.words import Words
from streams.events.translation import written as written_as
from streams.proposal import written
from streams.proposal.cuts import Trial
from streams.proposal.fitness import NAMED
from streams.proposal.proposal import Note, Proposal, Reading
from streams.proposal.understanding import Understood
from tocsin.flowing import Flowing

EXAMPLE = 24  # characters of a value that is shown
SHORT = 16  # characters of values of which three are shown, and not two
VALUES = 2  # of a translation that are shown
PERSONAL = frozenset({"person", "author", "text"})
GOOD, FAIR = 99, 90  # percent of the values understood, by which they are coloured


def show(console: Console, proposal: Proposal, words: Words) -> None:
    console.print(_fields(proposal, words))
    console.print()
    for line in (*_notes(proposal, words), *_missing(proposal, words)):
        console.print(Flowing(line))
    console.print()
    console.print(_cuts(proposal, words))


def more(words: Words, rest: int) -> list[str]:
    """What ends a list of which so many are not shown."""
    return [words.say("and {count} more", count=words.number(rest))] if rest > 0 else []


def table(title: str) -> Table:
    """Without lines, as wide as the terminal."""
    return Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False,
        header_style="dim", expand=True, padding=(0, 2, 0, 0),
    )  # fmt: skip


def _fields(proposal: Proposal, words: Words) -> Table:
    fields = table(words.say("Fields of {stream}", stream=words.name("stream", proposal.stream)))
    fields.add_column(words.say("field"), style="bold", no_wrap=True)
    fields.add_column(words.say("column"), overflow="fold")
    fields.add_column(words.say("examples"), overflow="fold", ratio=3)
    fields.add_column(words.say("understood"), justify="right", no_wrap=True)
    fields.add_column(words.say("why"), overflow="fold", ratio=2)
    for reading in proposal.readings:
        fields.add_row(
            reading.choice.field,
            Text(clean(reading.choice.column.column, cap=EXAMPLE)),
            Text(_examples(reading, words)),
            _understood(reading.understood),
            Flowing(_why(proposal, reading, words)),
        )
    return fields


def _understood(read: Understood) -> Text:
    colour = "green" if read.percent >= GOOD else "yellow" if read.percent >= FAIR else "red"
    return Text(f"{read.percent:g} %", style=colour)


def _examples(reading: Reading, words: Words) -> str:
    """The most frequent values; what may point at a person as a message would show it."""
    personal = reading.choice.field in PERSONAL
    values = [words.plain(v) if personal else v for v in reading.understood.examples]
    few = any(len(value) > SHORT for value in values)
    return " · ".join(clean(value, cap=EXAMPLE) for value in values[: 2 if few else 3])


def _why(proposal: Proposal, reading: Reading, words: Words) -> str:
    """Why this column, and how it is read."""
    reason = words.name("matched", reading.choice.reason)
    return words.listed(filter(None, [reason, _how(proposal, reading, words)]))


def _how(proposal: Proposal, reading: Reading, words: Words) -> str:
    column = reading.choice.column
    profile = proposal.sample.profiles[column.column]
    if (clock := reading.choice.clock) is not None:
        own = "ISO 8601" if isinstance(next(iter(profile.raws.values())), str) else "epoch"
        return words.say("written as {format}", format=clock.format or own)
    if reading.choice.field in NAMED:
        parts = words.say("first part") if column.pattern else ""
        values = words.numbered("{count} value", "{count} values", profile.distinct)
        return words.listed(filter(None, [parts, values]))
    put = list(column.values.items())
    shown = (f"{clean(k, cap=EXAMPLE)}→{written_as(v)}" for k, v in put[:VALUES])
    return words.listed([*shown, *more(words, len(put) - VALUES)])


def _notes(proposal: Proposal, words: Words) -> Iterator[str]:
    """What somebody should know before trusting a column."""
    for reading in proposal.readings:
        for note in reading.notes:
            yield f"  {reading.choice.field}: {_note(note, proposal, reading, words)}"


def _note(note: Note, proposal: Proposal, reading: Reading, words: Words) -> str:
    if note is Note.LOCAL:
        zone = proposal.zone.key
        return words.say("the times carry no offset and are read as those of {zone}", zone=zone)
    if note is Note.LOST:
        lost = words.plain(clean(reading.understood.lost or "", cap=EXAMPLE))
        return words.say("not understood, among others: “{value}”", value=lost)
    if note is Note.FEW_PEOPLE:
        return _few_people(reading, proposal, words)
    return words.name("note", note)


def _few_people(reading: Reading, proposal: Proposal, words: Words) -> str:
    profile = proposal.sample.profiles[reading.choice.column.column]
    rows = words.numbered("{count} row", "{count} rows", profile.filled)
    return words.numbered(
        "{count} name only in {rows}; were it that of an agent, people would be counted wrongly: "
        "leave the field out then ({field}=)",
        "{count} names only in {rows}; were they those of agents, people would be counted "
        "wrongly: leave the field out then ({field}=)",
        profile.distinct, rows=rows, field=reading.choice.field,
    )  # fmt: skip


def _missing(proposal: Proposal, words: Words) -> Iterator[str]:
    """What the sample lacks, and what follows from it."""
    for field in proposal.missing:
        yield f"  {field}: {words.name('missing', field)}"
    if proposal.sample.twice:
        names = words.listed(clean(name, cap=EXAMPLE) for name in proposal.sample.twice)
        yield words.say("Several columns are named {names}; rename them to use one.", names=names)
    if proposal.unmapped:
        names = words.listed(clean(name, cap=EXAMPLE) for name in proposal.unmapped)
        yield words.say("Columns not used: {names}.", names=names)


def _cuts(proposal: Proposal, words: Words) -> Table:
    rows = words.numbered("{count} row", "{count} rows", len(proposal.sample.rows))
    cuts = table(words.say("Counted by, in {rows} looked at", rows=rows))
    cuts.add_column(words.say("cut"), style="bold", overflow="fold")
    cuts.add_column(words.say("series"), justify="right")
    cuts.add_column(words.say("rows"), justify="right")
    cuts.add_column(words.say("verdict"), overflow="fold", ratio=1)
    for trial in proposal.trials:
        cuts.add_row(
            Flowing(written.called(trial.cut, words)), words.number(trial.series),
            words.number(trial.events), _verdict(trial, words),
        )  # fmt: skip
    return cuts


def _verdict(trial: Trial, words: Words) -> Text:
    said = words.name("verdict", trial.verdict)
    return Flowing(said, style="green" if trial.sound else "yellow")
