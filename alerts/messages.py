"""What a recipient reads: a title and lines, together at most `MOST_LINES`, in plain words."""

from zoneinfo import ZoneInfo

import msgspec

from alerts.colour import Colour
from alerts.deliveries import Delivery
from alerts.incident import IncidentLine
from alerts.notices import Notice, What
from alerts.redaction import clean
from alerts.signal import Kind, Scope, Signal, SignalState, matter
from alerts.words import VALUE_LENGTH, Words

MOST_LINES = 12
MOST_QUOTES = 3
MOST_LISTED = 5


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
        lines.append(reader.say("You may have received this message already."))
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


class _Reader(Words):
    """A recipient, and what a notice says to them."""

    def title(self, notice: Notice) -> str:
        colour = self.name("colour", notice.incident.colour)
        return self.say(
            "[{colour}] {what} · {id} · {scope}",
            colour=colour.upper(),
            what=self.name("what", notice.what),
            id=notice.incident.id,
            scope=self.subject(notice.incident.scope),
        )

    def facts(self, notice: Notice) -> list[str]:
        silent = notice.signal.kind is Kind.SILENCE and notice.signal.live
        return [
            self.sentence(notice),
            self.figures(notice.signal),
            self.blindness() if silent else "",
            self.figures(notice.surge) if notice.surge else "",
            self.rule(notice),
            self.where(notice.incident.scope),
            self.because(notice),
            self.spread(notice),
            self.say("Harm named: {harm}.", harm=self.harms(notice.harm)) if notice.harm else "",
            self.changes(notice),
            self.learning() if notice.incident.learning else "",
            self.unseen(notice),
        ]

    def sentence(self, notice: Notice) -> str:
        scope = self.subject(notice.incident.scope)
        if notice.signal.kind is Kind.SILENCE:
            return self.silence(notice)
        if notice.what is What.CLEARED:
            return self.say("Over: nothing unusual about {scope} any more.", scope=scope)
        if notice.what is What.WITHDRAWN:
            return self.say(
                "Withdrawn: later data did not bear the alarm out ({scope}).", scope=scope
            )
        if notice.signal.kind is Kind.TRIGGER:
            named = self.harms(notice.signal.harm), self.subject(notice.signal.scope)
            return self.say(
                "Enough to alert by itself: {named}.", named=self.listed(filter(None, named))
            )
        return self.excess(notice.incident.scope)

    def excess(self, scope: Scope) -> str:
        stream = self.name("stream", scope.get("stream", ""))
        if not matter(scope):
            return self.say("Far more {stream} than usual, over the whole stream.", stream=stream)
        return self.say(
            "Far more {stream} than usual about {scope}.",
            stream=stream, scope=self.subject(scope),
        )  # fmt: skip

    def silence(self, notice: Notice) -> str:
        feed = self.feed(notice.incident.scope)
        if notice.what is What.CLEARED:
            return self.say("Over: {feed} speaks again.", feed=feed)
        if notice.signal.observed:
            return self.say("As good as silent: next to nothing comes from {feed}.", feed=feed)
        return self.say("Silent: nothing comes any more from {feed}.", feed=feed)

    def feed(self, scope: Scope) -> str:
        """A source, and a channel in it, by their fields."""
        return self.fields({field: value for field, value in scope.items() if field != "stream"})

    def blindness(self) -> str:
        return self.say(
            "What it would bring is not seen: no alarm there means no all-clear. "
            "Ask whoever runs it."
        )

    def figures(self, signal: Signal) -> str:
        """Observed against expected; of a trigger, which has neither, the time."""
        since, at = self.moment(signal.onset), self.moment(signal.at)
        if signal.kind is Kind.SILENCE:
            return self.heard(signal)
        if signal.kind is Kind.TRIGGER and signal.state is SignalState.CONFIRMED:
            return self.say("Happened {since}, confirmed {at}.", since=since, at=at)
        if signal.kind is Kind.TRIGGER:
            return self.say("Happened {since}, alarmed {at}.", since=since, at=at)
        facts = {
            "since": since,
            "expected": self.number(signal.expected),
            "multiple": self.number(signal.multiple),
            "at": at,
        }
        if signal.stream == "mentions":
            return self.numbered(
                "Since {since}: {count} post, expected {expected}, ×{multiple}; as of {at}.",
                "Since {since}: {count} posts, expected {expected}, ×{multiple}; as of {at}.",
                signal.observed, **facts,
            )  # fmt: skip
        return self.numbered(
            "Since {since}: {count} person, expected {expected}, ×{multiple}; as of {at}.",
            "Since {since}: {count} people, expected {expected}, ×{multiple}; as of {at}.",
            signal.observed, **facts,
        )  # fmt: skip

    def heard(self, signal: Signal) -> str:
        """Of a source: when last, and how few since."""
        return self.numbered(
            "Last event {last}. Since {since}: {count} event, expected {expected}; as of {at}.",
            "Last event {last}. Since {since}: {count} events, expected {expected}; as of {at}.",
            signal.observed, last=self.moment(signal.last or signal.onset),
            since=self.moment(signal.onset), expected=self.number(signal.expected),
            at=self.moment(signal.at),
        )  # fmt: skip

    def rule(self, notice: Notice) -> str:
        signal = notice.signal
        kind, state = self.name("kind", signal.kind), self.name("state", signal.state)
        if signal.kind is Kind.TRIGGER:
            return self.say("Rule: {kind}, {state}.", kind=kind, state=state)
        return self.say(
            "Rule: {kind}, {state}; score {score}, threshold {threshold}.",
            kind=kind, state=state,
            score=self.number(signal.score), threshold=self.number(signal.threshold),
        )  # fmt: skip

    def where(self, scope: Scope) -> str:
        known = {"stream": scope.get("stream", ""), **matter(scope)}
        return self.say("Where: {fields}.", fields=self.fields(known))

    def because(self, notice: Notice) -> str:
        colour = self.name("colour", notice.incident.colour)
        because = self.name("because", notice.incident.because)
        return self.say("Why {colour}: {because}.", colour=colour, because=because)

    def spread(self, notice: Notice) -> str:
        if notice.signals <= 1:
            return ""
        count = self.number(notice.signals)
        if not notice.places:
            return self.say("Signals: {count}.", count=count)
        return self.say(
            "Signals: {count}; regions and batches: {places}.",
            count=count, places=self.values(notice.places),
        )  # fmt: skip

    def learning(self) -> str:
        return self.say("Still learning what is normal here; take it as a hint.")

    def approximate(self) -> str:
        return self.say("People approximate: persons are unknown, so reports were counted.")

    def unseen(self, notice: Notice) -> str:
        """What the figures lack: persons, and what silent sources would have brought."""
        approximate = (notice.surge or notice.signal).approximate
        blind = self.blind(notice.blind) if notice.blind else ""
        return " ".join(filter(None, (self.approximate() if approximate else "", blind)))

    def blind(self, silences: tuple[Signal, ...]) -> str:
        named = [
            self.say(
                "{what} (since {since})",
                what=self.feed(signal.scope), since=self.moment(signal.onset),
            )
            for signal in silences[:MOST_LISTED]
        ]  # fmt: skip
        feeds = self.shortened(named, len(silences) - MOST_LISTED)
        return self.say("What we cannot see meanwhile, for it is silent: {feeds}.", feeds=feeds)

    def changes(self, notice: Notice) -> str:
        """What differs from the last message; for the first one, what it takes over."""
        changes = [change for change in self.differences(notice) if change]
        if notice.before is None:
            return self.say("One event: {changes}.", changes=changes[0]) if changes else ""
        listed = self.listed(changes) or self.name("what", notice.what)
        return self.say("Since the last message: {changes}.", changes=listed)

    def differences(self, notice: Notice) -> list[str]:
        before = notice.before
        took = notice.incident.took[before.took if before else 0 :]
        taken = self.say("takes in {incidents}", incidents=self.values(took)) if took else ""
        if before is None:
            return [taken]
        names = self.name("colour", before.colour), self.name("colour", notice.incident.colour)
        signals = _moved(before.signals, notice.signals)
        places = _moved(before.places, len(notice.places))
        added = [kind for kind in notice.harm if kind not in before.harm]
        return [
            _moved(*names),
            self.say("signals {change}", change=signals) if signals else "",
            self.say("regions and batches {change}", change=places) if places else "",
            self.say("new harm: {harm}", harm=self.harms(added)) if added else "",
            taken,
        ]

    def subject(self, scope: Scope) -> str:
        """The values of a scope's matter, the stream's name where it has none."""
        about = {field: value for field, value in matter(scope).items() if field != "harm"}
        return self.named(about or {"stream": scope.get("stream", "")})

    def values(self, values: tuple[str, ...]) -> str:
        """The first of them as they are, and how many more there are."""
        shown = [clean(value, cap=VALUE_LENGTH) for value in values[:MOST_LISTED]]
        return self.shortened(shown, len(values) - MOST_LISTED)

    def shortened(self, shown: list[str], rest: int) -> str:
        listed = self.listed(shown)
        if rest <= 0:
            return listed
        return self.say("{listed} and {rest} more", listed=listed, rest=rest)


def _moved(before: object, now: object) -> str:
    return f"{before} → {now}" if before != now else ""
