"""The rhythms that a stream's series borrow, and whether its sources are out."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from detectors.calendar import ORDINARY, Known
from detectors.columns import Ints
from detectors.outage import Outages
from detectors.season import WEEK, Profiles, Rhythm
from streams.configuration.sections import Cut
from streams.counts.cells import SEPARATOR
from streams.detection import signals
from streams.detection.series import UNBORN, Key, Series
from streams.events.event import EPOCH

WHOLE = 0  # the profile of the whole stream


class Groups:
    """The profile of the whole stream, and one for each series that others name as their group.

    Args:
        cuts: of the stream.
        zone: of the hours and weekdays.

    Attributes:
        rhythm: what the bucket after the one closed last is worth, frozen.
    """

    rhythm: Rhythm

    def __init__(self, cuts: Sequence[Cut], *, zone: ZoneInfo) -> None:
        self._cuts, self._zone = cuts, zone
        self._profiled = _profiled(cuts)
        self._profiles, self._outages = Profiles.empty(1), Outages.empty(1)
        self._places: dict[tuple[int, str], int] = {}

    def masked(self, bucket: int) -> bool:
        """Whether an outage masks this bucket, by all that is closed."""
        return bool(self._outages.until[WHOLE] > bucket)

    def close(self, bucket: int, series: Series) -> None:
        """Learn what the groups did, and whether the stream's sources were out."""
        counts = np.zeros(self._profiles.size, np.int64)
        counts[WHOLE] = series.counts(len(self._cuts), bucket).get("", 0)
        for cut in self._profiled:
            for fields, people in series.counts(cut, bucket).items():
                if (place := self._places.get((cut, fields))) is not None:
                    counts[place] = people
        self._outages.step(counts, self.rhythm, bucket=bucket)
        masks = np.full(len(counts), self.masked(bucket))
        self._profiles.learn(counts, self.rhythm, bucket=bucket, masked=masks)

    def bear(self, born: Sequence[Key]) -> None:
        """Give the groups among the newborn their profiles."""
        for key in born:
            if key.cut in self._profiled:
                self._places[key] = len(self._places) + 1
        self._profiles = self._profiles.grown(len(self._places) + 1)
        self._outages = self._outages.grown(len(self._places) + 1)

    def retire(self, series: Series) -> Ints:
        """Forget the profiles of what lives no more; returns by place where it has moved to.

        Who borrowed one that is gone, and lives, has the whole's.
        """
        living = [series.life(Key(*key)) != UNBORN for key in self._places]
        stays = np.array([True, *living])
        places = np.flatnonzero(stays)
        self._profiles, self._outages = self._profiles.take(places), self._outages.take(places)
        kept = (key for key, lives in zip(self._places, living, strict=True) if lives)
        self._places = {key: place for place, key in enumerate(kept, WHOLE + 1)}
        return np.where(stays, np.cumsum(stays) - 1, WHOLE)

    def place(self, key: Key) -> int:
        """The profile a series borrows: its group's where that is counted, else the whole."""
        cut = self._cuts[key.cut]
        profiled = next((n for n in self._profiled if self._cuts[n].by[0] == cut.group), None)
        if cut.group is None or cut.group not in cut.by or profiled is None:
            return WHOLE
        value = key.fields.split(SEPARATOR)[cut.by.index(cut.group)]
        return self._places.get((profiled, value), WHOLE)

    @property
    def scopes(self) -> list[dict[str, str]]:
        """By place; the whole is in none."""
        return [{}, *({self._cuts[key[0]].by[0]: key[1]} for key in self._places)]

    @property
    def rate(self) -> float:
        """Of the whole, in an hour of average exposure."""
        return float(self._profiles.level.rate[WHOLE])

    def whole(self, bucket: int, series: Series) -> tuple[float, float] | None:
        """What came of the whole, and what was expected before the day corrected it.

        None while it is learnt what a week is like.
        """
        if self._profiles.seen[WHOLE] < WEEK:
            return None
        people = series.counts(len(self._cuts), bucket).get("", 0)
        return float(people), float(self.rhythm.mean[WHOLE] / self.rhythm.correction[WHOLE])

    def freeze(self, bucket: int, known: Known = ORDINARY) -> None:
        """`known` is what the calendar says of the bucket, by place."""
        self.rhythm = self._profiles.expect(hour=local_hour(bucket, self._zone), known=known)

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs; the rhythm is frozen anew from it."""
        return {
            "profiles": self._profiles.columns(), "outages": self._outages.columns(),
            "places": self._places,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self._profiles = Profiles.of(held["profiles"])
        self._outages = Outages.of(held["outages"])
        self._places = held["places"]


def local_hour(bucket: int, zone: ZoneInfo) -> int:
    """Hours of local time since the epoch; modulo 168 they are the hour of the week."""
    local = signals.moment(bucket).astimezone(zone).replace(tzinfo=UTC)
    return (local - EPOCH) // timedelta(hours=1)


def _profiled(cuts: Sequence[Cut]) -> list[int]:
    """The cuts by one field that go to all shards, of the fields that others borrow from."""
    borrowed = {cut.group for cut in cuts if cut.group in cut.by}
    return [
        n
        for n, cut in enumerate(cuts)
        if len(cut.by) == 1 and cut.by[0] in borrowed and not cut.where and not cut.family
    ]
