"""tocsin check: the settings, and whether what they name is there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from alerts.words import Words
from streams import settings
from streams.archive import places
from streams.broker import local, records, surroundings, topics
from streams.broker.surroundings import Look
from streams.broker.topics import Topics
from streams.detection import batches
from streams.events import mapping
from streams.settings import Settings
from tocsin import language
from tocsin.ahead import ahead
from tocsin.errors import SettingsFile, one_line, tell
from tocsin.told_view import budget, changing, told

PROBLEMS = (
    settings.SettingsError, mapping.MappingError, local.BrokerError, topics.TopicError,
)  # fmt: skip


def check(file: SettingsFile = None) -> None:
    """Say what is set, and whether the broker, the topics and their columns answer to it.

    Ends with exit code 1 and a line for each problem where they do not.

    Example: tocsin check --settings tocsin.toml
    """
    console, words = Console(highlight=False), language.words()
    with one_line(*PROBLEMS):
        chosen = settings.load(file)
        coming = ahead(words, chosen, datetime.now(UTC))
        for line in (*_read(file, chosen, words), *_set(chosen, words), *coming):
            console.print(Text(line), soft_wrap=True)
        problems = _surroundings(console, words, chosen)
    for problem in problems:
        tell(problem)
    if problems:
        raise typer.Exit(1)
    console.print(words.say("all of it is there"))


def _read(file: Path | None, chosen: Settings, words: Words) -> Iterator[str]:
    """Where the settings come from, and where state is kept."""
    found = settings.file(file)
    yield (
        words.say("settings of {file}", file=found.absolute())
        if found
        else words.say("no settings file: every option has its default")
    )
    yield words.say("home {home}, of the local broker and its data", home=chosen.home)


def _set(chosen: Settings, words: Words) -> Iterator[str]:
    cuts = words.numbered("{count} cut", "{count} cuts", len(chosen.cuts))
    sources = words.numbered("{count} source", "{count} sources", len(chosen.sources))
    yield words.say("{sources}, {cuts}, zone {zone}, messages in {language}", sources=sources,
                    cuts=cuts, zone=chosen.detection.zone,
                    language=Words(chosen.response.language).own_name)  # fmt: skip
    if chosen.tables.batches:
        yield _batches(words, batches.load(chosen.tables.batches))
    if chosen.tables.regions:
        yield words.numbered(
            "{count} region in the table, with {aliases} names",
            "{count} regions in the table, with {aliases} names",
            len(chosen.regions.neighbours), aliases=len(chosen.regions.aliases),
        )  # fmt: skip
    yield from budget(words, chosen)
    yield told(words, chosen)
    yield from changing(words, chosen)


def _batches(words: Words, table: batches.Batches) -> str:
    """How many batches the table holds, and of how many it says enough for a rate."""
    counted = sum(batch.counted for batch in table.values())
    return words.numbered(
        "{count} batch in the table, {counted} with units and day of shipping",
        "{count} batches in the table, {counted} with units and day of shipping",
        len(table), counted=counted,
    )  # fmt: skip


def _surroundings(console: Console, words: Words, chosen: Settings) -> list[str]:
    """Says what answers; returns a line for each thing that does not."""
    address = local.address(chosen)
    problems = _archive(console, words, chosen)
    with records.connected(chosen.kafka, address) as cluster:
        console.print(words.say("Kafka answers at {address}", address=address))
        for look in surroundings.look(chosen, cluster):
            if look.records or not look.problems:
                console.print(Text(_line(words, chosen, look)))
            problems += look.problems
        if absent := surroundings.absent(chosen, cluster):
            console.print(
                words.numbered(
                    '{count} topic of Tocsin\'s own is not there yet; "tocsin run" creates it',
                    '{count} topics of Tocsin\'s own are not there yet; "tocsin run" creates them',
                    len(absent),
                )
            )
        return problems + surroundings.misfitting(chosen, cluster)


def _archive(console: Console, words: Words, chosen: Settings) -> list[str]:
    """Says where the archive can be written; returns a line where it cannot."""
    place = places.place(chosen)
    try:
        places.try_out(place)
    except places.PlaceError as refusal:
        return [str(refusal)]
    console.print(Text(words.say("the archive can be written at {place}", place=str(place))))
    return []


def _line(words: Words, chosen: Settings, look: Look) -> str:
    found = (
        words.say(
            "{some} of the newest {all} records are events", some=look.understood, all=look.records
        )
        if look.records
        else words.say("no records")
    )
    return words.say("{topic}: {stream}, {found}", topic=Topics.of(chosen).source(look.source),
                     stream=words.name("stream", look.source.stream), found=found)  # fmt: skip
