"""One stream's part of a shard: a pure function of the counts of the stream.

A bucket is judged when every source partition of its stream has passed its end (`judges`). Until
then the oldest open hour is judged provisionally against the expectation frozen at the last
close, so that its score can only rise, and a trigger is reported as soon as it is seen.
"""

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from alerts.signal import Signal
from detectors import budget
from detectors.calendar import DAY
from detectors.columns import Ints
from detectors.season import WEEK
from streams.configuration.sections import MINUTES, counted
from streams.counts.cells import Cells, Counts, layout, shard_of
from streams.counts.counting import MINUTE
from streams.counts.watermarks import Admission, Watermarks, admit
from streams.detection.almanac import Almanac
from streams.detection.calendar import UNSEEN, Calendar, Closing
from streams.detection.groups import Groups, local_hour
from streams.detection.judges.bench import MAKERS, Bench, Makers
from streams.detection.judges.judge import NEVER, Closed, Record, Seat
from streams.detection.judges.surge import SurgeJudge
from streams.detection.retirement import retirement
from streams.detection.series import Contribution, Key, Series
from streams.detection.snapshots import SnapshotError
from streams.detection.weeks import MONDAY, Weeks
from streams.settings import Settings

FORM = 5  # of snapshots; those of another are refused
STREAMS = ("complaints", "mentions")
Watch = Callable[[str, Closed, Bench], None]
NO_PEOPLE = np.empty(0, np.int64)


