"""Whether what the settings name is there: the topics, and the columns in their newest records."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from streams.broker.records import Cluster, Log
from streams.broker.topics import TopicError, Topics, misfits, table
from streams.configuration.sections import Source
from streams.events import mapping
from streams.events.event import Rejected
from streams.events.mapping import MappingError
from streams.events.parsing import FIELDS, parse_run
from streams.events.rejections import FAILURES
from streams.settings import Settings

NEWEST: Final = 200  # records of a topic that are looked at
MAKING: Final = '"tocsin replay" and "tocsin run" would create it'


class Look(NamedTuple):
    """A source's topic: how many of its newest records are events, of how many; what is wrong."""

    source: Source
    understood: int
    records: int
    problems: Sequence[str]


def look(settings: Settings, cluster: Cluster) -> Iterator[Look]:
    """At the topic of each source."""
    names = Topics.of(settings)
    for source in settings.sources:
        try:
            log = cluster.log(names.source(source))
        except TopicError as absent:
            yield Look(source, 0, 0, [f"{absent}; {MAKING}"])
        else:
            yield _look(settings, source, log)


def _look(settings: Settings, source: Source, log: Log) -> Look:
    values = [record.value for record in log.newest(NEWEST).records if record.value]
    if source.map is None:
        parsed = parse_run(source.stream, values, intake=settings.intake)
        lacking: list[str] = []
    else:
        mapped, ids = mapping.load(source.map), map(str, range(len(values)))
        parsed = mapped.parse_run(values, ids, intake=settings.intake)
        lacking = _lacking(mapped, values, log.name)
    refused = [one for one in parsed if isinstance(one, Rejected)]
    unread = values and len(refused) == len(values) and not lacking
    why = [f"topic {log.name}: no record is an event: {_worded(refused[0])}"] if unread else []
    return Look(source, len(values) - len(refused), len(values), [*lacking, *why])


def _lacking(mapped: mapping.Mapping, values: Sequence[bytes], topic: str) -> list[str]:
    """Columns that no record has; one that a few lack may be an optional one."""
    columns = list(dict.fromkeys(name for value in values for name in _names(value)))
    try:
        mapped.check(columns, f"the {len(values)} newest records of {topic}")
    except MappingError as absent:
        return str(absent).splitlines() if columns else []
    return []


def _names(value: bytes) -> Iterable[str]:
    try:
        return FIELDS.decode(value)
    except FAILURES:
        return ()


def _worded(why: Rejected) -> str:
    return f"{why.field} {why.rule}, got {why.value!r}"


def misfitting(settings: Settings, cluster: Cluster) -> list[str]:
    """A line for each topic that has another number of partitions than the settings say."""
    wanted = table(settings)
    names = [topic.name for topic in wanted if topic.name in cluster.names]
    return misfits(wanted, {name: cluster.log(name).partitions for name in names})


def absent(settings: Settings, cluster: Cluster) -> list[str]:
    """Topics of Tocsin's own that are still to be created."""
    sources = {Topics.of(settings).source(source) for source in settings.sources}
    own = (topic.name for topic in table(settings) if topic.name not in sources)
    return [name for name in own if name not in cluster.names]
