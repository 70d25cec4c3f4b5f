"""Share: those of a kind, such as negative posts, against all of the same series, by the hour.

A cut that fixes one field is held against the cut by the same fields that fixes none. What the
field is unknown of is neither: where a cut counts those, they are left out of the whole.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from alerts.gates import Gate, Number, Step
from alerts.signal import Kind, Scope, Signal
from detectors import grounds
from detectors.alarm import Hysteresis
from detectors.columns import Ints
from detectors.share import Expectation, Share, ShareState, Verdict
from streams.configuration.sections import Cut
from streams.counts.cells import SEPARATOR
from streams.detection import signals
from streams.detection.judges.judge import Closed, Judge, Seat
from streams.detection.judges.standing import Standing
from streams.detection.retirement import Retirement
from streams.detection.series import UNBORN, Key, Series
from streams.detection.signals import Change


class Trio(NamedTuple):
    """Places of the cuts of a part, of its whole, and of what is unknown of that, if counted."""

    part: int
    whole: int
    unknown: int | None

    @classmethod
    def of(cls, part: int, cuts: Sequence[Cut]) -> "Trio":
        """`cuts` hold the whole: the settings see to that."""
        cut = cuts[part]
        places = {other.counted: place for place, other in enumerate(cuts)}
        return cls(part, places[cut.whole], places.get(cut.unknown))


class Pairs:
    """The parts whose wholes live, by the places that they have in the judge's state.

    They follow from the series, and are in no snapshot.

    Attributes:
        lives: those of part, whole and unknown (rows), by place; UNBORN where nothing came yet.
    """

    def __init__(self, trios: Sequence[Trio]) -> None:
        self.lives = np.empty((3, 0), np.int64)
        self._trios, self._seen = trios, 0
        self._places: dict[Key, int] = {}  # by the key that the part has, or would have

    def follow(self, series: Series) -> int:
        """Take in the lives that are new; returns how many pairs there are."""
        fresh = range(self._seen, len(series.lives))
        self._seen = fresh.stop
        self._grow([trio for life in fresh for trio in self._begun(life, series)])
        for row in (Trio._fields.index(name) for name in ("part", "unknown")):
            for life in fresh:
                for named in self._named(row, life, series):
                    if named in self._places:
                        self.lives[row, self._places[named]] = life
        return self.lives.shape[1]

    def retire(self, retirement: Retirement) -> Ints:
        """A pair stays for as long as its whole; returns the places of those."""
        lives = retirement.lives(self.lives)
        places = np.flatnonzero(lives[Trio._fields.index("whole")] != UNBORN)
        self.lives, self._seen = lives[:, places], retirement.left(self._seen)
        parts = list(self._places)
        self._places = {parts[place]: at for at, place in enumerate(places.tolist())}
        return places

    def place(self, key: Key) -> int | None:
        return self._places.get(key)

    def counts(self, people: Ints) -> tuple[Ints, Ints]:
        """Those of the part, and of the whole without what is unknown; `people` are by life."""
        part, whole, unknown = np.where(self.lives == UNBORN, 0, people[self.lives])
        return part, np.maximum(whole - unknown, part)

    def _named(self, row: int, life: int, series: Series) -> Iterator[Key]:
        """The parts of whose trio it is that row."""
        cut = series.lives[life].cut
        for trio in self._trios:
            if trio[row] == cut:
                yield _key(trio.part, series.scope(life), series)

    def _begun(self, life: int, series: Series) -> Iterator[tuple[Key, list[int]]]:
        """The part of each trio whose whole it is, and the lives of the three.

        A part may live before its whole, which was past a bound.
        """
        cut, scope = series.lives[life].cut, series.scope(life)
        for trio in self._trios:
            if trio.whole == cut:
                keys = [None if n is None else _key(n, scope, series) for n in trio]
                yield (
                    _key(trio.part, scope, series),
                    [UNBORN if key is None else series.life(key) for key in keys],
                )

    def _grow(self, begun: Sequence[tuple[Key, list[int]]]) -> None:
        if begun:
            self._places |= {part: at for at, (part, _) in enumerate(begun, self.lives.shape[1])}
            lives = np.array([lives for _, lives in begun], np.int64).T
            self.lives = np.append(self.lives, lives, axis=1)


def _key(cut: int, scope: Scope, series: Series) -> Key:
    """Of the series of a cut that has the scope's fields."""
    return Key(cut, SEPARATOR.join(scope[field] for field in series.cuts[cut].by))


