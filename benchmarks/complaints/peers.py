"""Five other methods, each in its simplest form, on what the A-score saw and expected.

Those that need an expectation, a dispersion or the doubt about a level take the A-score's own, so
that only the way to decide differs. A score is 0 where a bucket is quiet or nothing is in excess.
"""

from collections.abc import Callable

import numpy as np
from scipy import special

from benchmarks.complaints.surge import Judged
from detectors.columns import Array, Floats, Floats32
from detectors.shiryaev import KAPPAS, Likelihood

DAY, WEEK, DAYS = 24, 168, 28
MONTH = DAYS * DAY
SPANS = (1, 3, 6, 12, 24, 72)
"""Hours that the scan looks back."""
UNLIKELY = 3.0
"""Standard deviations below which no tail is worked out; thresholds lie at four and more."""
FLOOR = 1e-30
CAP, FORGOTTEN = 12.0, np.log(2) / 72
"""Of a CUSUM: where it stops and what it loses each hour, so that it ends after its incident."""


def hour_of_week(seen: Judged) -> Floats32:
    """Z of a count against the same hour of all weeks before, from the fifth on."""
    weeks = seen.counts.reshape(-1, WEEK, seen.counts.shape[1]).astype(np.float64)
    before = np.arange(len(weeks)).reshape(-1, 1, 1)
    n = np.maximum(before, 1)
    mean = (weeks.cumsum(axis=0) - weeks) / n
    squares = ((weeks**2).cumsum(axis=0) - weeks**2) / n
    z = (weeks - mean) / np.sqrt(np.maximum(squares - mean**2, 1.0))
    return _score(seen, np.where(before < 4, 0.0, z).reshape(seen.counts.shape))


def day_against_month(seen: Judged) -> Floats32:
    """-log10 of the tail of the last 24 hours, with mean and scatter of the 28 days before."""
    day = _trailing(seen.counts, DAY)
    usual, squares = (_days_before(rows) / DAYS for rows in (day, day**2))
    usual = np.maximum(usual, 0.5 / DAYS)
    scatter = np.maximum(squares / usual - usual, 1.1) + usual / DAYS
    return _score(seen, _unlikely(day, usual, scatter))


def one_bucket_tail(seen: Judged) -> Floats32:
    """-log10 of the negative binomial tail of the bucket."""
    return _tails(seen, spans=(1,))


def multi_scale_scan(seen: Judged) -> Floats32:
    """The largest -log10 of the negative binomial tails of what came in the last `SPANS`."""
    return _tails(seen, spans=SPANS)


def glr_cusum(seen: Judged) -> Floats32:
    """The largest of a bank of CUSUMs, W <- max(0, W + L), with the A-score's multiples and L."""
    sums = np.zeros((len(KAPPAS), seen.counts.shape[1]))
    out = np.empty(seen.counts.shape, np.float32)
    for hour, quiet in enumerate(seen.quiet):
        likelihood = Likelihood.of(
            dispersion=np.maximum(seen.dispersion[hour], 1.001).astype(np.float64),
            level_variance=seen.level_variance[hour],
        )
        counts, mean = seen.counts[hour].astype(np.float64), seen.mean[hour]
        for row, kappa in enumerate(KAPPAS):
            gain = np.where(quiet, 0.0, likelihood.log_ratio(counts, mean, kappa))
            sums[row] = np.clip(sums[row] + gain - FORGOTTEN, 0.0, CAP)
        out[hour] = sums.max(axis=0)
    return _score(seen, out)


METHODS: dict[str, Callable[[Judged], Floats32]] = {
    "hour_of_week_z": hour_of_week,
    "day_against_28_days": day_against_month,
    "one_bucket_tail": one_bucket_tail,
    "multi_scale_scan": multi_scale_scan,
    "glr_cusum": glr_cusum,
}


def _score(seen: Judged, raw: Array) -> Floats32:
    return np.where(seen.quiet, 0.0, np.maximum(raw, 0.0)).astype(np.float32)


def _trailing(rows: Array, span: int) -> Floats:
    """Sum of the last `span` rows, the current one included."""
    sums = rows.cumsum(axis=0, dtype=np.float64)
    sums[span:] -= sums[:-span].copy()
    return sums


def _days_before(days: Floats) -> Floats:
    """Sum over the totals of the 28 days that ended 24, 48, ... hours ago."""
    total = np.zeros_like(days)
    for lag in range(DAY, MONTH + 1, DAY):
        total[lag:] += days[:-lag]
    return total


def _tails(seen: Judged, *, spans: tuple[int, ...]) -> Floats32:
    counts, mean = np.where(seen.quiet, 0, seen.counts), np.where(seen.quiet, 0.0, seen.mean)
    best = np.zeros(counts.shape, np.float32)
    for span in spans:
        m = np.maximum(_trailing(mean, span), 1e-9)
        scatter = np.maximum(seen.dispersion, 1.001) + seen.level_variance * m
        np.maximum(best, _unlikely(_trailing(counts, span), m, scatter), out=best)
    return _score(seen, best)


def _unlikely(n: Array, m: Array, scatter: Array) -> Floats32:
    """-log10 P(N >= n) of a negative binomial with mean m and variance scatter times m."""
    far = (n >= 1) & (n - m > UNLIKELY * np.sqrt(scatter * m))
    size, p = m[far] / (scatter[far] - 1.0), 1.0 / scatter[far]
    out = np.zeros(n.shape, np.float32)
    out[far] = -np.log10(np.maximum(special.betainc(n[far], size, 1.0 - p), FLOOR))
    return out
