"""What a recipient reads: a title and lines, together at most `MOST_LINES`, in plain words."""

from zoneinfo import ZoneInfo

import msgspec

from alerts.account import Reader
from alerts.colour import Colour
from alerts.deliveries import Delivery
from alerts.incident import IncidentLine
from alerts.notices import What
from alerts.signal import Instant, Kind, Scope, Signal, SignalState

MOST_LINES = 12
MOST_QUOTES = 3


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What programs read of the signal that counts, to the last digit; fields as in `Signal`."""

    kind: Kind
    scope: Scope
    state: SignalState
    onset: Instant
    at: Instant
    observed: float
    expected: float
    multiple: float
    score: float
    threshold: float


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message, ready for any channel; plain text without markup.

    `delivery` is the idempotency key. `repetition` says that an earlier try may have arrived.
    `link` is the address of the incident's page, empty where the settings name none.
    """

    delivery: str
    recipient: str
    language: str
    what: What
    colour: Colour
    title: str
    lines: tuple[str, ...]
    repetition: bool
    incident: IncidentLine
    figures: Figures
    link: str = ""


def compose(delivery: Delivery) -> Message:
    """Raises KeyError for a language outside the catalogue or a zone that does not exist."""
    recipient, notice = delivery.recipient, delivery.notice
    reader = Reader(recipient.language, ZoneInfo(recipient.zone))
    link = page(recipient.pages, notice.incident.id)
    lines = [line for line in reader.account(notice, link=link).lines if line]
    if delivery.repetition:
        lines.append(reader.say("You may have received this message already."))
    room = min(MOST_LINES - 1 - len(lines), MOST_QUOTES)
    lines += [reader.quoted(text) for text in notice.signal.examples[: max(room, 0)]]
    return Message(
        delivery=delivery.id,
        recipient=recipient.name,
        language=reader.language,
        what=notice.what,
        colour=notice.incident.colour,
        title=reader.title(notice),
        lines=tuple(lines),
        repetition=delivery.repetition,
        incident=notice.incident,
        figures=_figures(notice.surge or notice.signal),
        link=link,
    )


def page(pages: str, incident: str) -> str:
    """Where the incident is shown; empty where the pages have no address."""
    return f"{pages.rstrip('/')}/incidents/{incident}" if pages else ""


def _figures(signal: Signal) -> Figures:
    return Figures(**{name: getattr(signal, name) for name in Figures.__struct_fields__})
