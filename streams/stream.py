"""One stream's part of a shard: a pure function of the counts of the stream.

A bucket is judged when every source partition of its stream has passed its end. Until then the
oldest open bucket is judged provisionally against the expectation frozen at the last close, so
that its score can only rise, and a trigger is reported as soon as it is seen.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from alerts.signal import Signal, SignalState
from detectors import budget
from detectors.alarm import Hysteresis
from detectors.columns import Bools
from detectors.silence import Silence
from detectors.surge import Surge
from streams import signals
from streams.cells import Cells, Counts, layout, shard_of
from streams.groups import Groups
from streams.sections import BUCKET, MINUTES, counted
from streams.series import Contribution, Judged, Key, Series
from streams.settings import Settings
from streams.snapshots import SnapshotError
from streams.sources import Sources
from streams.triggers import Report, Triggers
from streams.watermarks import Admission, Watermarks, admit

MILLISECONDS = BUCKET // timedelta(milliseconds=1)
ENOUGH = {"complaints": 1, "mentions": 2}  # people whose report of harm is enough
NONE_CLOSED = -(2**62)


class Stream:
    """One stream's part of a shard."""

    def __init__(self, name: str, settings: Settings, shard: int) -> None:
        detection = settings.detection
        self.approximate = False
        self.late_at_detection = 0
        self._name, self._shard, self._shards = name, shard, detection.shards
        threshold = budget.threshold(
            false_alarms_per_week=detection.false_alarms_per_week, series=detection.series
        )
        self._surge = Surge(threshold=threshold)
        self._hysteresis = Hysteresis()
        cuts = [cut for cut in settings.cuts if cut.stream == name]
        self._layout = layout(counted(settings.cuts, name))
        self.series = Series(cuts, most=detection.max_series)
        self._own = np.empty(0, np.bool_)  # by life, whether it is told of here
        self._groups = Groups(cuts, zone=ZoneInfo(detection.zone))
        self.sources = Sources(
            name, Silence(threshold=threshold), zone=ZoneInfo(detection.zone),
            watched={source.topic for source in settings.sources if source.silence},
            speaks_for=lambda feed: self._speaks("source", feed),
        )  # fmt: skip
        self._triggers = Triggers.empty(enough=ENOUGH[name], quiet=self._hysteresis.quiet)
        self._marks = Watermarks.of([s.topic for s in settings.sources if s.stream == name])
        self._held: dict[str, dict[int, Contribution]] = {}
        self._shown: dict[str, dict[int, list[str]]] = {}
        self._closed: int | None = None
        self._freeze_expectations(0)

    def apply(self, counts: Counts) -> Iterator[Signal]:
        """Take in one record of the counts log."""
        admission = admit(self._marks.last(counts), counts)
        if admission is Admission.STALE:
            return
        self.approximate |= counts.approximate
        if admission is not Admission.IDLE:
            known = self._known(counts, admission)
            placed = self._replace(counts, admission)
            yield from self._report_triggers(counts, known)
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
        replaces = admission is Admission.REPLACES
        self.sources.take(counts, replaces=replaces, after=self._after)
        return placed

    def _known(self, counts: Counts, admission: Admission) -> frozenset[str]:
        """Triggers that an earlier record of this chunk has shown; from now on, of this one."""
        shown = self._shown.setdefault(counts.topic, {})
        before = shown.get(counts.partition, ()) if admission is Admission.REPLACES else ()
        shown[counts.partition] = [trigger.event for trigger in counts.triggers]
        return frozenset(before)

    def _cells(self, counts: Counts) -> list[Cells | None]:
        """The record's cells of the cuts that are judged, and of the total."""
        if counts.layout != self._layout:
            raise ValueError(
                f"{counts.topic}[{counts.partition}]: counts at offset {counts.start} were made "
                f"under other cuts ({counts.layout}) than this shard's ({self._layout}); intake "
                "and detection must run with the same settings, on topics of their own"
            )
        return [*counts.of_cuts, counts.of_total]

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
        masked = self._groups.close(bucket, self.series)
        judged = self.series.close(bucket, self._surge, self._hysteresis, masked=masked)
        yield from self._report(judged, bucket)
        yield from self.sources.close(bucket)
        born = self.series.newborn(bucket)
        self._groups.bear(born)
        self.series.bear(bucket, born, self._groups.place)
        self._own = np.append(self._own, self._told_here(born))
        self._freeze_expectations(bucket + 1)
        yield from self._close_triggers(bucket)

    def _report(self, judged: Judged, bucket: int) -> Iterator[Signal]:
        if judged.verdict is None:
            return
        alarms = self.series.alarms
        withdrawn = [(life, SignalState.WITHDRAWN, 0) for life in judged.withdrawn]
        for life, state, revision in (*signals.told(judged.changes, alarms), *withdrawn):
            if self._own[life]:
                yield signals.surge(
                    self.series.scope(life), judged.verdict, life, bucket=bucket, state=state,
                    fired=int(judged.fired[life]), revision=revision,
                    threshold=self._surge.threshold, approximate=self.approximate,
                )  # fmt: skip

    def _foresee(self, placed: Contribution, counts: Counts) -> Iterator[Signal]:
        bucket = self._after + 1
        if self._groups.masked(bucket):
            return  # what was held back may arrive at once
        found, verdict = self.series.foresee(placed, self._surge, self._hysteresis, bucket=bucket)
        for life, at in found.items():
            if verdict is not None and self._own[life]:
                yield signals.surge(
                    self.series.scope(life), verdict, at, fired=bucket, bucket=bucket,
                    state=SignalState.PROVISIONAL, revision=0, moment_of=_seen(counts, bucket),
                    threshold=self._surge.threshold, approximate=self.approximate,
                )  # fmt: skip

    def _report_triggers(self, counts: Counts, known: frozenset[str]) -> Iterator[Signal]:
        """Report what this record is the first to show."""
        news = [trigger for trigger in counts.triggers if trigger.event not in known]
        for report in self._triggers.add(news, minutes=MINUTES, least=self._after + 1):
            yield self._trigger(report, SignalState.PROVISIONAL, at=_seen(counts, report.bucket))

    def _close_triggers(self, bucket: int) -> Iterator[Signal]:
        for report in self._triggers.close(bucket):
            yield self._trigger(report, SignalState.CONFIRMED, at=signals.moment(bucket + 1))

    def _trigger(self, report: Report, state: SignalState, *, at: datetime) -> Signal:
        return signals.trigger(
            self._name, report, state=state, at=at, enough=self._triggers.enough,
            approximate=self.approximate,
        )  # fmt: skip

    def _freeze_expectations(self, bucket: int) -> None:
        self._groups.freeze(bucket)
        self.series.expect(self._surge, self._groups.rhythm, bucket=bucket)

    def _told_here(self, keys: Sequence[Key]) -> Bools:
        """All shards judge a broadcast series; one of them reports it."""
        cuts = self.series.cuts
        told = (cuts[k.cut].family or self._speaks(cuts[k.cut].name, k.fields) for k in keys)
        return np.fromiter(map(bool, told), np.bool_, len(keys))

    def _speaks(self, family: str, value: str) -> bool:
        return shard_of(family, value, shards=self._shards) == self._shard

    def learnt(self) -> tuple[int, int]:
        """How many series have learnt what is usual, of how many that this shard speaks for."""
        learning = self.series.learning[self._own]
        return int((~learning).sum()), learning.size

    @property
    def watermark(self) -> int | None:
        """Milliseconds of event time that every source has passed."""
        return self._marks.time

    @property
    def closed(self) -> int | None:
        """The bucket judged last."""
        return self._closed

    @property
    def _after(self) -> int:
        """The bucket closed last; before there is one, none is."""
        return NONE_CLOSED if self._closed is None else self._closed

    def snapshot(self) -> dict[str, Any]:
        return {
            "layout": self._layout, "series": self.series.snapshot(),
            "groups": self._groups.snapshot(), "sources": self.sources.snapshot(),
            "triggers": self._triggers, "marks": self._marks,
            "held": self._held, "shown": self._shown, "closed": self._closed,
            "approximate": self.approximate, "late_at_detection": self.late_at_detection,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        if held["layout"] != self._layout:
            raise SnapshotError(
                f"{self._name}: a snapshot must be restored under the cuts it was made with "
                f"({held['layout']}), got {self._layout}"
            )
        self.series.restore(held["series"])
        self._own = self._told_here(self.series.lives)
        self._groups.restore(held["groups"])
        self.sources.restore(held["sources"])
        self._triggers = msgspec.convert(held["triggers"], Triggers)
        self._marks = msgspec.convert(held["marks"], Watermarks)
        self._held = {
            topic: {n: Contribution(*placed) for n, placed in parts.items()}
            for topic, parts in held["held"].items()
        }
        self._shown = held["shown"]
        self._closed, self.approximate = held["closed"], held["approximate"]
        self.late_at_detection = held["late_at_detection"]
        self._freeze_expectations(self._after + 1 if self._closed is not None else 0)


def _seen(counts: Counts, bucket: int) -> datetime:
    """The end of the latest minute in a record, when what it shows of a bucket was to be known."""
    minutes = [trigger.minute for trigger in counts.triggers]
    if counts.of_total is not None:
        minutes += counts.of_total.numbers().minutes.tolist()
    latest = signals.EPOCH + timedelta(minutes=max(minutes) + 1)
    return min(latest, signals.moment(bucket + 1))
