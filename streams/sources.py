"""What came of each source and of each channel in it, and which of them have fallen silent.

A *feed* is a topic, or what one channel (of posts: platform) brings by it. Events are counted, not
people: a repeat contact and a copy of a post are signs of life too. All shards judge all feeds of
a stream alike, as they do the totals, and one of them reports a feed.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerts.signal import Signal
from detectors.alarm import NEVER, Alarms, Changes, Hysteresis
from detectors.silence import Silence, SilenceState, Verdict
from streams import signals
from streams.cells import SEPARATOR, Cells, Counts
from streams.groups import local_hour
from streams.sections import CHANNELS, MINUTES

Ints = NDArray[np.int64]
MOST = 200  # feeds of a stream; further ones are not watched
WHOLE = ""  # the channel of a feed that is a topic


class Feed(NamedTuple):
    topic: str
    channel: str


class Heard(NamedTuple):
    """What came in a bucket; `last` is the minute, since the epoch, of the last event."""

    events: int
    last: int


NOTHING = Heard(0, 0)
Chunk = dict[int, dict[str, Heard]]  # by bucket and channel


class Sources:
    """The feeds of one stream.

    Args:
        stream: its name.
        silence: how they are judged.
        zone: of the hours and weekdays.
        watched: the topics whose silence is an alarm.
        speaks_for: whether this shard reports the feed of this name.
    """

    def __init__(
        self, stream: str, silence: Silence, *, zone: ZoneInfo, watched: Collection[str],
        speaks_for: Callable[[str], bool],
    ) -> None:  # fmt: skip
        self.feeds: list[Feed] = []
        self.alarms = Alarms.empty()
        self._stream, self._silence, self._zone, self._watched = stream, silence, zone, watched
        self._speaks_for = speaks_for
        self._hysteresis = Hysteresis(quiet=1)
        self._state = SilenceState.empty()
        self._last: list[int] = []
        self._held: dict[str, dict[int, Chunk]] = {}
        self._open: dict[int, dict[Feed, Heard]] = {}

    def take(self, counts: Counts, *, replaces: bool, after: int) -> None:
        """Put what a chunk brought so far in the place of what was held of it.

        What is of the buckets up to `after`, which are closed, comes too late.
        """
        partitions = self._held.setdefault(counts.topic, {})
        if replaces and counts.partition in partitions:
            self._add(counts.topic, partitions[counts.partition], sign=-1, after=after)
        chunk = partitions[counts.partition] = _chunk([counts.of_channels, counts.of_total])
        self._add(counts.topic, chunk, sign=1, after=after)

    def close(self, bucket: int) -> Iterator[Signal]:
        """Judge the bucket, then learn it; what it gives birth to is judged from the next on.

        Nothing is said before: an hour that is not over can still bring something.
        """
        heard = self._open.pop(bucket, {})
        came = [heard.get(feed, NOTHING) for feed in self.feeds]
        fired = np.where(self.alarms.fired == NEVER, bucket, self.alarms.fired)
        expected = self._silence.expect(
            self._state, bucket=bucket, hour=local_hour(bucket, self._zone)
        )
        events = np.array([one.events for one in came], np.int64)
        self._state, verdict = self._silence.step(self._state, expected, events)
        verdict = replace(verdict, above=verdict.above & self._wanted)
        self.alarms, changes = self._hysteresis.step(self.alarms, verdict, bucket=bucket)
        self._last = [max(n, one.last) for n, one in zip(self._last, came, strict=True)]
        yield from self._report(verdict, changes, fired, bucket)
        self._bear(heard)

    def _report(
        self, verdict: Verdict, changes: Changes, fired: Ints, bucket: int
    ) -> Iterator[Signal]:
        for place, state, revision in signals.told(changes, self.alarms):
            if self._speaks_for(SEPARATOR.join(self.feeds[place])):
                yield signals.silence(
                    self.scope(place), verdict, place, fired=int(fired[place]), bucket=bucket,
                    state=state, revision=revision, threshold=self._silence.threshold,
                    last=self._last[place],
                )  # fmt: skip

    def scope(self, place: int) -> dict[str, str]:
        topic, channel = self.feeds[place]
        scope = {"stream": self._stream, "source": topic}
        return scope | ({CHANNELS[self._stream].by[0]: channel} if channel else {})

    @property
    def silent(self) -> int:
        """How many feeds have an alarm that stands."""
        return int(np.count_nonzero(self.alarms.fired != NEVER))

    @property
    def fullness(self) -> float:
        """Share of the bound that is taken."""
        return len(self.feeds) / MOST

    def snapshot(self) -> dict[str, Any]:
        return {
            "feeds": self.feeds, "last": self._last, "held": self._held, "open": self._open,
            "silence": self._state.columns(), "alarms": self.alarms.columns(),
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
        self.alarms = Alarms.of(held["alarms"])

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
        self.alarms = self.alarms.grown(len(self.feeds))


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
