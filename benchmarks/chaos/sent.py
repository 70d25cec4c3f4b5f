"""What was sent, and how it must count: found from the events alone, one at a time.

Counts are exact for what comes again within `detection.repeat_horizon`, inside a partition of what
is counted. Complaints are keyed, or re-keyed, by person, so everybody counts once for a matter, a
product and category. Posts lie with their root, so their author counts once for it in each
partition: counts call that approximate. Just this is asked for; events among which something comes
again later are refused.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from benchmarks.chaos import ground
from benchmarks.chaos.events import SHARING
from streams.settings import Settings, Source
from streams.sources.keys import spread
from tests.kafka.histories import Event

MINUTE = 60_000  # ms
WHO = {"complaints": "person", "mentions": "author"}
ROOT = ("root", "repost_of", "id")
First = dict[str, int]  # when each was met first (ms)


class Place(NamedTuple):
    """Where an event counts, and whether it does as a repost; `source` is the topic."""

    source: str
    product: str
    minute: int
    repost: bool = False


class Sent(NamedTuple):
    """How many events of each stream there are, and by place the distinct ones and the people."""

    events: Counter[str]
    ids: Counter[str]
    distinct: Counter[Place]
    people: Counter[Place]

    @classmethod
    def of(cls, files: Iterable[Path], settings: Settings) -> "Sent":
        """Of files that are named after their streams; raises ValueError beyond the horizon."""
        sent = cls(Counter(), Counter(), Counter(), Counter())
        for file in files:
            with file.open(encoding="utf-8") as lines:
                sent._add(file.stem, map(json.loads, lines), settings)
        return sent

    def _add(self, stream: str, events: Iterable[Event], settings: Settings) -> None:
        met = _Met(settings.detection.repeat_horizon)
        sources = {source.topic: source for source in settings.sources}
        for event in events:
            self.events[stream] += 1
            if not met.first(met.ids, event["id"], event["time"]):
                continue
            source = sources[ground.topic(stream, event.get("person"))]
            partition = _partition(source, event)
            at = Place(source.topic, event["product"], event["time"] // MINUTE)
            repost = "repost_of" in event or met.repeats(event.get("text"), partition)
            self.distinct[at._replace(repost=repost)] += 1
            matter = met.matters[partition, event["product"], event["category"]]
            if not repost and met.first(matter, event[WHO[stream]], event["time"]):
                self.people[at] += 1
        self.ids[stream] = len(met.ids)


def _partition(source: Source, event: Event) -> int:
    """That its post lies in; of complaints each person has but one, so that it makes no odds."""
    if source.counted_by == "person":
        return 0
    key = next(event[name] for name in ROOT if name in event)
    return int(spread([key.encode()], source.partitions)[0])


class _Met:
    """What a source has brought so far."""

    def __init__(self, horizon: timedelta) -> None:
        self.ids: First = {}
        self.matters = defaultdict[tuple[int, str, str], First](dict)
        self._words = defaultdict[int, set[str]](set)
        self._horizon = horizon // timedelta(milliseconds=1)

    def first(self, met: First, name: str, time: int) -> bool:
        """Whether it is met for the first time, and then it is."""
        before = met.get(name)
        if before is None:
            met[name] = time
        elif time - before > self._horizon:
            raise ValueError(f"{name}: must come again within the horizon; take more events")
        return before is None

    def repeats(self, text: str | None, partition: int) -> bool:
        """Whether its own words are those of a post of its partition, which they join."""
        if text is None:
            return False
        words, said = self._words[partition], text.removeprefix(SHARING)
        known = said in words
        words.add(said)
        return known
