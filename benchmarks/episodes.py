"""What is known to have happened in a set, and the incidents that are about nothing of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from alerts.incident import IncidentLine, IncidentState, Reason

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


class Opening(NamedTuple):
    """Local time at which an incident opened, and the one that took it over later."""

    name: str
    at: datetime
    into: str = ""


class FalseAlarms(NamedTuple):
    """Incidents opened outside all episodes, and how many that is a week of the time outside.

    Those that another of them took over go on as a part of it, and are `taken_over` instead: so
    the calibration counts, and the scorecard of the demonstration.
    """

    incidents: int
    per_week: float
    taken_over: int

    @classmethod
    def of(cls, opened: Iterable[Opening], whole: Span, episodes: Sequence[Span]) -> "FalseAlarms":
        """`episodes` lie within `whole` and do not overlap."""
        outside = {
            one.name: one.into for one in opened if not any(one.at in span for span in episodes)
        }
        left = whole.until - whole.since
        left -= sum((one.until - one.since for one in episodes), timedelta())
        taken = sum(into in outside for into in outside.values())
        own = len(outside) - taken
        return cls(own, round(own / (left / WEEK), 2), taken)


def openings(lines: Iterable[IncidentLine], zone: ZoneInfo) -> list[Opening]:
    """Each incident's, once."""
    lines = list(lines)
    found = {line.id: line.opened for line in lines if line.reason is Reason.OPENED}
    taken = {line.id: line.into for line in lines if line.state is IncidentState.MERGED}
    return [
        Opening(name, at.astimezone(zone).replace(tzinfo=None), taken.get(name, ""))
        for name, at in found.items()
    ]
