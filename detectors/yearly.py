"""Yearly season: how far the weeks of a year lie above and below each other.

The totals of a group by week go into a dynamic model (`detectors.dynamic`) of level, slope and the
waves of a year and of half a year. The waves alone are the factor of an hour: their logarithms have
a mean of 0 over a year, and what lasts is left to the level. In the first year a wave cannot be
told from a trend; from its end on the factor takes effect bit by bit, within a quarter, so that the
levels that have followed the season so far follow the factor instead.
"""

from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np

from detectors.columns import Columns, Floats, Ints, column
from detectors.dynamic import WAVE_SDS, Dynamic, Terms
from detectors.level import winsorised
from detectors.scatter import Scatter

WEEK: Final = 168
HOURS: Final = 365.2425 * 24
WEEKS: Final = HOURS / WEEK
FIRST, WHOLE = 53, 65
"""Weeks learnt with which the factor begins to take effect, and with which it is all there."""
SETTLING: Final = 8
"""Weeks after which the level is near enough for counts to be cut and scatter to be learnt."""
LEAST: Final = 0.9
"""Share of a week that must have been seen for it to be learnt."""


@dataclass(slots=True)
class Year(Columns):
    """One column a group; `week` is the one that runs, of which the sums are; `seen` were learnt.

    `exposure` is in hours of a week without known events.
    """

    model: Dynamic
    scatter: Scatter
    week: Annotated[Ints, column(np.int64, -1)]
    events: Annotated[Floats, column(np.float64)]
    exposure: Annotated[Floats, column(np.float64)]
    seen: Annotated[Ints, column(np.int64)]

    def factor(self, *, hour: int) -> Floats:
        """Of the local hour since the epoch, on what is expected."""
        trust = np.clip((self.seen - FIRST + 1) / (WHOLE - FIRST + 1), 0.0, 1.0)
        if not trust.any():
            return np.ones(self.size)
        wave = np.zeros(self.size)
        for row, term in enumerate(_waves(hour), start=2):
            wave += term * self.model.theta[row]
        factor: Floats = np.exp(trust * wave)
        return factor

    def learn(self, events: Floats, exposure: Floats, *, hour: int) -> None:
        """Take in an hour's events; `exposure` is what known events make of it, 0 if unseen."""
        week = hour // WEEK
        (over,) = np.nonzero((self.week != week) & (self.week >= 0))
        if over.size:
            ended = self.take(over)
            _end(ended)
            learnt = ended.columns()
            for name, column_ in self.columns().items():
                column_[..., over] = learnt[name]
        self.week[...] = week
        self.events += events
        self.exposure += exposure


def _end(year: Year) -> None:
    """The week that ran is over, the same of all; one that was not seen whole is not learnt."""
    whole = year.exposure >= LEAST * WEEK
    counts = year.events * WEEK / np.maximum(year.exposure, 1e-9)
    terms = Terms.of(bucket=int(year.week[0]), season=WEEKS)
    forecast = year.model.forecast(terms)
    mean, q, phi = forecast.mean, forecast.level_variance, year.scatter.phi(forecast.mean)
    sd, settled = np.sqrt(mean * (phi + q * mean)), whole & (year.seen >= SETTLING)
    cut = winsorised(counts, mean=mean, level_variance=q, phi=phi)
    cut = np.where(settled, cut, counts)
    year.model.evolve(forecast, step=terms.step)
    year.model.learn(forecast, cut, phi=phi, known=whole)
    year.model.watch((counts - mean) / sd, sd / mean, known=settled)
    year.scatter.learn(cut, forecast, phi=phi, known=settled)
    year.seen += whole
    year.events[...] = year.exposure[...] = 0.0


def _waves(hour: int) -> list[float]:
    """What theta of the waves is multiplied by, at the middle of the hour's week on average."""
    angles = [2.0 * np.pi * n * (hour / WEEK - 0.5) / WEEKS for n in (1, 2)]
    return [
        sd * float(wave(angle))
        for sd, angle in zip(WAVE_SDS, angles, strict=True)
        for wave in (np.cos, np.sin)
    ]
