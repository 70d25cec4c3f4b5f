"""What is said of a notice, line by line, in plain words."""

from typing import NamedTuple

from alerts.colour import ColourReason
from alerts.measures import Measures
from alerts.notices import Notice, What
from alerts.playbook import first
from alerts.redaction import clean
from alerts.signal import Kind, Scope, Signal, matter
from alerts.words import VALUE_LENGTH
from detectors.text.category import Category

MOST_LISTED = 5


class Account(NamedTuple):
    """`figures` has a line for the signal that speaks, and one for the surge beside a trigger."""

    headline: str
    figures: tuple[str, ...]
    facts: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        return self.headline, *self.figures, *self.facts


class Reader(Measures):
    """Who reads a notice."""

    def title(self, notice: Notice) -> str:
        incident = notice.incident
        silent = incident.because is ColourReason.SILENT
        return self.say(
            "[{colour}] {what} · {id} · {scope}",
            colour=self.name("colour", incident.colour).upper(),
            what=self.name("what", notice.what),
            id=incident.id,
            scope=self.feed(incident.scope) if silent else self.subject(incident.about),
        )

    def account(self, notice: Notice, *, link: str = "") -> Account:
        """`link` is the address of the incident's page; empty: there is none."""
        counted = [notice.signal, notice.surge] if notice.surge else [notice.signal]
        facts = [
            self.rule(notice),
            self.sentences(self.where(notice.incident.about), *self.in_field(notice)),
            self.because(notice),
            self.spread(notice),
            self.changes(notice),
            self.learning() if notice.incident.learning else "",
            self.unseen(notice),
            self.onward(notice, link),
        ]
        return Account(
            headline=self.headline(notice),
            figures=tuple(self.figures(signal, notice.height) for signal in counted),
            facts=tuple(filter(None, facts)),
        )

    def headline(self, notice: Notice) -> str:
        scope = self.subject(notice.incident.about)
        if notice.signal.absence:
            return self.silence(notice)
        if notice.signal.limited and notice.what is not What.WITHDRAWN:
            return self.asked(notice)
        if notice.what is What.CLEARED:
            return self.say("Over: nothing unusual about {scope} any more.", scope=scope)
        if notice.what is What.WITHDRAWN:
            return self.say(
                "Withdrawn: later data did not bear the alarm out ({scope}).", scope=scope
            )
        if notice.signal.event:
            return self.enough(notice)
        return self.excess(notice.incident.about, notice.signal)

    def enough(self, notice: Notice) -> str:
        """What happened; of a surge beside it what that is about, which may be something else."""
        if notice.signal.kind is Kind.NOVELTY:
            return self.say("Never before: {scope}.", scope=self.subject(notice.signal.scope))
        named = self.harms(notice.signal.harm), self.subject(notice.signal.scope)
        said = self.say(
            "Enough to alert by itself: {named}.", named=self.listed(filter(None, named))
        )
        if notice.surge is None or not notice.surge.live:
            return said
        subject = self.subject(notice.incident.about)
        excess = self.excess(notice.incident.about, notice.surge)
        if subject == self.subject(notice.signal.scope):
            stream = self.name("stream", notice.surge.stream)
            excess = self.say("And far more {stream} than usual.", stream=stream)
        return self.sentences(said, excess)

    def excess(self, scope: Scope, signal: Signal) -> str:
        stream = self.name("stream", signal.stream)
        if not matter(scope):
            return self.say("Far more {stream} than usual, over the whole stream.", stream=stream)
        if signal.kind is Kind.SPATIAL:
            return self._neighbours(signal, stream)
        return self._told(signal.kind, stream=stream, scope=self.subject(scope))

    def _told(self, kind: Kind, **facts: str) -> str:
        """In the words of the method."""
        match kind:
            case Kind.BURST:
                return self.say("A burst of {stream} about {scope}.", **facts)
            case Kind.WEEKLY | Kind.DRIFT:
                return self.say("More {stream} than usual about {scope}, week after week.", **facts)
            case Kind.BATCH:
                return self.say(
                    "More complaints about {scope} than its units in the field explain.",
                    scope=facts["scope"],
                )
            case Kind.SHARE:
                return self.say("A larger share than usual of the {stream}: {scope}.", **facts)
        return self.say("Far more {stream} than usual about {scope}.", **facts)

    def _neighbours(self, signal: Signal, stream: str) -> str:
        regions = [self.name("region", region) for region in signal.regions[:MOST_LISTED]]
        return self.say(
            "More {stream} than usual in regions that border on each other: {regions}.",
            stream=stream, regions=self.listed(regions),
        )  # fmt: skip

    def asked(self, notice: Notice) -> str:
        """A rule that was set, by its name."""
        facts = {
            "rule": clean(notice.signal.rule, cap=VALUE_LENGTH),
            "scope": self.subject(notice.incident.about),
        }
        if notice.what is What.CLEARED:
            return self.say("Over: {rule} no longer holds about {scope}.", **facts)
        return self.say("A rule that you set holds about {scope}: {rule}.", **facts)

    def silence(self, notice: Notice) -> str:
        feed = self.feed(notice.incident.scope)
        if notice.what is What.CLEARED:
            return self.say("Over: {feed} speaks again.", feed=feed)
        said = self.say("Silent: nothing comes any more from {feed}.", feed=feed)
        if notice.signal.observed:
            said = self.say("As good as silent: next to nothing comes from {feed}.", feed=feed)
        return said

    def feed(self, scope: Scope) -> str:
        """A source, and a channel in it, by their fields."""
        return self.fields({field: value for field, value in scope.items() if field != "stream"})

    def rule(self, notice: Notice) -> str:
        """Of what is over the rule says nothing any more."""
        signal = notice.signal
        if notice.ended:
            return ""
        kind, state = self.name("kind", signal.kind), self.name("state", signal.state)
        if signal.event or signal.limited:
            return self.say("Rule: {kind}; {state}.", kind=kind, state=state)
        strength = self.strength(signal)
        return self.say(
            "Rule: {kind}, {strength}; {state}.", kind=kind, strength=strength, state=state
        )

    def in_field(self, notice: Notice) -> tuple[str, ...]:
        """Of a batch: complaints per unit, and the fault that stands out; told while it lasts."""
        signal = notice.surge or notice.signal
        if notice.ended or signal.event or "batch" not in signal.scope:
            return ()
        return self.per_unit(signal.rate), self.fault(signal)

    def where(self, scope: Scope) -> str:
        known = {"stream": scope.get("stream", ""), **matter(scope)}
        said = self.say("Where: {fields}.", fields=self.fields(known))
        if scope.get("category") != Category.UNKNOWN:
            return said
        return self.sentences(said, self.unclassified())

    def unclassified(self) -> str:
        """Reports without a category need share no matter: they must be read to tell."""
        return self.say(
            "No category was given, and none could be read from the texts: read a few; if a field "
            "of the source holds it, map that field to category."
        )

    def because(self, notice: Notice) -> str:
        incident = notice.incident
        because = self.name("because", incident.because)
        if incident.because is ColourReason.POINTS:
            because = self.factors(incident.factors, notice.elsewhere)
        said = self.say(
            "Why {colour}: {because}.",
            colour=self.name("colour", incident.colour), because=because,
        )  # fmt: skip
        if not notice.harm:
            return said
        harm = self.say("Harm named: {harm}.", harm=self.harms(notice.harm))
        return self.sentences(said, harm)

    def spread(self, notice: Notice) -> str:
        """How many signals, where, and which stream led: for that there must be two of them."""
        if notice.signals <= 1:
            return ""
        count = self.number(notice.signals)
        said = self.say("Signals: {count}.", count=count)
        if notice.places:
            said = self.say(
                "Signals: {count}; regions and batches: {places}.",
                count=count, places=self.values(notice.places),
            )  # fmt: skip
        if notice.led is None:
            return said
        return self.sentences(said, self.led(notice.led))

    def learning(self) -> str:
        return self.say("Still learning what is normal here; take it as a hint.")

    def unseen(self, notice: Notice) -> str:
        """What the figures lack: persons, and what silent sources would have brought."""
        approximate = (notice.surge or notice.signal).approximate
        silent = notice.signal.absence and notice.signal.live
        said = [
            self.approximate() if approximate else "",
            self.blindness() if silent else "",
            self.blind(notice.blind) if notice.blind else "",
        ]
        return " ".join(filter(None, said))

    def approximate(self) -> str:
        return self.say("People approximate: persons are unknown, so reports were counted.")

    def blindness(self) -> str:
        return self.say("What it would bring is not seen: no alarm there means no all-clear.")

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

    def onward(self, notice: Notice, link: str) -> str:
        said = self.say("Next: {step}.", step=self.name("step", first(notice)))
        return f"{said} {link}".rstrip()

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
