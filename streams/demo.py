"""What the demonstration plays, and whether what went wrong was called."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from streams import security
from streams.events import EPOCH, MILLISECOND
from streams.replay import Feed, Pace
from streams.settings import Settings
from streams.topics import Topics
from streams.traffic.generator import Traffic, generate
from streams.traffic.scenarios import Label, lately

HISTORY_DAYS = 28
LEARNING = timedelta(days=14)  # at most; what opens before is no alarm yet
SEED = 7


class Call(NamedTuple):
    """How a labelled incident was called: by which incident of ours, when, in which colour."""

    label: Label
    incident: str | None
    colour: str
    at: datetime | None

    @property
    def began(self) -> datetime:
        return datetime.fromisoformat(self.label.begins)


def traffic(*, end: datetime, seed: int = SEED) -> Traffic:
    """Four weeks that end at `end`, with one incident of each kind in the last two days."""
    days = HISTORY_DAYS + 2
    start = end - timedelta(days=days)
    return generate(seed=seed, start=start, days=days, incidents=lately(end))


class Played(NamedTuple):
    """What was sent: records, the seconds that the history took, and the labelled events' times."""

    records: int
    history_seconds: float
    times: dict[str, datetime]

    def until(self, call: Call) -> int:
        """How many events of a labelled incident had happened when it was called."""
        happened = (self.times[event] for event in call.label.events)
        return sum(time <= call.at for time in happened) if call.at else 0


def play(made: Traffic, feed: Feed, *, seconds: float, on_live: Callable[[], None]) -> Played:
    """Play the history at once and the last two days within `seconds`."""
    began, quick = time.monotonic(), 0.0
    pace = Pace(timedelta(days=made.days - HISTORY_DAYS).total_seconds() / seconds)
    labelled = {event for label in made.labels for event in label.events}
    times: dict[str, datetime] = {}
    for number, day in enumerate(made.daily()):
        if number == HISTORY_DAYS:
            quick = time.monotonic() - began
            on_live()
        for one in day:
            if number >= HISTORY_DAYS:
                pace.wait(one.arrives)
            if isinstance(one.event, bytes):
                feed.raw(one.stream, one.event)
                continue
            feed.event(one.stream, one.event)
            if one.event.id in labelled:
                times[one.event.id] = EPOCH + one.event.time * MILLISECOND
    feed.end(("complaints", "mentions"), made.end)
    return Played(feed.sent, quick, times)


class Watch:
    """Reads the public topics of an installation from their beginning."""

    def __init__(self, settings: Settings, bootstrap: str) -> None:
        names = Topics.of(settings)
        self._topics = {names.signals: "signals", names.incidents: "incidents"}
        self.signals: dict[str, dict[str, Any]] = {}
        self.incidents: dict[str, list[dict[str, Any]]] = {}
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap.split(","), enable_auto_commit=False,
            **security.client(settings.kafka),
        )  # fmt: skip
        parts = [TopicPartition(topic, 0) for topic in self._topics]
        self._consumer.assign(parts)
        self._consumer.seek_to_beginning(*parts)

    def look(self) -> None:
        """Take in what is new; waits at most half a second."""
        for part, records in self._consumer.poll(timeout_ms=500).items():
            for record in records:
                said = json.loads(record.value)
                if self._topics[part.topic] == "signals":
                    self.signals.setdefault(said["id"], said)
                else:
                    self.incidents.setdefault(said["id"], []).append(said)

    def close(self) -> None:
        self._consumer.close()

    def call(self, label: Label) -> Call:
        """The first word of ours about a labelled incident."""
        found = [
            (datetime.fromisoformat(signal["at"]), line["id"], lines[-1]["colour"])
            for lines in self.incidents.values()
            for line in lines
            for name in line["signals"]
            if (signal := self.signals.get(name)) and _meets(label, signal)
        ]
        if not found:
            return Call(label, None, "", None)
        at, incident, colour = min(found)
        return Call(label, incident, colour, at)

    def false_alarms(self, calls: Sequence[Call], *, since: datetime) -> list[dict[str, Any]]:
        """Incidents after the learning that called nothing labelled."""
        right = {call.incident for call in calls}
        firsts = [lines[0] for lines in self.incidents.values()]
        return [
            line
            for line in firsts
            if line["id"] not in right
            and datetime.fromisoformat(line["opened"]) >= since
            and not any(
                _meets(call.label, self.signals[s]) for call in calls for s in line["signals"]
            )
        ]


def _meets(label: Label, signal: dict[str, Any]) -> bool:
    """The signal is about what the label is about, and not before it."""
    scope, at = signal["scope"], datetime.fromisoformat(signal["at"])
    named = set(label.scope.items()) - {("stream", label.scope["stream"])}
    return named <= set(scope.items()) and at >= datetime.fromisoformat(label.begins)


def settled(watch: Watch, made: Traffic, *, within: float) -> bool:
    """Look until every labelled incident is called, at most for `within` seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        watch.look()
        if all(watch.call(label).incident for label in made.labels):
            return True
    return False
