"""What came of it all: each event against counts and archive, each signal against the back-test."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.chaos.sent import Place, Sent
from streams.archive import views
from streams.archive.places import place
from streams.counts.cells import Cells, Counts
from streams.settings import Settings
from tests.kafka import tallies
from tests.kafka.histories import PRODUCTS
from tests.kafka.installation import SENTINEL, Installation

PRODUCT = ("product",)
# How many, how many of them are there once more, and how many ids. A record that a worker has
# re-keyed again has the same topic, partition and offset: the first 16 bytes of its key.
HELD = {
    "complaints": """
        SELECT count(*), count(origin) - count(DISTINCT left(hex(origin), 32)), count(DISTINCT id)
        FROM complaints WHERE product NOT LIKE ?
    """,
    "mentions": "SELECT count(*), 0, count(DISTINCT id) FROM mentions WHERE product NOT LIKE ?",
}
Ends = Mapping[tuple[str, int], int]  # by topic and partition


class Tally(NamedTuple):
    """What was counted, by place; people are at those of their events that added them."""

    events: Counter[Place]
    people: Counter[Place]


def counted(counts: Iterable[Counts], settings: Settings) -> Tally:
    """What one shard was told of."""
    cuts, found = _by_product(settings), Tally(Counter(), Counter())
    for chunks in tallies.newest(counts).values():
        for record in chunks.values():
            cells = record.cells[cuts[record.stream]]
            if isinstance(cells, Cells):
                _add(found, record.topic, cells)
    return Tally(*map(_ours, found))


def _ours(found: Counter[Place]) -> Counter[Place]:
    return Counter({at: n for at, n in found.items() if at.product in PRODUCTS and n})


def _by_product(settings: Settings) -> dict[str, int]:
    """By stream the place of this cut among its own; it goes to every shard."""
    own = defaultdict[str, list[tuple[str, ...]]](list)
    for cut in settings.cuts:
        own[cut.stream].append(cut.by)
    return {stream: by.index(PRODUCT) for stream, by in own.items() if PRODUCT in by}


def _add(found: Tally, source: str, cells: Cells) -> None:
    numbers = cells.numbers()
    columns = (numbers.series, numbers.minutes, numbers.events, numbers.reposts, numbers.people)
    for series, minute, events, reposts, people in zip(*(c.tolist() for c in columns), strict=True):
        at = Place(source, cells.keys[series], minute)
        found.events[at] += events - reposts
        found.events[at._replace(repost=True)] += reposts
        found.people[at] += people


def events(installation: Installation, sent: Sent) -> dict[str, int]:
    """Lost and doubled are those of the worst shard; they do not make up for each other."""
    shards = []
    for shard in range(installation.settings.detection.shards):
        counts = installation.counts(shard)
        tallies.assert_whole(tallies.newest(counts))
        shards.append(counted(counts, installation.settings))
    reposts = [at for at in sent.distinct if at.repost]
    rekeyed = {source.topic for source in installation.settings.sources if source.rekeyed}
    told, people = [one.events for one in shards], [one.people for one in shards]
    return {
        "events": sent.events.total(),
        "distinct": sent.distinct.total(),
        "reposts": sum(sent.distinct[at] for at in reposts),
        "rekeyed": sum(sent.distinct[at] for at in sent.distinct if at.source in rekeyed),
        "counted": min(found.total() for found in told),
        "lost": missing(sent.distinct, told),
        "doubled": beyond(sent.distinct, told),
        "people": sent.people.total(),
        "people_counted": min(found.total() for found in people),
        "people_lost": missing(sent.people, people),
        "people_doubled": beyond(sent.people, people),
    }


def missing(due: Counter[Place], shards: Iterable[Counter[Place]]) -> int:
    """Of what is due, in the worst shard."""
    return max((due - found).total() for found in shards)


def beyond(due: Counter[Place], shards: Iterable[Counter[Place]]) -> int:
    """What is there beyond what is due, in the worst shard."""
    return max((found - due).total() for found in shards)


def ends(installation: Installation) -> Ends:
    """Of all records that are to be archived; words of re-keyed topics go on coming."""
    return {
        (installation.topics.counted(source), partition): end
        for source in installation.settings.sources
        for partition, end in installation.reader.ends(installation.topics.counted(source)).items()
    }


def archived(installation: Installation, due: Ends) -> bool:
    """The archive has come to these ends."""
    found = installation.asked(
        'SELECT topic, "partition", max("offset") FROM (SELECT topic, "partition", "offset" '
        'FROM complaints_records UNION ALL SELECT topic, "partition", "offset" '
        "FROM mentions_records) GROUP BY ALL"
    )
    held = {(topic, partition): last + 1 for topic, partition, last in found or []}
    return all(held.get(part, 0) >= end for part, end in due.items())


def archive(installation: Installation, sent: Sent) -> dict[str, int]:
    """Events in the archive, duplicates among them, and how far that is from what was sent.

    `carried_again` are records of re-keyed topics that a worker wrote once more.
    """
    held, again, away = 0, 0, 0
    with views.opened(place(installation.settings)) as opened:
        for stream in sent.events:
            ((found, copies, ids),) = opened.execute(HELD[stream], [f"{SENTINEL}%"]).fetchall()
            events = found - copies
            held += events
            again += copies
            away += abs(sent.events[stream] - events) + abs(sent.ids[stream] - ids)
    return {"archived": held, "carried_again": again, "unarchived": away}


def signals(found: Sequence[dict[str, Any]], wanted: Iterable[dict[str, Any]]) -> dict[str, int]:
    """The confirmed ones, as a reader has them who keeps the first of each id and revision.

    A duplicate is one that the back-test does not have; records that say the same once more
    are counted apart.
    """
    due, have = tallies.confirmed(wanted), tallies.confirmed(found)
    records = Counter((line["id"], line["state"], line["revision"]) for line in found)
    return {
        "signals": len(have),
        "duplicate_signals": len(have.items() - due.items()),
        "lost_signals": len(due.items() - have.items()),
        "repeated_signal_records": records.total() - len(records),
    }
