"""What a recipient reads: a title and lines, together at most `MOST_LINES`, in plain words."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from alerts.catalogue import SENTENCES, say
from alerts.colour import Colour
from alerts.deliveries import Delivery
from alerts.incident import IncidentLine
from alerts.notices import Notice, What
from alerts.redaction import Redacted, clean, quote
from alerts.signal import Kind, Scope, Signal, matter

MOST_LINES = 12
MOST_QUOTES = 3
MOST_LISTED = 5
VALUE_LENGTH = 40


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message, ready for any channel; plain text without markup.

    `delivery` is the idempotency key. `repetition` says that an earlier try may have arrived.
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


def compose(delivery: Delivery) -> Message:
    """Raises KeyError for a language outside the catalogue or a zone that does not exist."""
    reader = _Reader(delivery.recipient.language, ZoneInfo(delivery.recipient.zone))
    notice = delivery.notice
    lines = [line for line in reader.facts(notice) if line]
    if delivery.repetition:
        lines.append(reader.say("repetition"))
    room = min(MOST_LINES - 1 - len(lines), MOST_QUOTES)
    lines += [reader.quoted(text) for text in notice.signal.examples[: max(room, 0)]]
    return Message(
        delivery=delivery.id,
        recipient=delivery.recipient.name,
        language=reader.language,
        what=notice.what,
        colour=notice.incident.colour,
        title=reader.title(notice),
        lines=tuple(lines),
        repetition=delivery.repetition,
        incident=notice.incident,
    )


class _Reader:
    """Words, numbers and times as one recipient reads them."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.language = language
        self.zone = zone

    def say(self, key: str, /, **values: object) -> str:
        return say(key, self.language, **values)

    def name(self, family: str, value: str) -> str:
        """The word for a value of a known set; an unknown one is shown as it is."""
        key = f"{family}.{value}"
        return self.say(key) if key in SENTENCES else clean(value, cap=VALUE_LENGTH)

    def title(self, notice: Notice) -> str:
        colour = self.name("colour", notice.incident.colour)
        return self.say(
            "title",
            colour=colour.upper(),
            what=self.name("what", notice.what),
            id=notice.incident.id,
            scope=self.subject(notice.incident.scope),
        )

    def facts(self, notice: Notice) -> list[str]:
        approximate = (notice.surge or notice.signal).approximate
        return [
            self.sentence(notice),
            self.figures(notice.signal),
            self.figures(notice.surge) if notice.surge else "",
            self.rule(notice),
            self.say("where", fields=self.fields(notice.incident.scope)),
            self.because(notice),
            self.spread(notice),
            self.say("harm", harm=self.harms(notice.harm)) if notice.harm else "",
            self.changes(notice),
            self.say("learning") if notice.incident.learning else "",
            self.say("approximate") if approximate else "",
        ]

    def sentence(self, notice: Notice) -> str:
        scope = self.subject(notice.incident.scope)
        if notice.what in (What.CLEARED, What.WITHDRAWN):
            return self.say(notice.what.value, scope=scope)
        if notice.signal.kind is Kind.TRIGGER:
            named = self.harms(notice.signal.harm), self.subject(notice.signal.scope)
            return self.say("trigger", named=self.say("list").join(filter(None, named)))
        stream = self.name("stream", notice.incident.scope.get("stream", ""))
        if not matter(notice.incident.scope):
            return self.say("total", stream=stream)
        return self.say("surge", stream=stream, scope=scope)

    def figures(self, signal: Signal) -> str:
        """Observed against expected; of a trigger, which has neither, the time."""
        since, at = self.time(signal.onset), self.time(signal.at)
        if signal.kind is Kind.TRIGGER:
            return self.say("reported", since=since, at=at)
        return self.say(
            "posts" if signal.stream == "mentions" else "people",
            since=since,
            observed=_number(signal.observed),
            expected=_number(signal.expected),
            multiple=_number(signal.multiple),
            at=at,
        )

    def rule(self, notice: Notice) -> str:
        signal = notice.signal
        kind, state = self.name("kind", signal.kind), self.name("state", signal.state)
        if signal.kind is Kind.TRIGGER:
            return self.say("rule_trigger", kind=kind, state=state)
        score, threshold = _number(signal.score), _number(signal.threshold)
        return self.say("rule", kind=kind, state=state, score=score, threshold=threshold)

    def because(self, notice: Notice) -> str:
        colour = self.name("colour", notice.incident.colour)
        because = self.name("because", notice.incident.because)
        return self.say("because", colour=colour, because=because)

    def spread(self, notice: Notice) -> str:
        if notice.signals <= 1:
            return ""
        if not notice.places:
            return self.say("signals", count=notice.signals)
        return self.say("spread", count=notice.signals, places=self.listed(notice.places))

    def changes(self, notice: Notice) -> str:
        """What differs from the last message; for the first one, what it takes over."""
        changes = [change for change in self.differences(notice) if change]
        if notice.before is None and not changes:
            return ""
        joined = self.say("list").join(changes) or self.name("what", notice.what)
        return self.say("changed" if notice.before else "takes_over", changes=joined)

    def differences(self, notice: Notice) -> list[str]:
        before = notice.before
        took = notice.incident.took[before.took if before else 0 :]
        taken = self.say("change_took", incidents=self.listed(took)) if took else ""
        if before is None:
            return [taken]
        colour = self.name("colour", before.colour), self.name("colour", notice.incident.colour)
        added = [kind for kind in notice.harm if kind not in before.harm]
        return [
            self.difference("colour", *colour),
            self.difference("signals", before.signals, notice.signals),
            self.difference("places", before.places, len(notice.places)),
            self.say("change_harm", harm=self.harms(added)) if added else "",
            taken,
        ]

    def difference(self, what: str, before: object, now: object) -> str:
        return self.say(f"change_{what}", before=before, now=now) if before != now else ""

    def subject(self, scope: Scope) -> str:
        """The values of a scope's matter, the stream's name where it has none."""
        about = {field: value for field, value in matter(scope).items() if field != "harm"}
        about = about or {"stream": scope.get("stream", "")}
        return self.say("list").join(self.name(field, value) for field, value in about.items())

    def fields(self, scope: Scope) -> str:
        known = {"stream": scope.get("stream", ""), **matter(scope)}
        return self.say("list").join(
            self.say("field", field=self.name("field", field), value=self.name(field, value))
            for field, value in known.items()
        )

    def harms(self, harms: Iterable[str]) -> str:
        return self.say("list").join(self.name("harm", harm) for harm in harms)

    def listed(self, values: tuple[str, ...]) -> str:
        shown = (clean(value, cap=VALUE_LENGTH) for value in values[:MOST_LISTED])
        listed = self.say("list").join(shown)
        rest = len(values) - MOST_LISTED
        return self.say("more", listed=listed, rest=rest) if rest > 0 else listed

    def quoted(self, text: str) -> str:
        return self.say("quote", text=quote(text, self.label))

    def label(self, kind: Redacted) -> str:
        return self.name("redacted", kind)

    def time(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        offset = f"{local:%z}"
        zone = "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"
        return f"{local:%Y-%m-%d %H:%M} {zone}"


def _number(value: float) -> str:
    """Three digits are enough to act on; thousands are whole and grouped."""
    return f"{value:,.0f}" if 100 <= abs(value) < 1e7 else f"{value:.3g}"
