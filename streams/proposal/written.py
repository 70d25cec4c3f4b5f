"""A proposal as the two files that an installation reads, with their reasons as comments."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.items import AoT, InlineTable, Table

from alerts.words import Words
from streams.configuration.sections import Cut, Detection, Kafka, Source, Tables
from streams.events.rejections import shown
from streams.events.translation import Column
from streams.files.regions import NAMED
from streams.proposal.cuts import Trial
from streams.proposal.proposal import Proposal, Reading

MAP: Final = "map.toml"
HOME: Final = ".tocsin"  # beside the settings


class Topic(NamedTuple):
    """Where the events are to come in.

    Attributes:
        key: what its records are keyed by.
        mapped: whether its records have the columns of the sample, and not ours.
        partitions: None for as many as by default.
        home: of the local broker that holds it; None where it is on another.
    """

    name: str
    key: str
    mapped: bool
    partitions: int | None = None
    home: str | None = HOME


def mapping(proposal: Proposal, words: Words) -> str:
    """The content of map.toml."""
    document = tomlkit.document()
    named = words.say("How {name} becomes {stream}.", name=shown(proposal.sample.name),
                      stream=words.name("stream", proposal.stream))  # fmt: skip
    document.add(tomlkit.comment(named))
    document.add(tomlkit.comment(words.say("What else may stand here: docs/own-data.md.")))
    if proposal.unmapped:
        names = words.listed(map(shown, proposal.unmapped))
        left = words.say("Columns not used: {names}.", names=names)
        document.add(tomlkit.comment(left))
    document.add(tomlkit.nl())
    document.add("stream", tomlkit.item(proposal.stream))
    if proposal.local:
        zone = tomlkit.item(proposal.zone.key)
        document.add("zone", zone.comment(words.say("of times without an offset")))
    document.add("fields", _fields(proposal.readings, words))
    return tomlkit.dumps(document)


def _fields(readings: Iterable[Reading], words: Words) -> Table:
    fields = tomlkit.table()
    for reading in readings:
        share = f"{reading.understood.percent:g}%"
        column = _column(reading.choice.column)
        column.comment(words.say("{share} of its values understood", share=share))
        fields.add(reading.choice.field, column)
    return fields


def _column(column: Column) -> Any:
    if column == Column(column.column):
        return tomlkit.item(column.column)
    parts = {"column": column.column, "format": column.format, "pattern": column.pattern}
    written = _inline({name: part for name, part in parts.items() if part is not None})
    if column.values:
        written.add("values", _inline(column.values))
    return written


def _inline(content: Mapping[str, Any]) -> InlineTable:
    table = tomlkit.inline_table()
    table.update(content)
    return table


def settings(proposal: Proposal, topic: Topic, kafka: Kafka, words: Words) -> str:
    """The content of tocsin.toml."""
    document = tomlkit.document()
    defaults = words.say("What is not set here has its default: docs/settings.md.")
    document.add(tomlkit.comment(defaults))
    document.add(tomlkit.nl())
    if topic.home:
        _home(document, topic.home, words)
    document.add("kafka", _kafka(kafka, topic, words))
    document.add("sources", _array([_source(proposal, topic, words)]))
    document.add("cuts", _array(_cut(t, words) for t in proposal.trials if t.sound))
    _left_out(document, proposal, words)
    document.add("detection", _detection(proposal, words))
    response = tomlkit.table()
    response.add("language", words.language)
    document.add("response", response)
    if words.language in NAMED and words.language != Tables().provinces:
        tables = tomlkit.table()
        tables.add("provinces", words.language)
        document.add("tables", tables)
    document.add("channels", _channels(words))
    return tomlkit.dumps(document)


def _home(document: TOMLDocument, home: str, words: Words) -> None:
    """One of its own: on one broker a project reads the topics of the other."""
    why = words.say("The local broker and its data; projects with the same home share its topics.")
    document.add(tomlkit.comment(why))
    document.add("home", tomlkit.item(home))
    document.add(tomlkit.nl())


def _channels(words: Words) -> Table:
    """A newcomer sees alerts where he works, before any service has an address."""
    enabled = tomlkit.item(True)
    enabled.comment(words.say("alerts come to where the workers run; docs/settings.md has others"))
    terminal = tomlkit.table()
    terminal.add("enabled", enabled)
    channels = tomlkit.table(is_super_table=True)
    channels.add("terminal", terminal)
    return channels


def _array(tables: Iterable[Table]) -> AoT:
    array = tomlkit.aot()
    for table in tables:
        array.append(table)
    return array


def _kafka(kafka: Kafka, topic: Topic, words: Words) -> Table:
    """As it was set, without its secrets, which must not stand in a file."""
    table = tomlkit.table()
    bootstrap = tomlkit.item(kafka.bootstrap)
    if not kafka.bootstrap:
        bootstrap.comment(words.say('empty: the broker of "tocsin kafka up"'))
    table.add("bootstrap", bootstrap)
    # The name of a topic that was read is whole already.
    apart = {"bootstrap", "sasl_password", "topic_prefix"}
    table.update(kafka.model_dump(mode="json", exclude_defaults=True, exclude=apart))
    if not topic.mapped:
        why = words.say("on a broker that others share: begins every topic's name")
        table.add(tomlkit.comment(f'topic_prefix = "mine-"  # {why}'))
    return table


def _source(proposal: Proposal, topic: Topic, words: Words) -> Table:
    table = tomlkit.table()
    table.update({"topic": topic.name, "stream": proposal.stream})
    key = words.say("what its records are keyed by: person, id, root or none")
    table.add("key", tomlkit.item(topic.key).comment(key))
    if topic.mapped:
        table.add("map", MAP)
    else:
        ours = words.say('for a topic with the columns of the file; "tocsin replay" sends ours')
        table.add(tomlkit.comment(f'map = "{MAP}"  # {ours}'))
    if topic.partitions not in (None, Source.model_fields["partitions"].default):
        table.add("partitions", topic.partitions)
    return table


def _cut(trial: Trial, words: Words) -> Table:
    cut, table = trial.cut, tomlkit.table()
    table.add("stream", cut.stream)
    made = words.numbered("{count} series in the sample", "{count} series in the sample",
                          trial.series)  # fmt: skip
    table.add("by", tomlkit.item(list(cut.by)).comment(made))
    if cut.where:
        table.add("where", _inline(cut.where))
    table.update({name: value for name in ("family", "group") if (value := getattr(cut, name))})
    if cut.methods != Cut.model_fields["methods"].default:
        table.add("methods", list(cut.methods))
    return table


def _left_out(document: TOMLDocument, proposal: Proposal, words: Words) -> None:
    for trial in proposal.trials:
        if not trial.sound:
            why = words.say("Left out: {cut}. {reason}", cut=called(trial.cut, words),
                            reason=because(trial, words))  # fmt: skip
            document.add(tomlkit.comment(why))


def called(cut: Cut, words: Words) -> str:
    """The fields of a cut, and what it is limited to."""
    by = " × ".join(words.name("field", field) for field in cut.by)
    only = words.listed(words.name(field, value) for field, value in cut.where.items())
    return f"{by} ({only})" if only else by


def because(trial: Trial, words: Words) -> str:
    """Why a cut is proposed, or left out."""
    reason = words.name("verdict", trial.verdict)
    return words.say("{reason}: {series} for {events}", reason=reason,
        series=words.numbered("{count} series", "{count} series", trial.series),
        events=words.numbered("{count} event", "{count} events", trial.events),
    )  # fmt: skip


def _detection(proposal: Proposal, words: Words) -> Table:
    table = tomlkit.table()
    zone = tomlkit.item(proposal.zone.key)
    table.add("zone", zone.comment(words.say("whose hours and weekdays make the season")))
    series = sum(trial.series for trial in proposal.trials if trial.sound)
    if series > Detection().series:
        count = tomlkit.item(_rounded(series))
        table.add("series", count.comment(words.say("which share the one false alarm a week")))
    return table


def _rounded(series: int) -> int:
    """Up to two digits, for the sample is not all there will be."""
    unit: int = 10 ** (len(str(series)) - 2)
    return -(-series // unit) * unit
