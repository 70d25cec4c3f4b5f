"""What is known to have happened in a set, and the incidents that are about nothing of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from alerts.incident import IncidentLine, Reason

WEEK = timedelta(weeks=1)


class Span(NamedTuple):
    """Local time from `since` to before `until`."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, since: str, until: str) -> "Span":
        """From ISO dates or times."""
        return cls(datetime.fromisoformat(since), datetime.fromisoformat(until))

    def __contains__(self, at: object) -> bool:
        return isinstance(at, datetime) and self.since <= at < self.until


class FalseAlarms(NamedTuple):
    """Incidents opened outside all episodes, and how many that is a week of the time outside."""

    incidents: int
    per_week: float

    @classmethod
    def of(cls, opened: Iterable[datetime], whole: Span, episodes: Sequence[Span]) -> "FalseAlarms":
        """`episodes` lie within `whole` and do not overlap; `opened` is local time."""
        outside = sum(not any(at in one for one in episodes) for at in opened)
        left = whole.until - whole.since
        left -= sum((one.until - one.since for one in episodes), timedelta())
        return cls(outside, round(outside / (left / WEEK), 2))


def openings(lines: Iterable[IncidentLine], zone: ZoneInfo) -> list[datetime]:
    """Local times at which incidents opened, each once."""
    found = {line.id: line.opened for line in lines if line.reason is Reason.OPENED}
    return [at.astimezone(zone).replace(tzinfo=None) for at in found.values()]
