"""Spatial: neighbouring regions that rise together, in cuts by region alone.

All shards have the series of such a cut, and judge the map alike. A rise is an alarm of the region
that has most of it when it fires, and stays that region's for as long as it touches what was told.
While a map is young nothing is told: what all regions expect wrongly of a weekday met once adds up.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import xxhash

from alerts.gates import BETWEEN, Gate, Step
from alerts.signal import Kind, Scope, Signal, SignalState
from detectors import grounds
from detectors.alarm import Hysteresis
from detectors.columns import Ints
from detectors.grounds import Grounds
from detectors.spatial import SHARE, Country, Rise, Spatial, SpatialState, Usual, Verdict, Zones
from detectors.verdict import Excess
from streams.detection import signals
from streams.detection.judges.judge import NEVER, NOBODY, Closed, Judge, Roster, Seat
from streams.detection.judges.standing import Standing
from streams.detection.retirement import Retirement
from streams.detection.series import UNBORN, Key, Series
from streams.detection.signals import Change
from streams.files.regions import Regions

NO_ZONE = -1
YOUNG = 14 * 24
"""Hours that a map waits from when the first of its regions has learnt, so that each weekday is met
twice (ADR 20)."""


class News(NamedTuple):
    """A change of the alarm of a region, the verdict by region, and the zone that is told."""

    change: Change
    told: Excess
    zone: int


class Map:
    """The regions of one cut, each with its place in the table.

    Attributes:
        verdict: on the hour closed last, by zone; None while nothing was to be judged.
        alarms: by region.
        names, places: of the table's regions.
        known: places of those that it judges, and has learnt.
    """

    def __init__(
        self, cut: int, table: Regions, zones: Zones, *, threshold: float, young: int
    ) -> None:
        self.cut, self.spatial = cut, Spatial(zones=zones, threshold=threshold)
        self.verdict: Verdict | None = None
        self._hour: tuple[Usual, Ints] | None = None  # what it was held against, and what came
        self.known = NOBODY
        self.names, self.places = tuple(table.places), table.places
        self._roster, self._lives = Roster({cut}), np.full(zones.regions, UNBORN)
        self._state, self._country = SpatialState.empty(zones.size), Country.empty(1)
        self.alarms = Standing(Hysteresis())
        self._zones = np.full(zones.regions, NO_ZONE)  # that was told last of the alarm of a region
        self._young, self._begun = young, NEVER  # the hour in which a region had learnt

    def close(self, closed: Closed) -> list[News]:
        self._follow(closed.series)
        usual = self._usual(closed)
        if usual is None:
            return []
        self.known = np.flatnonzero(usual.known)
        people = np.where(usual.known, closed.people[self._lives], 0)
        masked = np.full(people.size, closed.masked)
        expected = self._country.shared(usual, None if closed.masked else people)
        self._state, self.verdict = self.spatial.step(self._state, expected, people, masked)
        self._hour = expected, people
        if not closed.masked:
            self._country.learn(usual, people)
        told = self._told(self.verdict, masked=closed.masked)
        changes = self.alarms.step(told, bucket=closed.bucket)
        found = [News(change, told, int(self._zones[change.place])) for change in changes]
        for news in found:
            if news.change.state is SignalState.CLEARED:
                self._zones[news.change.place] = NO_ZONE
        return found

    def risen(self, place: int) -> list[Rise]:
        """The rises that a region is in, first that of which its alarm tells: it may have moved on.

        Of the hour closed last.
        """
        assert self.verdict is not None
        told = int(self._zones[place])
        found = [
            rise
            for rise in self.spatial.rises(self.verdict)
            if rise.zone == told or place in self.spatial.zones.regions_of(rise.zone)
        ]
        return sorted(found, key=lambda rise: rise.zone != told)

    @property
    def living(self) -> Ints:
        """The lives of its regions."""
        lives: Ints = self._lives[self._lives != UNBORN]
        return lives

    def retire(self, retirement: Retirement) -> None:
        """None of its own are among those that go."""
        self._lives = retirement.lives(self._lives)
        self._roster.retire(retirement)

    def each(self, zone: int) -> Iterator[tuple[str, int, float]]:
        """A zone's regions with what was seen and expected, the largest excess first."""
        assert self.verdict is not None
        observed, expected = self.verdict.observed_of[:, zone], self.verdict.expected_of[:, zone]
        rows = np.argsort(expected - observed, kind="stable").tolist()
        for row in rows:
            region = int(self.spatial.zones.members[row, zone])
            if region < len(self.names):
                yield self.names[region], int(observed[row]), float(expected[row])

    def grounds(self, zone: int) -> Grounds:
        """Of the score of a zone in the hour closed last."""
        assert self.verdict is not None
        assert self._hour is not None
        return grounds.of_zone(self.spatial, self._hour[0], self.verdict, self._hour[1], zone)

    def snapshot(self) -> dict[str, Any]:
        return {
            "state": self._state.columns(), "country": self._country.columns(),
            "alarms": self.alarms.snapshot(), "zones": self._zones, "begun": self._begun,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self._state, self._zones = SpatialState.of(held["state"]), np.array(held["zones"])
        self._country, self._begun = Country.of(held["country"]), int(held["begun"])
        self.alarms.restore(held["alarms"])

    def _follow(self, series: Series) -> None:
        """Note the lives of the table's regions; others have no neighbours."""
        known = self._roster.lives.size
        self._roster.follow(series)
        for life in self._roster.lives[known:].tolist():
            place = self.places.get(series.lives[life].fields)
            if place is not None:
                self._lives[place] = life

    def _usual(self, closed: Closed) -> Usual | None:
        """The surge's expectation; those that it does not know yet are left out, if young all."""
        expectation, verdict, *_ = closed.usual
        if expectation is None or verdict is None:
            return None
        lived = (self._lives != UNBORN) & (self._lives < closed.born)
        lives = np.where(lived, self._lives, 0)
        some, known = expectation.take(lives), lived & ~verdict.learning[lives]
        if self._begun == NEVER and known.any():
            self._begun = closed.bucket
        return Usual(
            bucket=closed.bucket, mean=some.mean, dispersion=some.dispersion,
            level_variance=some.level_variance,
            known=known & (closed.bucket - self._begun >= self._young),
        )  # fmt: skip

    def _told(self, verdict: Verdict, *, masked: bool) -> Excess:
        """By region the rise that is its alarm; its figures are those of the zone told."""
        n = self._zones.size
        above, score = np.zeros(n, np.bool_), np.zeros(n)
        for rise in self.spatial.rises(verdict):
            place = self._alarm_of(rise.zone)
            if not above[place]:
                above[place], score[place], self._zones[place] = True, rise.score, rise.zone
        told = self._zones != NO_ZONE
        zones = self._zones[told]
        observed, expected, onset = np.zeros(n, np.int64), np.zeros(n), np.zeros(n, np.int64)
        observed[told], expected[told] = verdict.observed[zones], verdict.expected[zones]
        onset[told] = verdict.onset[zones]
        score[told] = np.maximum(score[told], verdict.score[zones])
        return Excess(
            score=score, above=above, observed=observed, expected=expected, onset=onset,
            learning=np.zeros(n, np.bool_), masked=np.full(n, masked),
        )  # fmt: skip

    def _alarm_of(self, zone: int) -> int:
        """The region whose alarm already tells of a part of the zone, else its leader."""
        touching = self.spatial.zones.touching(zone)
        standing = np.flatnonzero((self._zones != NO_ZONE) & touching[self._zones])
        leader, _, _ = next(self.each(zone))
        return int(standing[0]) if standing.size else self.places[leader]


class SpatialJudge(Judge):
    """It needs the surge's expectation, and judges what that has learnt."""

    def __init__(self, seat: Seat, table: Regions, zones: Zones, *, young: int) -> None:
        self._threshold = seat.threshold
        held = repr((list(table.places), zones.members.tolist(), young))
        self.terms = f"map {xxhash.xxh3_64_hexdigest(held.encode())}"
        self._maps = {
            cut: Map(cut, table, zones, threshold=seat.threshold, young=young)
            for cut in sorted(seat.of("spatial"))
        }

    def close(self, closed: Closed) -> Iterator[Signal]:
        for drawn in self._maps.values():
            for news in drawn.close(closed):
                key = Key(drawn.cut, drawn.names[news.change.place])
                if closed.series.tells(key):
                    yield self._signal(drawn, key, news, closed)

    def holds(self, series: Series) -> Ints:
        """All regions of its table: they are no more than that has, and neighbours of others."""
        return np.concatenate([NOBODY, *(drawn.living for drawn in self._maps.values())])

    def retire(self, retirement: Retirement, series: Series) -> None:
        for drawn in self._maps.values():
            drawn.retire(retirement)

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        """Of a region: the neighbours with which it comes nearest to an alarm."""
        key = closed.series.key_of(scope)
        drawn = None if key is None else self._maps.get(key.cut)
        place = None if key is None or drawn is None else drawn.places.get(key.fields)
        if drawn is None or place is None:
            return ()
        gate = _gate(drawn, place, threshold=self._threshold)
        return (gate, *drawn.alarms.gates(place, Kind.SPATIAL))

    def judged(self, series: Series) -> int:
        maps = self._maps.values()
        return sum(series.tells(Key(m.cut, m.names[place])) for m in maps for place in m.known)

    @property
    def threshold(self) -> float:
        return self._threshold

    def snapshot(self) -> dict[str, Any]:
        return {str(cut): drawn.snapshot() for cut, drawn in self._maps.items()}

    def restore(self, held: dict[str, Any]) -> None:
        for cut, drawn in self._maps.items():
            drawn.restore(held[str(cut)])

    def _signal(self, drawn: Map, key: Key, news: News, closed: Closed) -> Signal:
        each = list(drawn.each(news.zone))
        told = ", ".join(f"{name} {seen} ({usual:.3g})" for name, seen, usual in each)
        return signals.alarm(
            Kind.SPATIAL, closed.series.scope_of(key), news.told, news.change,
            bucket=closed.bucket, threshold=self._threshold, approximate=closed.approximate,
            regions=tuple(name for name, _, _ in each), beside=f"; by region: {told}",
        )  # fmt: skip


def _gate(drawn: Map, place: int, *, threshold: float) -> Gate:
    verdict, zones = drawn.verdict, drawn.spatial.zones
    its = np.flatnonzero((zones.members == place).any(axis=0))
    if verdict is None or not its.size or verdict.learning[its].all():
        return Gate(Step.SPATIAL, open=False)
    risen = drawn.risen(place)
    zone = risen[0].zone if risen else int(its[verdict.score[its].argmax()])
    score = risen[0].score if risen else float(verdict.score[zone])
    since = signals.moment(int(verdict.onset[zone]))
    own = float(verdict.score[zone])
    return Gate(
        Step.SPATIAL, open=bool(risen),
        numbers={
            **signals.figures(verdict, zone, threshold=threshold, since=since),
            **drawn.grounds(zone), "own": own, "others": score - own, "score": score,
             "share": 100.0 * float(verdict.share[zone]), "most": 100.0 * SHARE,
            "regions": BETWEEN.join(drawn.names[one] for one in zones.regions_of(zone)),
        },
    )  # fmt: skip


def spatial_judge(seat: Seat, *, young: int = YOUNG) -> SpatialJudge | None:
    """None where no cut asks for it, or no region is known to have a neighbour."""
    table = seat.settings.regions
    zones = Zones.of(table.adjacent, table.areas)
    wanted = seat.of("spatial") and zones.size
    return SpatialJudge(seat, table, zones, young=young) if wanted else None
