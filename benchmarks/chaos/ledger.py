"""What came of it all: each event against the counts, each signal against the back-test."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from streams.archive import views
from streams.archive.places import place
from streams.broker.topics import Role, group
from streams.counts.cells import Cells, Counts
from tests.kafka import tallies
from tests.kafka.histories import PRODUCTS
from tests.kafka.installation import SENTINEL, Installation
from tests.kafka.receiver import Received

MINUTE = 60_000  # ms
PRODUCT = 0  # its cut, which goes to every shard
Place = tuple[str, int]  # a product and a minute
ENDED = ("sent", "failed", "unknown")


class Sent(NamedTuple):
    """How many events there are, and the distinct ones by product and minute."""

    events: int
    distinct: Counter[Place]

    @classmethod
    def of(cls, file: Path) -> "Sent":
        number, known, held = 0, set[str](), Counter[Place]()
        with file.open(encoding="utf-8") as lines:
            for event in map(json.loads, lines):
                number += 1
                if event["id"] not in known:
                    known.add(event["id"])
                    held[event["product"], event["time"] // MINUTE] += 1
        return cls(number, held)


def counted(counts: Iterable[Counts]) -> Counter[Place]:
    """The events that one shard was told of, by product and minute."""
    found: Counter[Place] = Counter()
    for chunks in tallies.newest(counts).values():
        for record in chunks.values():
            cells = record.cells[PRODUCT]
            if isinstance(cells, Cells):
                numbers = cells.numbers()
                rows = (numbers.series.tolist(), numbers.minutes.tolist(), numbers.events.tolist())
                for series, minute, events in zip(*rows, strict=True):
                    found[cells.keys[series], minute] += events
    return Counter({place: n for place, n in found.items() if place[0] in PRODUCTS})


def events(installation: Installation, sent: Sent) -> dict[str, int]:
    """Lost and doubled are those of the worst shard; they do not make up for each other."""
    shards = []
    for shard in range(installation.settings.detection.shards):
        counts = installation.counts(shard)
        tallies.assert_whole(tallies.newest(counts))
        shards.append(counted(counts))
    return {
        "events": sent.events,
        "distinct": sent.distinct.total(),
        "counted": min(found.total() for found in shards),
        "lost": max((sent.distinct - found).total() for found in shards),
        "doubled": max((found - sent.distinct).total() for found in shards),
    }


def archived(installation: Installation) -> bool:
    """The archive has come to the end of each partition."""
    (source,) = installation.settings.sources
    ends = installation.reader.ends(installation.topics.source(source))
    with views.opened(place(installation.settings)) as archive:
        found = archive.execute(
            'SELECT "partition", max("offset") FROM complaints_records GROUP BY ALL'
        ).fetchall()
    return dict(found) == {partition: end - 1 for partition, end in ends.items()}


def archive(installation: Installation, sent: Sent) -> dict[str, int]:
    """Events in the archive, duplicates among them, and how far that is from what was sent."""
    with views.opened(place(installation.settings)) as opened:
        ((held,),) = opened.execute(
            "SELECT count(*) FROM complaints WHERE product NOT LIKE ?", [f"{SENTINEL}%"]
        ).fetchall()
    return {"archived": held, "unarchived": abs(sent.events - held)}


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


def notifications(
    lines: Sequence[Mapping[str, Any]], received: Sequence[Received]
) -> dict[str, Any]:
    """Those that came again, and did so without saying it; those that never came.

    `failed_tries` are the reasons of tries after which there was another.
    """
    wanted = {line["id"] for line in lines if line["state"] == "wanted"}
    came = Counter(message.delivery for message in received)
    plain = Counter(message.delivery for message in received if not message.repetition)
    return {
        "notifications": len(wanted),
        "repeated_notifications": came.total() - len(came),
        "unmarked_repetitions": plain.total() - len(plain),
        "lost_notifications": len(wanted - came.keys()),
        "failed_tries": Counter(line["reason"] for line in lines if line["reason"]),
    }


def answered(installation: Installation, said: Mapping[int, int]) -> bool:
    """Response has taken what the log of incidents held up to these offsets."""
    members = group(installation.settings, Role.RESPONSE)
    done = installation.reader.committed(members, installation.topics.incident_inputs)
    return all(done.get(partition, 0) >= end for partition, end in said.items())


def ended(lines: Sequence[Mapping[str, Any]]) -> bool:
    """Every delivery that was wanted has come to an end."""
    states: dict[str, set[str]] = {}
    for line in lines:
        states.setdefault(line["id"], set()).add(line["state"])
    return all(found.intersection(ENDED) for found in states.values())
