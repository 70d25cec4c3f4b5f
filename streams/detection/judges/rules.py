"""Plain rules: what somebody asked to be told of; each is judged by itself, at the close alone."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from alerts.gates import Gate, Number, Step
from alerts.signal import Kind, Scope, Signal
from detectors import grounds, rules
from detectors.alarm import Hysteresis
from detectors.columns import Ints
from detectors.window import Window
from streams.configuration import durations
from streams.configuration.limits import Rule
from streams.counts.cells import SEPARATOR
from streams.detection import signals
from streams.detection.judges.judge import Closed, Judge, Record, Seat
from streams.detection.judges.ledger import Ledger
from streams.detection.judges.standing import Standing
from streams.detection.retirement import Retirement
from streams.detection.series import NO_ROW, Key, Series
from streams.detection.signals import Change


def rule_judges(seat: Seat) -> dict[str, Judge]:
    """One for each rule of the stream, by its name in a snapshot."""
    wanted = [rule for rule in seat.settings.rules if rule.stream == seat.stream]
    return {f"rule {rule.name}": RuleJudge(seat, rule) for rule in wanted}


class RuleJudge(Judge):
    """One rule on the series of its cut; those that they are a share of stand beside them.

    Args:
        seat: where it sits.
        rule: as it is set; its cuts are counted.
    """

    def __init__(self, seat: Seat, rule: Rule) -> None:
        self.minutes, self.terms = rule.minutes, rule.model_dump_json()
        self._rule = rule
        self._test = rules.Rule(
            least=rule.people, window=rule.buckets(rule.within), ratio=rule.share or rule.times,
            holds=max(rule.buckets(rule.holds), 1), until=(rule.until or rule.level) / rule.level,
        )  # fmt: skip
        self._cut, self._whole = (
            next(n for n, cut in enumerate(seat.cuts) if cut.counted == counted)
            for counted in (rule.counted, rule.compared)
        )
        self._ledger = Ledger({self._cut, self._whole}, minutes=rule.minutes)
        delay = rule.buckets(rule.than) if rule.times else 0
        self._window = Window(length=self._test.window, delay=delay)
        self._wanted = np.empty(0, np.bool_)  # by place, whether the rule is about it
        self._whole_of = np.empty(0, np.int64)  # by place, that of what it is a share of
        self._verdict: rules.Verdict | None = None  # on the bucket closed last
        self._state, self._alarms = rules.RuleState.empty(), Standing(Hysteresis(quiet=1))

    def take(self, record: Record) -> Iterator[Signal]:
        self._ledger.take(record)
        yield from ()

    def close(self, closed: Closed) -> Iterator[Signal]:
        tally = self._ledger.close(closed)
        self._grow(closed)
        self._window.take(tally.people, masked=closed.masked)
        masked = np.full(self._wanted.size, self._blind(closed))
        self._state, verdict = self._test.step(
            self._state, self._people(), self._compared(), masked, bucket=closed.bucket
        )
        self._verdict = verdict
        for change in self._alarms.step(verdict, bucket=closed.bucket):
            if closed.series.tells(self._ledger.keys[change.place]):
                yield self._signal(verdict, change, closed)

    def holds(self, series: Series) -> Ints:
        return self._ledger.lives(series, self._alarms.places)

    def retire(self, retirement: Retirement, series: Series) -> None:
        places = self._ledger.retire(retirement, series)
        moved = np.full(self._wanted.size + 1, NO_ROW)
        moved[places] = np.arange(places.size)
        self._wanted, self._whole_of = self._wanted[places], moved[self._whole_of[places]]
        self._window.keep(places)
        self._state = self._state.take(places)
        self._alarms.keep(places)

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        key = closed.series.key_of(scope)
        if key is None or key.cut != self._cut or not self._rule.only.items() <= scope.items():
            return ()
        place = self._ledger.place(key)
        numbers: dict[str, Number] = {
            "rule": self._rule.name, "people": 0.0, "limit": float(self._rule.people),
            "held": 0.0, "needed": float(self._test.holds),
            "at": signals.moment(closed.bucket + 1, self.minutes),
        }  # fmt: skip
        if place != NO_ROW and self._verdict is not None:
            numbers |= grounds.of_rule(self._test, self._verdict, self._compared(), place)
            numbers["held"] = float(self._verdict.held[place])
            numbers |= self._hidden(blind=bool(self._verdict.masked[place]))
        if place == NO_ROW:
            return (Gate(Step.RULE, open=False, numbers=numbers),)
        gate = Gate(Step.RULE, open=bool(self._state.standing[place]), numbers=numbers)
        return (gate, *self._alarms.gates(place, Kind.RULE, minutes=self.minutes))

    def snapshot(self) -> dict[str, Any]:
        return {
            "ledger": self._ledger.snapshot(), "window": self._window.columns(),
            "state": self._state.columns(), "alarms": self._alarms.snapshot(),
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self._ledger.restore(held["ledger"])
        self._window.restore(held["window"])
        self._state = rules.RuleState.of(held["state"])
        self._alarms.restore(held["alarms"])

    def _grow(self, closed: Closed) -> None:
        """Give a place to what is new; after a restore all is."""
        keys, known = self._ledger.keys, self._wanted.size
        if len(keys) == known:
            return
        scopes = map(closed.series.scope_of, keys[known:])
        wanted = [
            key.cut == self._cut and self._rule.only.items() <= scope.items()
            for key, scope in zip(keys[known:], scopes, strict=True)
        ]
        self._wanted = np.append(self._wanted, np.array(wanted, np.bool_))
        self._find_wholes(closed.series)
        self._state = self._state.grown(len(keys))
        self._window.grow(len(keys))

    def _find_wholes(self, series: Series) -> None:
        """Of what is new, and of what had none so far: one may have been past a bound."""
        places = {key: place for place, key in enumerate(self._ledger.keys)}
        fresh = np.full(len(places) - self._whole_of.size, NO_ROW)
        self._whole_of = np.append(self._whole_of, fresh)
        for place in np.flatnonzero(self._whole_of == NO_ROW).tolist():
            whole = self._whole_key(self._ledger.keys[place], series)
            self._whole_of[place] = places.get(whole, NO_ROW)

    def _whole_key(self, key: Key, series: Series) -> Key:
        """What it is a share of, whose cut may name the same fields in another order."""
        scope, by = series.scope_of(key), series.cuts[self._whole].by
        return Key(self._whole, SEPARATOR.join(scope[field] for field in by))

    def _blind(self, closed: Closed) -> bool:
        """Whether an outage hides the bucket, or all that could be compared."""
        if self._rule.times:
            return self._window.hidden == self._test.window
        return closed.masked

    def _hidden(self, *, blind: bool) -> dict[str, Number]:
        """Buckets that an outage hides of the window, or of the one that it is compared with."""
        hidden = self._window.hidden if self._rule.times else int(blind)
        if not hidden:
            return {}
        return {"hidden": float(hidden), "window": float(self._test.window)}

    def _people(self) -> Ints:
        """Nobody where there is nothing to compare with yet."""
        known = self._wanted & (self._window.full or not self._rule.times)
        return np.where(known, self._window.recent, 0)

    def _compared(self) -> Ints:
        if self._rule.times:
            return self._window.before
        return np.where(self._whole_of != NO_ROW, self._window.recent[self._whole_of], 0)

    def _signal(self, verdict: rules.Verdict, change: Change, closed: Closed) -> Signal:
        people, limit = verdict.observed[change.place], verdict.expected[change.place]
        within = durations.text(self._rule.within)
        return signals.alarm(
            Kind.RULE, closed.series.scope_of(self._ledger.keys[change.place]), verdict, change,
            bucket=closed.bucket, minutes=self.minutes, threshold=1.0, rule=self._rule.name,
            reason=f"{self._rule.name}: {people} people within {within}, its limit is {limit:.3g}",
            approximate=closed.approximate,
        )  # fmt: skip
