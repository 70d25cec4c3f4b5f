"""What came of it all: each event against counts and archive, each signal against the back-test."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.chaos.events import SHARING
from streams.archive import views
from streams.archive.places import place
from streams.counts.cells import Cells, Counts
from streams.settings import Settings
from streams.sources.keys import key_of, spread
from tests.kafka import tallies
from tests.kafka.histories import PRODUCTS, Event
from tests.kafka.installation import SENTINEL, Installation

MINUTE = 60_000  # ms
PRODUCT = ("product",)
HELD = {
    "complaints": "SELECT count(*), count(DISTINCT id) FROM complaints WHERE product NOT LIKE ?",
    "mentions": "SELECT count(*), count(DISTINCT id) FROM mentions WHERE product NOT LIKE ?",
}
NAMED_BY = {"person": ("person", "id"), "root": ("root", "repost_of", "id")}


class Place(NamedTuple):
    """Where an event counts, and whether it does as a repost."""

    stream: str
    product: str
    minute: int
    repost: bool = False


class Sent(NamedTuple):
    """How many events of each stream there are, and the distinct ones by place."""

    events: Counter[str]
    ids: Counter[str]
    distinct: Counter[Place]

    @classmethod
    def of(cls, files: Iterable[Path], settings: Settings) -> "Sent":
        """Of files that are named after their streams."""
        sent = cls(Counter(), Counter(), Counter())
        for file in files:
            with file.open(encoding="utf-8") as lines:
                sent._add(file.stem, map(json.loads, lines), settings)
        return sent

    def _add(self, stream: str, events: Iterable[Event], settings: Settings) -> None:
        (source,) = [source for source in settings.sources if source.stream == stream]
        named = NAMED_BY[key_of(source)]
        known, words = set[str](), defaultdict[int, set[str]](set)
        for event in events:
            self.events[stream] += 1
            if event["id"] in known:
                continue
            known.add(event["id"])
            repost = "repost_of" in event
            if not repost and "text" in event:
                key = next(event[name] for name in named if name in event)
                (partition,) = spread([key.encode()], source.partitions)
                repost = _repeats(event["text"], words[int(partition)])
            self.distinct[Place(stream, event["product"], event["time"] // MINUTE, repost)] += 1
        self.ids[stream] = len(known)


def _repeats(text: str, words: set[str]) -> bool:
    """Whether its own words are those of a post of its partition before it, which they join."""
    said = text.removeprefix(SHARING)
    known = said in words
    words.add(said)
    return known


def counted(counts: Iterable[Counts], settings: Settings) -> Counter[Place]:
    """The events that one shard was told of, by place."""
    cuts = _by_product(settings)
    found: Counter[Place] = Counter()
    for chunks in tallies.newest(counts).values():
        for record in chunks.values():
            cells = record.cells[cuts[record.stream]]
            if isinstance(cells, Cells):
                for at, number in _cells(record.stream, cells):
                    found[at] += number
    return Counter({at: n for at, n in found.items() if at.product in PRODUCTS and n})


def _by_product(settings: Settings) -> dict[str, int]:
    """By stream the place of this cut among its own; it goes to every shard."""
    own = defaultdict[str, list[tuple[str, ...]]](list)
    for cut in settings.cuts:
        own[cut.stream].append(cut.by)
    return {stream: by.index(PRODUCT) for stream, by in own.items() if PRODUCT in by}


def _cells(stream: str, cells: Cells) -> Iterator[tuple[Place, int]]:
    numbers = cells.numbers()
    columns = (numbers.series, numbers.minutes, numbers.events, numbers.reposts)
    for series, minute, events, reposts in zip(*(c.tolist() for c in columns), strict=True):
        at = Place(stream, cells.keys[series], minute)
        yield at, events - reposts
        yield at._replace(repost=True), reposts


def events(installation: Installation, sent: Sent) -> dict[str, int]:
    """Lost and doubled are those of the worst shard; they do not make up for each other."""
    shards = []
    for shard in range(installation.settings.detection.shards):
        counts = installation.counts(shard)
        tallies.assert_whole(tallies.newest(counts))
        shards.append(counted(counts, installation.settings))
    reposts = [at for at in sent.distinct if at.repost]
    return {
        "events": sent.events.total(),
        "distinct": sent.distinct.total(),
        "reposts": sum(sent.distinct[at] for at in reposts),
        "counted": min(found.total() for found in shards),
        "lost": max((sent.distinct - found).total() for found in shards),
        "doubled": max((found - sent.distinct).total() for found in shards),
    }


def archived(installation: Installation) -> bool:
    """The archive has come to the end of each partition."""
    due = {
        (installation.topics.counted(source), partition): end - 1
        for source in installation.settings.sources
        for partition, end in installation.reader.ends(installation.topics.counted(source)).items()
    }
    with views.opened(place(installation.settings)) as archive:
        found = archive.execute(
            'SELECT topic, "partition", max("offset") FROM (SELECT topic, "partition", "offset" '
            'FROM complaints_records UNION ALL SELECT topic, "partition", "offset" '
            "FROM mentions_records) GROUP BY ALL"
        ).fetchall()
    return {(topic, partition): last for topic, partition, last in found} == due


def archive(installation: Installation, sent: Sent) -> dict[str, int]:
    """Events in the archive, duplicates among them, and how far that is from what was sent."""
    held, away = 0, 0
    with views.opened(place(installation.settings)) as opened:
        for stream in sent.events:
            ((events, ids),) = opened.execute(HELD[stream], [f"{SENTINEL}%"]).fetchall()
            held += events
            away += abs(sent.events[stream] - events) + abs(sent.ids[stream] - ids)
    return {"archived": held, "unarchived": away}


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