class ShareJudge(Judge):
    """Of posts it counts originals, and of complaints people, as the surge does."""

    def __init__(self, seat: Seat) -> None:
        self._trios = [Trio.of(part, seat.cuts) for part in sorted(seat.of("share"))]
        names = [[seat.cuts[n].name for n in trio if n is not None] for trio in self._trios]
        self.terms = f"shares {names}"
        self._pairs, self._share = Pairs(self._trios), Share(threshold=seat.threshold)
        self._state, self._alarms = ShareState.empty(), Standing(Hysteresis())
        self._verdict: Verdict | None = None  # on the hour closed last
        self._hour: tuple[Expectation, Ints, Ints] | None = None  # the same, and what came

    def close(self, closed: Closed) -> Iterator[Signal]:
        n = self._pairs.follow(closed.series)
        self._state = self._state.grown(n)
        part, whole = self._pairs.counts(closed.people)
        expected = self._share.expect(self._state, bucket=closed.bucket)
        self._state, verdict = self._share.step(
            self._state, expected, part, whole, np.full(n, closed.masked)
        )
        self._verdict, self._hour = verdict, (expected, part, whole)
        for change in self._alarms.step(verdict, bucket=closed.bucket):
            if closed.series.own[self._pairs.lives[0, change.place]]:
                yield self._signal(verdict, change, closed)

    def holds(self, series: Series) -> Ints:
        lives: Ints = self._pairs.lives[0, self._alarms.places]
        return lives

    def retire(self, retirement: Retirement, series: Series) -> None:
        places = self._pairs.retire(retirement)
        self._state = self._state.take(places)
        self._alarms.keep(places)

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        key, verdict = closed.series.key_of(scope), self._verdict
        if key is None or key.cut not in {trio.part for trio in self._trios}:
            return ()
        if verdict is None or self._hour is None:
            return ()
        place = self._pairs.place(key)
        if place is None:
            return (Gate(Step.SHARE, open=False),)
        stands = self._alarms.gates(place, Kind.SHARE)
        if verdict.learning[place]:
            numbers: dict[str, Number] = {
                "events": float(self._state.events[place]), "needed": self._share.events_to_learn,
                "hours": float(self._share.shortest_learning),
            }  # fmt: skip
            return (Gate(Step.SHARE, open=False, numbers=numbers), *stands)
        since = signals.moment(int(verdict.onset[place]))
        expected, part, whole = self._hour
        numbers = {
            **signals.figures(verdict, place, threshold=self._share.threshold, since=since),
            **shares(verdict, place), "whole": float(verdict.whole[place]),
            **grounds.of_share(self._share, expected, verdict, part, place, whole=whole),
            "raised": 100.0 * float(expected.doubted[place]),
        }  # fmt: skip
        return (Gate(Step.SHARE, open=bool(verdict.above[place]), numbers=numbers), *stands)

    def judged(self, series: Series) -> int:
        own = series.own[self._pairs.lives[0, : self._state.size]]
        return int(np.count_nonzero(own & ~self._state.learning))

    @property
    def threshold(self) -> float:
        return self._share.threshold

    def snapshot(self) -> dict[str, Any]:
        return {"state": self._state.columns(), "alarms": self._alarms.snapshot()}

    def restore(self, held: dict[str, Any]) -> None:
        self._state = ShareState.of(held["state"])
        self._alarms.restore(held["alarms"])

    def _signal(self, verdict: Verdict, change: Change, closed: Closed) -> Signal:
        life = int(self._pairs.lives[0, change.place])
        cut = closed.series.cuts[closed.series.lives[life].cut]
        (kind,) = cut.where.values()
        said, whole = shares(verdict, change.place), float(verdict.whole[change.place])
        since = signals.moment(int(verdict.onset[change.place])).isoformat()
        return signals.alarm(
            Kind.SHARE, closed.series.scope(life), verdict, change, bucket=closed.bucket,
            threshold=self._share.threshold, whole=whole, approximate=closed.approximate,
            reason=f"share of {kind} {said['share']:.0f} % of {whole:.0f} since {since} "
            f"where {said['usual']:.0f} % is usual",
        )  # fmt: skip


def shares(verdict: Verdict, place: int) -> dict[str, float]:
    """In percent: what it is since the onset, and what is usual."""
    whole = max(float(verdict.whole[place]), 1.0)
    return {
        "share": 100.0 * float(verdict.observed[place]) / whole,
        "usual": 100.0 * float(verdict.expected[place]) / whole,
    }


def share_judge(seat: Seat) -> ShareJudge | None:
    """None where no cut asks for it."""
    return ShareJudge(seat) if seat.of("share") else None
