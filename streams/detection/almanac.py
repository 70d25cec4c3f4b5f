"""Which known events and public holidays lie on which hours."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from streams.configuration.declared import Calendar, KnownEvent, of_country
from streams.detection import signals
from streams.events.event import EPOCH

HOLIDAY: Final = "public holiday"
MAKE_UP: Final = "make-up working day"
SUNDAY: Final = 6  # of `date.weekday`
SECONDS: Final = 3600  # of an hour


class Occasion(NamedTuple):
    """One time that an event takes place: in the hours from `since` to before `until`.

    `weekday`, counted as `hour // 24 % 7`, is the one whose rhythm its days take.
    """

    name: str
    kind: str
    since: int
    until: int
    uplift: float = 1.0
    scope: tuple[tuple[str, str], ...] = ()
    weekday: int | None = None

    @property
    def identity(self) -> str:
        """Another uplift is the same occasion, another time or scope is another."""
        fields = (f"{field}={value}" for field, value in self.scope)
        return "\x1f".join((self.kind, str(self.since), str(self.until), *fields))


class Almanac:
    """The occasions of a calendar.

    Args:
        calendar: as it is set.
        zone: of its days, and of moments without one.
        stream: whose events they are; None: of any.
        language: of the names of holidays.
    """

    def __init__(
        self, calendar: Calendar, *, zone: ZoneInfo, stream: str | None = None,
        language: str = "en",
    ) -> None:  # fmt: skip
        self._country, self._zone, self._language = calendar.country, zone, language
        self._events = [e for e in calendar.events if stream is None or stream in e.streams]
        self._of_year = lru_cache(maxsize=8)(self._made)

    def at(self, bucket: int) -> list[Occasion]:
        """Those that the hour lies in; each lasts a year at most."""
        return self.within(bucket, bucket + 1)

    def within(self, since: int, until: int) -> list[Occasion]:
        """Those that share an hour with the time from `since` to before `until`."""
        if self._nothing:
            return []
        first, last = (signals.moment(bucket).astimezone(self._zone).year
                       for bucket in (since, until))  # fmt: skip
        # An event with a zone of its own may begin in the year after, or before, that of ours.
        known = (one for year in range(first - 1, last + 2) for one in self._of_year(year))
        shared = (one for one in known if one.since < until and since < one.until)
        return sorted(shared, key=lambda one: (one.name, one.identity, one.uplift))

    @cached_property
    def _nothing(self) -> bool:
        return not self._country and not self._events

    def _made(self, year: int) -> tuple[Occasion, ...]:
        """Those that begin in a year."""
        declared = (self._in_year(event, year) for event in self._events)
        return (*filter(None, declared), *self._public(year))

    def _in_year(self, event: KnownEvent, year: int) -> Occasion | None:
        years = year - event.since.year
        if years and not event.yearly:
            return None
        since, until = _later(event.since, years), _later(event.until, years)
        if not isinstance(until, datetime):
            until += timedelta(days=1)
        hours = self._bucket(since), -(-self._seconds(until) // SECONDS)
        scope = tuple(sorted(event.scope.items()))
        return Occasion(event.name, event.kind or event.name, *hours, event.uplift, scope)

    def _public(self, year: int) -> Iterator[Occasion]:
        """Holidays are lived like the last day of a weekend, days made up for like a Friday."""
        if not self._country:
            return
        known = of_country(self._country, year, language=self._language)
        rest = SUNDAY if SUNDAY in known.weekend else max(known.weekend)
        for day, name in sorted(known.items()):
            yield self._day(day, name, HOLIDAY, weekday=rest)
        for day in sorted(day for day in known.weekend_workdays if day.year == year):
            yield self._day(day, MAKE_UP, MAKE_UP, weekday=_working(day, known.weekend))

    def _day(self, day: date, name: str, kind: str, *, weekday: int) -> Occasion:
        since, until = self._bucket(day), self._bucket(day + timedelta(days=1))
        return Occasion(name, kind, since, until, weekday=_since_epoch(weekday))

    def _bucket(self, when: date) -> int:
        return self._seconds(when) // SECONDS

    def _seconds(self, when: date) -> int:
        moment = when if isinstance(when, datetime) else datetime.combine(when, time())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        return int((moment - EPOCH).total_seconds())


def _later(when: date, years: int) -> date:
    """The same day of another year; that of the end of February where there is none."""
    try:
        return when.replace(year=when.year + years)
    except ValueError:
        return when.replace(year=when.year + years, day=28)


def _working(day: date, weekend: set[int]) -> int:
    """The weekday of the last working day before it."""
    while day.weekday() in weekend:
        day -= timedelta(days=1)
    return day.weekday()


def _since_epoch(weekday: int) -> int:
    """As hours of local time count it, whose first day was a Thursday."""
    return (weekday - 3) % 7
