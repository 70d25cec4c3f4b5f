"""What is said of a signal's figures: how many, how strong, at its height and now."""

from collections.abc import Mapping
from datetime import timedelta

from alerts.precedence import Led
from alerts.rates import BatchRate, Disproportion
from alerts.signal import Kind, Scope, Signal, SignalState
from alerts.words import Words
from detectors.growth import Growth, Pace

FAR, WELL = 5.0, 2.0  # times the alarm level


class Measures(Words):
    """A reader of figures."""

    def figures(self, signal: Signal, height: Signal | None) -> str:
        """Observed against expected; of a trigger, which has neither, the time."""
        if signal.event:
            return self.happened(signal)
        if signal.absence:
            return self.heard(signal) if signal.live else self.lasted(signal)
        if signal.limited:
            return self.reached(signal, height or signal)
        if signal.state is SignalState.CLEARED:
            return self.subsided(signal, height or signal)
        if not signal.live or signal.growth is None:
            return self.counted(signal)
        return self.sentences(self.counted(signal), self.grows(signal.growth))

    def sentences(self, *said: str) -> str:
        """One after another, as the language sets them; empty ones are left out."""
        first, *others = filter(None, said)
        for second in others:
            first = self.say("{first} {second}", first=first, second=second)
        return first

    def grows(self, growth: Growth) -> str:
        if growth.pace is Pace.OVER:
            return self.say("No longer growing.")
        if growth.pace is Pace.OPEN:
            return self.say("Whether it is growing cannot be told.")
        low, middle, high = (self.lasting(60 * hours) for hours in growth.doubling)
        return self.say("Doubles in {time} ({low} to {high}).", time=middle, low=low, high=high)

    def led(self, led: Led) -> str:
        """Who led and by how long; the interval stops where both begin together."""
        if not led.told:
            return self.say("Whether complaints or posts came first cannot be told.")
        ends = sorted(max(minutes, 0.0) for minutes in _ahead(led))
        low, lag, high = map(self.lasting, ends)
        if led.lag > 0:
            return self.say(
                "Complaints came before posts, by {time} ({low} to {high}).",
                time=lag, low=low, high=high,
            )  # fmt: skip
        return self.say(
            "Posts came before complaints, by {time} ({low} to {high}).",
            time=lag, low=low, high=high,
        )  # fmt: skip

    def lasting(self, minutes: float) -> str:
        """A length of time to two digits, in minutes where they have no more, else in hours."""
        if minutes < 99.5:
            return self.numbered("{count} minute", "{count} minutes", _two_digits(minutes))
        return self.numbered("{count} hour", "{count} hours", _two_digits(minutes / 60))

    def happened(self, signal: Signal) -> str:
        if signal.kind is Kind.NOVELTY:
            return self.numbered(
                "Since {since}: {count} person, the first ever.",
                "Since {since}: {count} people, the first ever.",
                signal.observed, since=self.moment(signal.onset),
            )  # fmt: skip
        since, at = self.moment(signal.onset), self.moment(signal.at)
        if signal.state is SignalState.CONFIRMED:
            return self.say("Happened {since}, confirmed {at}.", since=since, at=at)
        return self.say("Happened {since}, alarmed {at}.", since=since, at=at)

    def counted(self, signal: Signal) -> str:
        facts = {
            "since": self.moment(signal.onset),
            "expected": self.number(signal.expected),
            "multiple": self.number(signal.multiple),
            "at": self.moment(signal.at),
        }
        if signal.kind is Kind.BURST:
            return self.crowded(signal, facts)
        if signal.kind in {Kind.WEEKLY, Kind.DRIFT}:
            return self.crept(signal, facts)
        if signal.kind is Kind.SHARE:
            return self.shared(signal, facts)
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

    def crowded(self, signal: Signal, facts: Mapping[str, str]) -> str:
        """Of a burst: within how short a time."""
        minutes = self.number((signal.at - signal.onset) // timedelta(minutes=1))
        if signal.stream == "mentions":
            return self.numbered(
                "{count} post in {minutes} minutes, expected {expected}, ×{multiple}; as of {at}.",
                "{count} posts in {minutes} minutes, expected {expected}, ×{multiple}; as of {at}.",
                signal.observed, minutes=minutes, **facts,
            )  # fmt: skip
        return self.numbered(
            "{count} person in {minutes} minutes, expected {expected}, ×{multiple}; as of {at}.",
            "{count} people in {minutes} minutes, expected {expected}, ×{multiple}; as of {at}.",
            signal.observed, minutes=minutes, **facts,
        )  # fmt: skip

    def crept(self, signal: Signal, facts: Mapping[str, str]) -> str:
        """Of whole weeks."""
        if signal.stream == "mentions":
            return self.numbered(
                "Weeks since {since}: {count} post, expected {expected}, ×{multiple}; as of {at}.",
                "Weeks since {since}: {count} posts, expected {expected}, ×{multiple}; as of {at}.",
                signal.observed, **facts,
            )  # fmt: skip
        return self.numbered(
            "Weeks since {since}: {count} person, expected {expected}, ×{multiple}; as of {at}.",
            "Weeks since {since}: {count} people, expected {expected}, ×{multiple}; as of {at}.",
            signal.observed, **facts,
        )  # fmt: skip

    def shared(self, signal: Signal, facts: Mapping[str, str]) -> str:
        """Of all that came: how many were of the kind, and how many of them is usual."""
        whole = max(signal.whole, 1.0)
        shares = {
            "part": self.number(signal.observed),
            "share": self.number(round(100.0 * signal.observed / whole)),
            "usual": self.number(round(100.0 * signal.expected / whole)),
        }
        if signal.stream == "mentions":
            return self.numbered(
                "Since {since}: {part} of {count} post, {share} % (usual: {usual} %); as of {at}.",
                "Since {since}: {part} of {count} posts, {share} % (usual: {usual} %); as of {at}.",
                signal.whole, **{**facts, **shares},
            )  # fmt: skip
        return self.numbered(
            "Since {since}: {part} of {count} person, {share} % (usual: {usual} %); as of {at}.",
            "Since {since}: {part} of {count} people, {share} % (usual: {usual} %); as of {at}.",
            signal.whole, **{**facts, **shares},
        )  # fmt: skip

    def subsided(self, signal: Signal, height: Signal) -> str:
        """What it was and what it is: a cleared record counts on, or anew after the excess."""
        if height.state is SignalState.CLEARED:
            return self.counted(signal)
        facts = {
            "height": self.counted(height), "at": self.moment(signal.at),
            "count": self.number(signal.observed), "expected": self.number(signal.expected),
        }  # fmt: skip
        if signal.onset < height.at:
            return self.say(
                "{height} That was its height; by {at} {count} in all, expected {expected}.",
                **facts,
            )
        return self.say(
            "{height} That was its height; by {at} it was {count}, expected {expected}.", **facts
        )

    def reached(self, signal: Signal, height: Signal) -> str:
        """Of a rule: who came in its time, and the limit; of one that is over also its height."""
        if signal.live or height.state is SignalState.CLEARED:
            return self.windowed(signal)
        return self.say(
            "{height} That was its height; by {at} it was {count}, limit {limit}.",
            height=self.windowed(height), at=self.moment(signal.at),
            count=self.number(signal.observed), limit=self.number(signal.expected),
        )  # fmt: skip

    def windowed(self, signal: Signal) -> str:
        facts = {
            "since": self.moment(signal.onset), "at": self.moment(signal.at),
            "limit": self.number(signal.expected),
        }  # fmt: skip
        if signal.stream == "mentions":
            return self.numbered(
                "From {since} to {at}: {count} post, limit {limit}.",
                "From {since} to {at}: {count} posts, limit {limit}.",
                signal.observed, **facts,
            )  # fmt: skip
        return self.numbered(
            "From {since} to {at}: {count} person, limit {limit}.",
            "From {since} to {at}: {count} people, limit {limit}.",
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

    def lasted(self, signal: Signal) -> str:
        """Of a silence that is over."""
        return self.numbered(
            "It lasted from {since} to {at}: {count} event, expected {expected}.",
            "It lasted from {since} to {at}: {count} events, expected {expected}.",
            signal.observed, since=self.moment(signal.onset), at=self.moment(signal.at),
            expected=self.number(signal.expected),
        )  # fmt: skip

    def strength(self, signal: Signal) -> str:
        """The score in words: it may have a dozen digits, and nobody knows its unit."""
        times = signal.score / max(signal.threshold, 1e-9)
        if times >= FAR:
            return self.say("far above the alarm level")
        if times >= WELL:
            return self.say("well above the alarm level")
        if times >= 1:
            return self.say("above the alarm level")
        return self.say("below the alarm level")

    def per_unit(self, rate: BatchRate | None) -> str:
        """A batch's complaints per unit, beside its neighbours'."""
        if rate is None:
            return self.say(
                "Rate per unit unknown: its units in the field or its day of shipping are not "
                "known, or it has no neighbours."
            )
        return self.say(
            "Per thousand units: {own} complaints ({low} to {high} with 95 %), neighbours of equal "
            "age {neighbours}; {measures}.",
            own=self.number(rate.per_thousand), low=self.number(rate.low),
            high=self.number(rate.high), neighbours=self.number(rate.neighbours),
            measures=self.disproportion(rate.evidence),
        )  # fmt: skip

    def fault(self, signal: Signal) -> str:
        """The category that stands out in a batch."""
        evidence = signal.fault_evidence
        if signal.fault is None or evidence is None:
            return ""
        return self.say(
            "What stands out in it: {fault}; {measures}.",
            fault=self.name("category", signal.fault), measures=self.disproportion(evidence),
        )  # fmt: skip

    def disproportion(self, evidence: Disproportion) -> str:
        """The measures of those who watch over products, by their names."""
        return self.say(
            "n {count} where {expected} were expected, PRR {prr}, chi-square {chi}, EB05 {eb05}",
            count=self.number(evidence.n), expected=self.number(evidence.expected),
            prr=self.number(evidence.prr), chi=self.number(evidence.chi_squared),
            eb05=self.number(evidence.eb05),
        )  # fmt: skip

    def factors(self, factors: Mapping[str, float], elsewhere: Mapping[str, Scope]) -> str:
        """What brought points for the colour, with its figures, and whose they are if others'."""
        if not factors:
            return self.say("neither speed nor number, spread or harm reaches a limit")
        return self.listed(
            self._whose(self._factor(aspect, value), elsewhere.get(aspect))
            for aspect, value in factors.items()
        )

    def _whose(self, factor: str, scope: Scope | None) -> str:
        if scope is None:
            return factor
        return self.say("{factor} ({scope})", factor=factor, scope=self.fields(scope))

    def _factor(self, aspect: str, value: float) -> str:
        if aspect == "speed":
            return self.say("{multiple} times the expected", multiple=self.number(value))
        if aspect == "people":
            return self.say("{count} more than expected", count=self.number(round(value)))
        if aspect == "spread":
            return self.numbered("{count} separate alarm", "{count} separate alarms", value)
        return self.say("harm named")


def _ahead(led: Led) -> tuple[float, float, float]:
    """The minutes by which the one that led came before the other."""
    ahead = (led.low, led.lag, led.high)
    return ahead if led.lag > 0 else (-ahead[0], -ahead[1], -ahead[2])


def _two_digits(value: float) -> float:
    return float(f"{value:.2g}")
