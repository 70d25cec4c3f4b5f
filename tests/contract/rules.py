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

    def judge(
        self, counts: Ints, *, hour: int, masked: Bools | None = None
    ) -> rules.Verdict:  # fmt: skip
        given = self.taken(deepcopy(self.window), counts, masked)
        return self.rule.judge(self.state, *given, bucket=hour)

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> rules.Verdict:
        given = self.taken(self.window, counts, masked)
        self.state, verdict = self.rule.step(self.state, *given, bucket=hour)
        return verdict

    def taken(
        self, window: Window, counts: Ints, masked: Bools | None
    ) -> tuple[Ints, Ints, Bools]:  # fmt: skip
        """People, whom they are compared with, and where an outage hides it."""
        hidden = masked is not None and bool(masked.all())
        window.take(counts, masked=hidden)
        if self.rule.ratio:
            hidden = window.hidden == self.rule.window
        return window.recent.copy(), window.before, np.full(counts.shape, hidden)

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
