"""Silence: which sources, and which channels in them, bring nothing any more.

A *feed* is a topic, or what one channel (of posts: platform) brings by it. Events are counted, not
people: a repeat contact and a copy of a post are signs of life too. All shards judge all feeds of
a stream alike, as they do the totals, and one of them reports a feed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.gates import Gate, Number, Step
from alerts.signal import Kind, Scope, Signal
from detectors import grounds
from detectors.alarm import Hysteresis
from detectors.silence import Silence, SilenceState, Verdict
from streams.configuration.sections import CHANNELS, MINUTES
from streams.counts.cells import SEPARATOR, Cells
from streams.detection import signals
from streams.detection.judges.judge import Closed, Judge, Record, Seat
from streams.detection.judges.standing import Standing
from streams.detection.retirement import Retirement
from streams.detection.series import Series
from streams.detection.signals import Change

MOST = 200  # feeds of a stream; further ones are not watched
WHOLE = ""  # the channel of a feed that is a topic


class Feed(NamedTuple):
    topic: str
    channel: str

    @classmethod
    def of(cls, scope: Scope) -> "Feed | None":
        """The one that has exactly this scope; of any other field none has."""
        channel = _channel(scope["stream"])
        if "source" not in scope or not scope.keys() <= {"stream", "source", channel}:
            return None
        return cls(scope["source"], scope.get(channel, WHOLE))


class Heard(NamedTuple):
    """What came in a bucket; `last` is the minute, since the epoch, of the last event."""

    events: int
    last: int


NOTHING = Heard(0, 0)
Chunk = dict[int, dict[str, Heard]]  # by bucket and channel


class SilenceJudge(Judge):
    """The feeds of one stream. It speaks at a close alone: an open hour can still bring something.

    Args:
        seat: where it sits; `silence` of a source says whether that of its feeds is an alarm.
    """

    def __init__(self, seat: Seat) -> None:
        self.feeds: list[Feed] = []
        self._stream, self._speaks_for = seat.stream, seat.speaks_for
        self._watched = {source.topic for source in seat.settings.sources if source.silence}
        self._silence = Silence(threshold=seat.threshold)
        self._state = SilenceState.empty()
        self._verdict: Verdict | None = None  # on the hour closed last
        self._alarms = Standing(Hysteresis(quiet=1))
        self._last: list[int] = []
        self._held: dict[str, dict[int, Chunk]] = {}
        self._open: dict[int, dict[Feed, Heard]] = {}

    def take(self, record: Record) -> Iterator[Signal]:
        """Put what a chunk brought so far in the place of what was held of it.

        What is of closed buckets comes too late.
        """
        counts = record.counts
        partitions = self._held.setdefault(counts.topic, {})
        if record.replaces and counts.partition in partitions:
            before = partitions[counts.partition]
            self._add(counts.topic, before, sign=-1, after=record.after)
        chunk = partitions[counts.partition] = _chunk([counts.of_channels, counts.of_total])
        self._add(counts.topic, chunk, sign=1, after=record.after)
        yield from ()

    def close(self, closed: Closed) -> Iterator[Signal]:
        """What the bucket gives birth to is judged from the next on."""
        heard = self._open.pop(closed.bucket, {})
        came = [heard.get(feed, NOTHING) for feed in self.feeds]
        expected = self._silence.expect(
            self._state, bucket=closed.bucket, hour=closed.hour, known=closed.known
        )
        events = np.array([one.events for one in came], np.int64)
        self._state, verdict = self._silence.step(self._state, expected, events)
        verdict = replace(verdict, above=verdict.above & self._wanted)
        self._verdict = verdict
        self._last = [max(n, one.last) for n, one in zip(self._last, came, strict=True)]
        for change in self._alarms.step(verdict, bucket=closed.bucket):
            if self._tells(change.place):
                yield self._signal(verdict, change, closed.bucket)
        self._bear(heard)

    def retire(self, retirement: Retirement, series: Series) -> None:
        """Feeds are no series."""

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        """Of a feed: how long it has brought next to nothing."""
        if (feed := Feed.of(scope)) is None:
            return ()
        place = self.feeds.index(feed) if feed in self.feeds else MOST
        if self._verdict is None or place >= self._verdict.score.size:
            numbers: dict[str, Number] = {"heard": float(len(self.feeds)), "most": float(MOST)}
            return (Gate(Step.SILENCE, open=False, numbers=numbers),)
        gate = Gate(
            Step.SILENCE, open=bool(self._verdict.above[place]),
            numbers=self._numbers(place, self._verdict, closed.bucket),
        )  # fmt: skip
        return (gate, *self._alarms.gates(place, Kind.SILENCE))

    def _numbers(self, place: int, verdict: Verdict, bucket: int) -> dict[str, Number]:
        """What keeps a feed from being judged, else the figures of its run."""
        if (topic := self.feeds[place].topic) not in self._watched:
            return {"topic": topic}
        if verdict.learning[place]:
            return self._learnt(place, bucket)
        since = signals.moment(int(verdict.onset[place]))
        return {
            **signals.figures(verdict, place, threshold=self._silence.threshold, since=since),
            **grounds.of_silence(verdict, place),
        }

    def _learnt(self, place: int, bucket: int) -> dict[str, Number]:
        """How far it is; one that has not begun may do so in the next bucket."""
        begun = int(self._state.begun[place])
        first = (begun if begun >= 0 else bucket + 1) + self._silence.shortest_learning + 1
        return {
            "events": float(self._state.profiles.level.a[place]),
            "needed": self._silence.events_to_learn, "earliest": signals.moment(first),
        }  # fmt: skip

    def _signal(self, verdict: Verdict, change: Change, bucket: int) -> Signal:
        place = change.place
        last = signals.moment(self._last[place], minutes=1)
        said = signals.counted(
            float(verdict.observed[place]), float(verdict.expected[place]),
            signals.moment(int(verdict.onset[place])), of="events",
        )  # fmt: skip
        return signals.alarm(
            Kind.SILENCE, self.scope(place), verdict, change, bucket=bucket,
            threshold=self._silence.threshold, last=last,
            reason=f"{said}; the last one came at {last.isoformat()}",
        )  # fmt: skip

    def scope(self, place: int) -> dict[str, str]:
        topic, channel = self.feeds[place]
        scope = {"stream": self._stream, "source": topic}
        return scope | ({_channel(self._stream): channel} if channel else {})

    def _tells(self, place: int) -> bool:
        """All shards judge all feeds; one of them tells of it."""
        return self._speaks_for("source", SEPARATOR.join(self.feeds[place]))

    def judged(self, series: Series) -> int:
        places = np.flatnonzero(~self._state.learning & self._wanted)
        return sum(self._tells(place) for place in places.tolist())

    @property
    def silent(self) -> int:
        """How many feeds are silent at present."""
        return self._alarms.places.size

    @property
    def threshold(self) -> float:
        return self._silence.threshold

    @property
    def fullness(self) -> float:
        return len(self.feeds) / MOST

    def snapshot(self) -> dict[str, Any]:
        return {
            "feeds": self.feeds, "last": self._last, "held": self._held, "open": self._open,
            "silence": self._state.columns(), "alarms": self._alarms.snapshot(),
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self.feeds = [Feed(*feed) for feed in held["feeds"]]
        self._last = held["last"]
        self._held = {
            topic: {
                number: {bucket: _heard(channels) for bucket, channels in chunk.items()}
                for number, chunk in parts.items()
            }
            for topic, parts in held["held"].items()
        }
        self._open = {
            bucket: {Feed(*feed): one for feed, one in _heard(feeds).items()}
            for bucket, feeds in held["open"].items()
        }
        self._state = SilenceState.of(held["silence"])
        self._alarms.restore(held["alarms"])

    @property
    def _wanted(self) -> NDArray[np.bool_]:
        return np.array([feed.topic in self._watched for feed in self.feeds], np.bool_)

    def _add(self, topic: str, chunk: Chunk, *, sign: int, after: int) -> None:
        for bucket, channels in chunk.items():
            if bucket <= after:
                continue
            feeds = self._open.setdefault(bucket, {})
            for channel, (events, last) in channels.items():
                before = feeds.get(Feed(topic, channel), NOTHING)
                feeds[Feed(topic, channel)] = Heard(
                    before.events + sign * events, max(before.last, last)
                )

    def _bear(self, heard: dict[Feed, Heard]) -> None:
        """In the order of their names, so that no order of reading decides."""
        known = set(self.feeds)
        born = sorted(feed for feed, one in heard.items() if one.events and feed not in known)
        born = born[: MOST - len(self.feeds)]
        self.feeds += born
        self._last += [heard[feed].last for feed in born]
        self._state = self._state.grown(len(self.feeds))


def _channel(stream: str) -> str:
    """The field that a channel of its sources has."""
    return CHANNELS[stream].by[0]


def _chunk(cells: Sequence[Cells | None]) -> Chunk:
    """Of the cells of the channels, and of the total, whose only key is the empty one."""
    chunk: Chunk = {}
    for one in cells:
        for bucket, channel, heard in _sums(one) if one is not None else ():
            chunk.setdefault(bucket, {})[channel] = heard
    return chunk


def _sums(cells: Cells) -> Iterator[tuple[int, str, Heard]]:
    """By bucket and channel."""
    numbers, channels = cells.numbers(), len(cells.keys)
    codes, at = np.unique(
        numbers.minutes // MINUTES * channels + numbers.series, return_inverse=True
    )
    events, last = np.zeros((2, codes.size), np.int64)
    np.add.at(events, at, numbers.events)
    np.maximum.at(last, at, numbers.minutes)
    for code, n, minute in zip(codes.tolist(), events.tolist(), last.tolist(), strict=True):
        yield code // channels, cells.keys[code % channels], Heard(n, minute)


def _heard(held: dict[Any, Any]) -> dict[Any, Heard]:
    return {key: Heard(*one) for key, one in held.items()}
