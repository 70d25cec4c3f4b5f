"""A plain rule, as the contract drives it."""

from copy import deepcopy
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from alerts.signal import Kind
from detectors import grounds, rules
from detectors.columns import Bools, Ints
from detectors.rules import Rule, RuleState
from detectors.window import Window
from tests.contract import again
from tests.contract.plain import copied
from tests.contract.verdicts import Explained


@dataclass(slots=True)
class RuleCase:
    """A rule that asks about five hours, and for half as many again as the five before.

    An outage hides an hour of all series of a stream; so does the contract.
    """

    kind: ClassVar = Kind.RULE
    hours: ClassVar[int] = 120
    many: ClassVar[int] = 203
    rule: ClassVar = Rule(least=3, window=5, ratio=1.5, holds=2, until=0.8)
    again: ClassVar = staticmethod(again.of_rule)
    state: RuleState
    window: Window

    @classmethod
    def of(cls, n: int) -> Self:
        delay = cls.rule.window if cls.rule.ratio else 0
        made = cls(RuleState.empty(), Window(length=cls.rule.window, delay=delay))
        made.grow(n, born=0)
        return made

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)
        self.window.grow(self.state.size)

    def judge(self, counts: Ints, *, hour: int) -> rules.Verdict:
        window = deepcopy(self.window)
        window.take(counts)
        return self.rule.judge(self.state, window.recent, window.before, bucket=hour)

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> rules.Verdict:
        hidden = masked is not None and bool(masked.all())
        self.window.take(counts, masked=hidden)
        people, before = self.window.recent.copy(), self.window.before
        if self.rule.ratio:
            hidden = self.window.hidden == self.rule.window
        blind = np.full(people.shape, hidden)
        self.state, verdict = self.rule.step(self.state, people, before, blind, bucket=hour)
        return verdict

    def explained(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> Explained:
        verdict, before = self.step(counts, hour=hour, masked=masked), self.window.before
        return verdict, [
            grounds.of_rule(self.rule, verdict, before, place) for place in range(counts.size)
        ]  # fmt: skip

    def restored(self) -> Self:
        again = type(self).of(0)
        again.state = RuleState.of(copied(self.state))
        again.window.restore(self.window.columns())
        return again


class PlainRuleCase(RuleCase):
    """A rule that compares nothing; an outage hides from it the hour alone."""

    rule = Rule(least=3, window=5, holds=2, until=0.8)
