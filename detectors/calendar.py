"""What is known of an hour beforehand, and how much a known event raises what is counted.

An event (a campaign, a public holiday) multiplies what is expected by an *uplift*. The uplifts of
a kind scatter about a mean of its own with the standard deviation `SCATTER` of their logarithms;
the mean is known by what was declared, and by what came of the kind before: a normal posterior.
While the event lasts, what is counted corrects it (a gamma posterior, as of a level), but by two
standard deviations at most: what goes beyond that is no campaign.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from detectors.columns import Floats, Ints

DAY = 24
UNKNOWN: Final = 0.5
"""Standard deviation of the log uplift of a kind of which nothing is known."""
DECLARED: Final = 0.2
"""The same where somebody has said how much it will be."""
SCATTER: Final = 0.2
"""Of the log uplift of one event about that of its kind."""
FADED: Final = 0.7
"""Share that what was learnt of a kind keeps at its next event."""
YESTERDAY: Final = 0.5
"""Share that what came of an event keeps at midnight."""
DAILY: Final = 0.1
"""Standard deviation of the log uplift from one day of an event to the next."""
LIMIT: Final = 2.0
"""Standard deviations by which what is counted may correct what was expected."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the calendar says of an hour; `factor` and `doubt` are of all places or of each.

    Attributes:
        factor: that the event multiplies what is expected by.
        doubt: its relative variance; 0 where it is not to be corrected by what is counted.
        weekday: whose rhythm the day takes, counted as `hour // 24 % 7`; None: its own.
    """

    factor: Floats | float = 1.0
    doubt: Floats | float = 0.0
    weekday: int | None = None

    def slot(self, hour: int) -> int:
        """The hour of the week whose profile the local hour takes."""
        weekday = hour // DAY % 7 if self.weekday is None else self.weekday
        return weekday * DAY + hour % DAY

    def at(self, places: Ints) -> "Known":
        """Of these places; one that it does not know, such as -1, is as ordinary as any."""
        if not isinstance(self.factor, np.ndarray):
            return self
        known = (places >= 0) & (places < self.factor.size)
        some, doubt = np.where(known, places, 0), np.broadcast_to(self.doubt, self.factor.shape)
        return Known(np.where(known, self.factor[some], 1.0), np.where(known, doubt[some], 0.0))


ORDINARY: Final = Known()


def bounded(correction: Floats, *, doubt: Floats) -> Floats:
    """The correction as far as the doubt about the factor explains it."""
    most = np.exp(LIMIT * np.sqrt(doubt))
    within: Floats = np.clip(correction, 1.0 / most, most)
    return within


class Uplift(NamedTuple):
    """A factor, and the variance of its logarithm."""

    factor: float
    doubt: float

    def bound(self, factor: float) -> float:
        """The factor that is nearest to this one and not too far to be believed."""
        most = math.exp(LIMIT * math.sqrt(self.doubt))
        return min(max(factor, self.factor / most), self.factor * most)

    def diluted(self, share: Floats) -> "Known":
        """What it does to a series of which it concerns a share."""
        factor = 1.0 + share * (self.factor - 1.0)
        return Known(factor, self.doubt * (share * self.factor / factor) ** 2)


class Learnt(NamedTuple):
    """What came of a kind: the precision of its mean log uplift, and the mean times it."""

    precision: float = 0.0
    weighted: float = 0.0

    def next(self, declared: float = 1.0) -> Uplift:
        """Of the next event of the kind; declared as 1, nothing is known but what was learnt."""
        prior = (UNKNOWN if declared == 1.0 else DECLARED) ** -2
        precision = self.precision + prior
        mean = (self.weighted + prior * math.log(declared)) / precision
        return Uplift(math.exp(mean), 1.0 / precision + SCATTER**2)

    def after(self, event: "Account", *, expected: Uplift) -> "Learnt":
        """With an event that has ended, of which so much had been expected."""
        if event.total.expected <= 0:
            return self
        seen = expected.bound((event.total.observed + 0.5) / (event.total.expected + 0.5))
        precision = 1.0 / (SCATTER**2 + 1.0 / (event.total.observed + 0.5))
        return Learnt(
            FADED * self.precision + precision, FADED * self.weighted + precision * math.log(seen)
        )


class Sums(NamedTuple):
    """Events, and how many had been expected without the event."""

    observed: float = 0.0
    expected: float = 0.0

    def plus(self, other: "Sums", *, weight: float = 1.0) -> "Sums":
        return Sums(
            weight * self.observed + other.observed, weight * self.expected + other.expected
        )


class Account(NamedTuple):
    """What came of an event so far; of its `past` days the newer count the more."""

    total: Sums = Sums()
    past: Sums = Sums()
    today: Sums = Sums()
    day: int = 0

    @classmethod
    def of(cls, parts: Sequence[Any]) -> "Account":
        """As a snapshot holds it."""
        total, past, today, day = parts
        return cls(Sums(*total), Sums(*past), Sums(*today), day)

    def add(self, *, observed: float, expected: float, day: int) -> "Account":
        """With one more hour of the local day; `expected` is without the event."""
        hour, account = Sums(observed, expected), self.at(day)
        return account._replace(total=account.total.plus(hour), today=account.today.plus(hour))

    def at(self, day: int) -> "Account":
        """As it stands when the day begins; as it is while the day lasts."""
        if day == self.day:
            return self
        return Account(self.total, self.past.plus(self.today, weight=YESTERDAY), Sums(), day)

    def corrected(self, expected: Uplift, *, today: bool) -> Uplift:
        """What was expected of the event, by what came of it, `today` too or only before."""
        seen = self.past.plus(self.today) if today else self.past
        worth = 1.0 / expected.doubt
        if seen.expected <= 0:
            return expected
        factor = (worth + seen.observed) / (worth / expected.factor + seen.expected)
        doubt = min(1.0 / (worth + seen.observed) + DAILY**2, expected.doubt)
        return Uplift(expected.bound(factor), doubt)
