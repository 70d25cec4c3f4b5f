"""A shard: counts in, signals out; a pure function of its counts log up to an offset.

A bucket is judged when every source partition of its stream has passed its end. Until then the
oldest open bucket is judged provisionally against the expectation frozen at the last close, so
that its score can only rise, and a trigger is reported as soon as it is seen.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from alerts.signal import Signal, SignalState
from detectors import budget
from detectors.alarm import Hysteresis
from detectors.outage import Outages
from detectors.season import Profiles
from detectors.surge import Surge
from streams import signals
from streams.cells import SEPARATOR, Cells, Counts, Trigger, shard_of
from streams.series import Contribution, Judged, Key, Series
from streams.sections import BUCKET, Cut
from streams.settings import Settings
from streams.snapshots import freeze, thaw
from streams.triggers import ScopeKey, Standing, Triggers
from streams.watermarks import Admission, Watermarks, admit

MINUTES = BUCKET // timedelta(minutes=1)
MILLISECONDS = BUCKET // timedelta(milliseconds=1)
WHOLE = 0  # the profile of the whole stream
NONE_CLOSED = -(2**62)


class Stream:
    """One stream's part of a shard."""

    def __init__(self, name: str, settings: Settings, shard: int) -> None:
        detection = settings.detection
        self.approximate = False
        self.late_at_detection = 0
        self._name, self._shard, self._shards = name, shard, detection.shards
        self._zone = ZoneInfo(detection.zone)
        self._surge = Surge(
            threshold=budget.threshold(
                false_alarms_per_week=detection.false_alarms_per_week, series=detection.series
            )
        )
        self._hysteresis = Hysteresis()
        cuts = [cut for cut in settings.cuts if cut.stream == name]
        self.series = Series(cuts, most=detection.max_series)
        self._profiled = _profiled(cuts)
        self._profiles, self._outages = Profiles.empty(1), Outages.empty(1)
        self._profile_of: dict[tuple[int, str], int] = {}
        self._triggers = Triggers.empty()
        self._marks = Watermarks.of([s.topic for s in settings.sources if s.stream == name])
        self._held: dict[str, dict[int, Contribution]] = {}
        self._closed: int | None = None
        self._freeze_expectations(0)

    def apply(self, counts: Counts) -> Iterator[Signal]:
        """Take in one record of the counts log."""
        admission = admit(self._marks.last(counts), counts)
        if admission is Admission.STALE:
            return
        self.approximate |= counts.approximate
        if admission is not Admission.IDLE:
            placed = self._replace(counts, admission)
            yield from self._report_triggers(counts)
        self._marks.note(counts)
        yield from self._close_passed()
        if admission is not Admission.IDLE and self._closed is not None:
            yield from self._foresee(placed, counts)

    def _replace(self, counts: Counts, admission: Admission) -> Contribution:
        """Put this chunk's cells in the place of what was held of it."""
        partitions = self._held.setdefault(counts.topic, {})
        before = partitions.get(counts.partition) if admission is Admission.REPLACES else None
        placed = partitions[counts.partition] = self.series.place(self._cells(counts))
        late = self.series.total(placed, through=self._after)
        if before is not None:
            late -= self.series.total(before, through=self._after)
            self.series.add(before, sign=-1, after=self._after)
        self.series.add(placed, sign=1, after=self._after)
        self.late_at_detection += max(late, 0)
        return placed

    def _cells(self, counts: Counts) -> list[Cells | None]:
        if len(counts.cells) != len(self.series.cuts) + 1:
            raise ValueError(
                f"{counts.topic}[{counts.partition}]: counts must hold "
                f"{len(self.series.cuts) + 1} cuts, got {len(counts.cells)}; intake and detection "
                "run with different settings"
            )
        return counts.cells  # type: ignore[return-value]  # decoded, no cell is raw any more

    def _close_passed(self) -> Iterator[Signal]:
        if self._marks.time is None:
            return
        last = self._marks.time // MILLISECONDS - 1
        if self._closed is None:
            first = self.series.first_open
            if first is None or first > last:
                return
            self._closed = first - 1
            self._freeze_expectations(first)
        while self._closed < last:
            self._closed += 1
            yield from self._close(self._closed)

    def _close(self, bucket: int) -> Iterator[Signal]:
        masked = self._learn_profiles(bucket)
        judged = self.series.close(bucket, self._surge, self._hysteresis, masked=masked)
        yield from self._report(judged, bucket)
        born = self.series.newborn(bucket)
        self._bear_profiles(born)
        self.series.bear(bucket, born, self._group)
        self._freeze_expectations(bucket + 1)
        yield from self._close_triggers(bucket)

    def _report(self, judged: Judged, bucket: int) -> Iterator[Signal]:
        if judged.verdict is None:
            return
        for lives, state in (
            (judged.changes.fired, SignalState.CONFIRMED),
            (judged.changes.updated, SignalState.CONFIRMED),
            (judged.changes.cleared, SignalState.CLEARED),
            (judged.withdrawn, SignalState.WITHDRAWN),
        ):
            for life in filter(self._speaks_for, map(int, lives)):
                confirmed = state is SignalState.CONFIRMED
                yield signals.surge(
                    self.series.scope(life), judged.verdict, life, bucket=bucket, state=state,
                    fired=int(judged.fired[life]),
                    revision=int(self.series.alarms.revision[life]) if confirmed else 0,
                    threshold=self._surge.threshold, approximate=self.approximate,
                )  # fmt: skip

    def _foresee(self, placed: Contribution, counts: Counts) -> Iterator[Signal]:
        bucket = self._after + 1
        found, verdict = self.series.foresee(placed, self._surge, self._hysteresis, bucket=bucket)
        for life, at in found.items():
            if verdict is not None and self._speaks_for(life):
                yield signals.surge(
                    self.series.scope(life), verdict, at, fired=bucket, bucket=bucket,
                    state=SignalState.PROVISIONAL, revision=0, moment_of=_seen(counts),
                    threshold=self._surge.threshold, approximate=self.approximate,
                )  # fmt: skip

    def _report_triggers(self, counts: Counts) -> Iterator[Signal]:
        for bucket, scope in self._triggers.add(counts.triggers, minutes=MINUTES):
            events = list(self._triggers.open[bucket][scope].values())
            if bucket <= self._after:
                yield from self._confirm(bucket)
                continue
            standing = self._triggers.standing.get(scope) or Standing(bucket, bucket, -1, 0)
            yield self._trigger(
                scope, events, standing, bucket, SignalState.PROVISIONAL,
                revision=standing.revision + 1, at=_seen(counts),
            )  # fmt: skip

    def _close_triggers(self, bucket: int) -> Iterator[Signal]:
        yield from self._confirm(bucket)
        for scope, standing in self._triggers.clear(bucket, quiet=self._hysteresis.quiet):
            yield self._trigger(
                scope, [], standing, bucket, SignalState.CLEARED, revision=0,
                at=signals.moment(bucket + 1),
            )  # fmt: skip

    def _confirm(self, bucket: int) -> Iterator[Signal]:
        for scope, events in self._triggers.close(bucket):
            standing = self._triggers.standing[scope]
            yield self._trigger(
                scope, events, standing, bucket, SignalState.CONFIRMED,
                revision=standing.revision, at=signals.moment(bucket + 1),
            )  # fmt: skip

    def _trigger(
        self, scope: ScopeKey, events: list[Trigger], standing: Standing, bucket: int,
        state: SignalState, *, revision: int, at: datetime,
    ) -> Signal:  # fmt: skip
        return signals.trigger(
            self._name, scope, events, standing, bucket=bucket, state=state,
            revision=revision, at=at, approximate=self.approximate,
        )  # fmt: skip

    def _learn_profiles(self, bucket: int) -> bool:
        """Learn what the groups did; returns whether the stream's sources were out."""
        counts = np.zeros(self._profiles.size, np.int64)
        counts[WHOLE] = self.series.counts(len(self.series.cuts), bucket).get("", 0)
        for cut in self._profiled:
            for fields, people in self.series.counts(cut, bucket).items():
                counts[self._profile_of.get((cut, fields), WHOLE)] = people
        masked = bool(self._outages.step(counts, self._rhythm, bucket=bucket)[WHOLE])
        masks = np.full(len(counts), masked)
        self._profiles.learn(counts, self._rhythm, bucket=bucket, masked=masks)
        return masked

    def _bear_profiles(self, born: list[Key]) -> None:
        for key in born:
            if key.cut in self._profiled:
                self._profile_of[key] = len(self._profile_of) + 1
        self._profiles = self._profiles.grown(len(self._profile_of) + 1)
        self._outages = self._outages.grown(len(self._profile_of) + 1)

    def _group(self, key: Key) -> int:
        """The profile a series borrows: its group's where that is counted, else the whole."""
        cut = self.series.cuts[key.cut]
        profiled = next((n for n in self._profiled if self.series.cuts[n].by[0] == cut.group), None)
        if cut.group is None or cut.group not in cut.by or profiled is None:
            return WHOLE
        value = key.fields.split(SEPARATOR)[cut.by.index(cut.group)]
        return self._profile_of.get((profiled, value), WHOLE)

    def _freeze_expectations(self, bucket: int) -> None:
        self._rhythm = self._profiles.expect(hour=self._local_hour(bucket))
        self.series.expect(self._surge, self._rhythm, bucket=bucket)

    def _local_hour(self, bucket: int) -> int:
        """Hours of local time since the epoch; modulo 168 they are the hour of the week."""
        start = signals.moment(bucket)
        offset = self._zone.utcoffset(start.astimezone(self._zone).replace(tzinfo=None))
        return (start + (offset or timedelta(0)) - signals.EPOCH) // timedelta(hours=1)

    def _speaks_for(self, life: int) -> bool:
        """All shards judge a broadcast series; one of them reports it."""
        key = self.series.lives[life]
        if self.series.cuts[key.cut].family:
            return True
        name = self.series.cuts[key.cut].name
        return shard_of(name, key.fields, shards=self._shards) == self._shard

    @property
    def _after(self) -> int:
        """The bucket closed last; before there is one, none is."""
        return NONE_CLOSED if self._closed is None else self._closed

    def snapshot(self) -> dict[str, Any]:
        return {
            "series": self.series.snapshot(),
            "profiles": self._profiles.columns(), "outages": self._outages.columns(),
            "profile_of": self._profile_of, "triggers": self._triggers, "marks": self._marks,
            "held": self._held, "closed": self._closed, "approximate": self.approximate,
            "late_at_detection": self.late_at_detection,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self.series.restore(held["series"])
        self._profiles, self._outages = Profiles.of(held["profiles"]), Outages.of(held["outages"])
        self._profile_of = {(cut, fields): n for (cut, fields), n in held["profile_of"].items()}
        self._triggers = msgspec.convert(held["triggers"], Triggers)
        self._marks = msgspec.convert(held["marks"], Watermarks)
        self._held = {
            topic: {n: Contribution(*placed) for n, placed in parts.items()}
            for topic, parts in held["held"].items()
        }
        self._closed, self.approximate = held["closed"], held["approximate"]
        self.late_at_detection = held["late_at_detection"]
        self._freeze_expectations(self._after + 1 if self._closed is not None else 0)


class Shard:
    """All streams of one shard.

    Args:
        settings: of the installation; a snapshot is restored under the settings it was made with.
        shard: its number, below `detection.shards`.
    """

    def __init__(self, settings: Settings, shard: int) -> None:
        names = sorted({cut.stream for cut in settings.cuts})
        self._streams = {name: Stream(name, settings, shard) for name in names}

    def apply(self, counts: Counts) -> list[Signal]:
        """The signals that one record of the counts log leads to, in a fixed order."""
        stream = self._streams.get(counts.stream)
        return list(stream.apply(counts)) if stream else []

    @property
    def late_at_detection(self) -> int:
        """People counted after their bucket had closed; 0 as long as no idle mark overtook data."""
        return sum(stream.late_at_detection for stream in self._streams.values())

    def series(self) -> int:
        """How many series live here, those that go to all shards included."""
        return sum(len(stream.series) for stream in self._streams.values())

    def snapshot(self) -> bytes:
        return freeze({name: stream.snapshot() for name, stream in self._streams.items()})

    def restore(self, frozen: bytes) -> None:
        for name, held in thaw(frozen).items():
            self._streams[name].restore(held)


def _profiled(cuts: list[Cut]) -> list[int]:
    """The cuts by one field that go to all shards, of the fields that others borrow from."""
    borrowed = {cut.group for cut in cuts if cut.group in cut.by}
    return [
        n
        for n, cut in enumerate(cuts)
        if len(cut.by) == 1 and cut.by[0] in borrowed and not cut.where and not cut.family
    ]


def _seen(counts: Counts) -> datetime:
    """The end of the latest minute in a record: when what it shows was to be known."""
    total = counts.cells[-1] if counts.cells else None
    minutes = [trigger.minute for trigger in counts.triggers]
    if isinstance(total, Cells):
        minutes += total.minutes
    return signals.EPOCH + timedelta(minutes=max(minutes) + 1)
