"""Drift: is a series, week by week, above what it was two months ago?

What rises by a few percent a week teaches a baseline that learns each week to expect it. Here the
dynamic model of `detectors.weekly` learns each bucket `HELD` buckets late, so that it forecasts
from what was before the rise: its level and season of then, without a slope on top.

The score is the mixture of Shiryaev-Roberts statistics (`detectors.shiryaev`) over the small
multiples

    kappa = {1.15, 1.3, 1.5, 2}

whose evidence is kept for half a year, with the forecast raised by one standard deviation of what
it was learnt from: an error of the level is the same in all weeks, and would pile up. All else, the
restart after an alarm and the cut of what is learnt too, is as in `detectors.weekly`.

Nothing is said in the first 26 + `HELD` buckets.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from detectors import weekly
from detectors.calendar import ORDINARY, Known
from detectors.columns import Bools, Columns, Floats32, Ints, column
from detectors.verdict import slices
from detectors.weekly import SLICE, WEEKS, Expectation, Verdict, Weekly, WeeklyState

HELD = 8
"""Buckets that are not learnt yet."""
MULTIPLES = (1.15, 1.3, 1.5, 2.0)
RAISED = 1.0
"""Standard deviations of what it was learnt from that the forecast is raised by."""
QUIET = 13
"""Buckets without an alarm after which a drift is over; the next alarm takes longer to come."""
UNKNOWN = -1


@dataclass(slots=True)
class DriftState(Columns):
    """All series: what is known of what was before, and the counts since, by bucket % `HELD`.

    `UNKNOWN` are those of a bucket that was masked, or in which the series did not live yet.
    `events` are what known events multiplied the same buckets by.
    """

    past: WeeklyState
    held: Annotated[Ints, column(np.int64, UNKNOWN, rows=HELD)]
    events: Annotated[Floats32, column(np.float32, 1.0, rows=HELD)]

    @property
    def seen(self) -> Ints:
        """Buckets learnt."""
        return self.past.seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Settings; as of `Weekly`."""

    threshold: float
    season: float = WEEKS
    memory: float = 26.0

    @property
    def weekly(self) -> Weekly:
        """What judges, by what was learnt late."""
        return Weekly(
            threshold=self.threshold,
            season=self.season,
            memory=self.memory,
            multiples=MULTIPLES,
            raised=RAISED,
        )

    def expect(
        self, state: DriftState, *, bucket: int, known: Known = ORDINARY
    ) -> Expectation:  # fmt: skip
        """What the bucket should hold, by what was `HELD` buckets before it and sooner."""
        return self.weekly.expect(state.past, bucket=bucket, known=known)

    def judge(
        self,
        state: DriftState,
        expectation: Expectation,
        counts: Ints,
        masked: Bools | None = None,
    ) -> Verdict:
        """The verdict on these counts. The state stays as it is."""
        return self.weekly.judge(state.past, expectation, counts, masked)

    def step(
        self,
        state: DriftState,
        expectation: Expectation,
        counts: Ints,
        masked: Bools | None = None,
    ) -> tuple[DriftState, Verdict]:
        """Judge, then learn. The state given is used up: its arrays live on in the one returned."""
        masked = np.zeros(counts.shape, np.bool_) if masked is None else masked
        verdicts = []
        for some in slices(state.size, most=SLICE):
            piece, expected = state.take(some), expectation.take(some)
            verdict = self.judge(piece, expected, counts[some], masked[some])
            self._learn(piece, expected, counts[some], known=~masked[some])
            weekly.keep(piece.past.account, verdict, bucket=expected.bucket, quiet=QUIET)
            verdicts.append(verdict)
        return state, Verdict.joined(verdicts)

    def _learn(
        self, state: DriftState, expected: Expectation, counts: Ints, *, known: Bools
    ) -> None:
        """Learn the bucket that was held for longest, and hold this one in its place."""
        row = expected.bucket % HELD
        due, event = state.held[row], Known(state.events[row].astype(np.float64))
        before = self.weekly.expect(state.past, bucket=expected.bucket - HELD, known=event)
        counted = np.maximum(due, 0).astype(np.float64)
        weekly.learn(state.past, before, counted, known=due != UNKNOWN)
        state.held[row] = np.where(known, counts, UNKNOWN)
        state.events[row] = expected.event
