"""Incidents as alerts of Alertmanager, by its API v2.

An alert is named by its labels, so only what names an incident is one, and its colour, by
which it is routed: scopes widen while an incident lives, and an alert under other labels is
another alert. When a colour changes, the alerts of the other colours are ended in the same
request; ending one that never was is told to nobody when alerts are grouped by incident and
colour. Alertmanager ends by itself what is not posted again, so a live alert is given an end
far ahead, and one that is over ends now.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import msgspec

from alerts.channels.exchange import attempt, judge, post
from alerts.colour import Colour
from alerts.incident import IncidentLine
from alerts.messages import Message, page
from alerts.notices import What

PATH = "/api/v2/alerts"
MOST_REMEMBERED = 10_000
"""Incidents; what is forgotten is only that an older message is out of date."""


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    labels: dict[str, str]
    annotations: dict[str, str]
    starts: datetime = msgspec.field(name="startsAt")
    ends: datetime = msgspec.field(name="endsAt")
    link: str = msgspec.field(name="generatorURL", default="")


class Alertmanager:
    """`expires` is how long a live alert lasts without a message; `clock` tells epoch seconds.

    `pages` is the address where incidents are shown; empty: alerts have no link. A message
    that comes after a newer one about its incident is taken as sent: it would bring back what
    is over.
    """

    def __init__(
        self, url: str, *, pages: str, expires: timedelta,
        client: httpx.AsyncClient, clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._url = url.rstrip("/") + PATH
        self._pages = pages
        self._expires = expires
        self._client = client
        self._clock = clock
        self._newest: dict[str, tuple[bool, int]] = {}

    def __repr__(self) -> str:
        return "Alertmanager()"

    async def send(self, message: Message) -> None:
        if self._overtaken(message.incident):
            return
        now = datetime.fromtimestamp(self._clock(), UTC)
        posted = list(alerts(message, now=now, expires=self._expires, pages=self._pages))
        async with attempt("alertmanager"):
            judge(await post(self._client, self._url, msgspec.json.encode(posted)), "alertmanager")

    def _overtaken(self, incident: IncidentLine) -> bool:
        this = (not incident.open, incident.revision)
        if this < self._newest.get(incident.id, this):
            return True
        self._newest[incident.id] = this
        if len(self._newest) > MOST_REMEMBERED:
            del self._newest[next(iter(self._newest))]
        return False


def alerts(message: Message, *, now: datetime, expires: timedelta, pages: str) -> Iterator[Alert]:
    """The incident's alert, and the ends of those that it was or has taken over."""
    for incident, colour, starts, ends in _spans(message, now=now, expires=expires):
        yield Alert(
            labels={"alertname": "TocsinIncident", "incident": incident, "colour": colour},
            annotations={"summary": message.title, "description": "\n".join(message.lines)},
            starts=starts,
            ends=ends,
            link=page(pages, incident),
        )


def _spans(
    message: Message, *, now: datetime, expires: timedelta
) -> Iterator[tuple[str, Colour, datetime, datetime]]:
    incident = message.incident
    live = message.colour if incident.open else None
    starts = min(incident.opened, now)  # an end before its start is refused
    for colour in [message.colour] if message.what is What.NEW else Colour:
        yield incident.id, colour, starts, now + expires if colour is live else now
    for taken in incident.took:
        for colour in Colour:
            yield taken, colour, now, now