class Stream:
    """One stream's part of a shard.

    Args:
        name: of the stream.
        settings: of the installation.
        shard: its number.
        makers: of the judges beside those of surges and triggers.
        watch: is shown each bucket, with its stream, when its judges are through.
    """

    def __init__(
        self, name: str, settings: Settings, shard: int, *, makers: Makers = MAKERS,
        watch: Watch | None = None,
    ) -> None:  # fmt: skip
        detection = settings.detection
        self.approximate = False
        self.late_at_detection = 0
        self._watch = watch
        self._name, self._shard, self._shards = name, shard, detection.shards
        self._zone = ZoneInfo(detection.zone)
        self._cuts = [cut for cut in settings.cuts if cut.stream == name]
        self._layout = layout(counted(settings.cuts, name))
        self.series = Series(
            self._cuts, most=detection.max_series, tells=self._told_here, asked=watch is not None
        )
        self._groups = Groups(self._cuts, zone=self._zone)
        seat = Seat(
            name, settings, self._cuts, self._zone, speaks_for=self._speaks,
            asked=watch is not None, threshold=budget.threshold(
                false_alarms_per_week=detection.false_alarms_per_week, series=detection.series
            ),
        )  # fmt: skip
        almanac = Almanac(settings.calendar, zone=self._zone, stream=name)
        self._calendar = Calendar(almanac, name)
        self._surge = SurgeJudge(seat.under("surge"), self._groups, self._calendar)
        self.judges = Bench(seat, self._surge, makers)
        self._marks = Watermarks.of([s.topic for s in settings.sources if s.stream == name])
        self._held: dict[str, dict[int, Contribution]] = {}
        self._weeks, self._retire_after = Weeks(), detection.retire_after
        self.retired = 0  # of those that were told of here
        self._passed = NEVER  # the minute up to which buckets are closed
        self._freeze(0)

    def apply(self, counts: Counts) -> Iterator[Signal]:
        """Take in one record of the counts log."""
        admission = admit(self._marks.last(counts), counts)
        if admission is Admission.STALE:
            return
        self.approximate |= counts.approximate
        adds = admission in (Admission.FOLLOWS, Admission.REPLACES)
        placed = self._replace(counts, admission) if adds else None
        if placed is not None:
            yield from self.judges.take(self._record(counts, placed, admission))
        self._marks.note(counts)
        yield from self._close_passed()
        if placed is not None and self._passed != NEVER:
            placed = self._held[counts.topic][counts.partition]  # its rows may have moved
            yield from self.judges.foresee(self._record(counts, placed, admission))

    def _record(self, counts: Counts, placed: Contribution, admission: Admission) -> Record:
        return Record(
            counts, self.series, placed, replaces=admission is Admission.REPLACES,
            passed=self._passed, approximate=self.approximate,
            expected=self._surge.usual.expectation, masked=self._groups.masked(self._after + 1),
        )  # fmt: skip

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
        """The record's cells of the cuts that are judged, and of the total."""
        if counts.layout != self._layout:
            raise ValueError(
                f"{counts.topic}[{counts.partition}]: counts at offset {counts.start} were made "
                f"under other cuts ({counts.layout}) than this shard's ({self._layout}); intake "
                "and detection must run with the same settings, on topics of their own"
            )
        return [*counts.of_cuts, counts.of_total]

    def _close_passed(self) -> Iterator[Signal]:
        """Close what event time has passed: of each hour the finer buckets, then itself."""
        if self._marks.time is None:
            return
        now = self._marks.time // MINUTE
        if self._passed == NEVER:
            first = self.series.first_open
            if first is None or first * MINUTES > now:
                return
            self._passed = first * MINUTES
            self._freeze(first)
        while self._passed < now:
            before, hour = self._passed, self._passed // MINUTES
            self._passed = min(now, (hour + 1) * MINUTES)
            yield from self._close_finer(before)
            if self._passed % MINUTES == 0:
                yield from self._close_hour(hour)

    def _close_finer(self, before: int) -> Iterator[Signal]:
        """Those that end after this minute and until the one that is passed."""
        for minutes in self.judges.finer:
            for bucket in range(before // minutes, self._passed // minutes):
                living = len(self.series.lives)
                closed = self._closed(bucket, minutes, born=living, people=NO_PEOPLE)
                yield from self._judge(closed)

    def _close_hour(self, bucket: int) -> Iterator[Signal]:
        self._groups.close(bucket, self.series)
        living = len(self.series.lives)
        self._groups.bear(self.series.bear(bucket))
        people = self.series.people(bucket)
        self.series.note(people, week=self._weeks.ended)
        closed = self._closed(bucket, MINUTES, born=living, people=people)
        yield from self._judge(closed)
        self._note(bucket, people)
        self._pass(closed)
        self._freeze(bucket + 1)

    def _judge(self, closed: Closed) -> Iterator[Signal]:
        yield from self.judges.close(closed)
        if self._watch is not None:
            self._watch(self._name, closed, self.judges)

    def _pass(self, closed: Closed) -> None:
        """Go on from an hour that all have judged."""
        whole = self.series.counts(len(self._cuts), closed.bucket).get("", 0)
        self._weeks.add(people=whole, masked=closed.masked)
        self.series.forget(closed.bucket)
        if closed.ends(WEEK, offset=MONDAY):
            self._weeks.end()
            if self._retire_after:
                self._retire()

    def _retire(self) -> None:
        """Free the places of series that have had nobody for long, and move the others together."""
        found = retirement(
            self.series.last, self.judges.holds(self.series),
            ended=self._weeks.ended, after=self._retire_after,
        )  # fmt: skip
        self.retired += int(np.count_nonzero(self.series.own & ~found.kept))
        rows = self.series.retire(found.kept)
        self._held = {
            topic: {n: placed.moved(rows) for n, placed in parts.items()}
            for topic, parts in self._held.items()
        }
        if not found.kept.all():
            self.judges.retire(found, self.series)
            self._surge.regroup(self._groups.retire(self.series))
            self._calendar.retire()

    def _note(self, bucket: int, people: Ints) -> None:
        """Let the calendar see what came of its events; in an outage nobody knows."""
        if not self._groups.masked(bucket):
            usual, whole = self._surge.usual, self._groups.whole(bucket, self.series)
            closing = Closing(people, usual.expectation, usual.learning, whole)
        else:
            closing = UNSEEN
        self._calendar.close(bucket, local_hour(bucket, self._zone) // DAY, closing)

    def _closed(self, bucket: int, minutes: int, *, born: int, people: Ints) -> Closed:
        hour, following = bucket * minutes // MINUTES, (bucket + 1) * minutes // MINUTES
        return Closed(
            bucket=bucket, minutes=minutes, hour=local_hour(hour, self._zone),
            next_hour=local_hour(following, self._zone), masked=self._groups.masked(hour),
            series=self.series, born=born, people=people, usual=self._surge.usual,
            approximate=self.approximate, known=self._calendar.of_whole,
            week=self._weeks.ended,
        )  # fmt: skip

    def _freeze(self, bucket: int) -> None:
        self._calendar.freeze(
            bucket, local_hour(bucket, self._zone) // DAY, shares=self._surge.share,
            lives=self.series.scope, n=len(self.series.lives), groups=self._groups.scopes,
        )  # fmt: skip
        self._groups.freeze(bucket, self._calendar.of_groups)
        self._surge.freeze(bucket)

    def _told_here(self, key: Key) -> bool:
        """All shards judge a broadcast series; one of them reports it."""
        cut = self._cuts[key.cut]
        return cut.family is not None or self._speaks(cut.name, key.fields)

    def _speaks(self, family: str, value: str) -> bool:
        return shard_of(family, value, shards=self._shards) == self._shard

    def learnt(self) -> tuple[int, int]:
        """How many series have learnt what is usual, of how many that this shard speaks for."""
        learning = self._surge.usual.learning[self.series.own]
        return int((~learning).sum()), learning.size

    @property
    def refused(self) -> dict[str, int]:
        """By cut, people of its series past a bound."""
        names = (cut.name for cut in self._cuts)
        return dict(zip(names, self.series.refused.tolist(), strict=True))

    @property
    def fullness(self) -> float:
        """The largest share that is taken of a bound: of series, or of what a judge keeps."""
        return max(self.series.fullness, self.judges.fullness)

    @property
    def watermark(self) -> int | None:
        """Milliseconds of event time that every source has passed."""
        return self._marks.time

    @property
    def closed(self) -> int | None:
        """The hour judged last."""
        return None if self._passed == NEVER else self._after

    @property
    def _after(self) -> int:
        """The hour closed last; before there is one, none is."""
        return self._passed // MINUTES - 1

    def snapshot(self) -> dict[str, Any]:
        return {
            "form": FORM, "layout": self._layout, "series": self.series.snapshot(),
            "groups": self._groups.snapshot(), "judges": self.judges.snapshot(),
            "calendar": self._calendar.snapshot(),
            "marks": self._marks, "held": self._held, "passed": self._passed,
            "approximate": self.approximate, "late_at_detection": self.late_at_detection,
            "weeks": self._weeks, "retired": self.retired,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        if held.get("form") != FORM:
            raise SnapshotError(
                f"{self._name}: a snapshot must be of form {FORM}, got {held.get('form')}: "
                "another version of Tocsin wrote it; tocsin rebuild makes the state anew"
            )
        if held["layout"] != self._layout:
            raise SnapshotError(
                f"{self._name}: a snapshot must be restored under the cuts it was made with "
                f"({held['layout']}), got {self._layout}"
            )
        self.series.restore(held["series"])
        self._groups.restore(held["groups"])
        self.judges.restore(held["judges"])
        self._calendar.restore(held["calendar"])
        self._marks = msgspec.convert(held["marks"], Watermarks)
        self._held = {
            topic: {n: Contribution(*placed) for n, placed in parts.items()}
            for topic, parts in held["held"].items()
        }
        self._passed, self.approximate = held["passed"], held["approximate"]
        self.late_at_detection = held["late_at_detection"]
        self._weeks = msgspec.convert(held["weeks"], Weeks)
        self.retired = held["retired"]
        self._freeze(self._after + 1 if self._passed != NEVER else 0)
