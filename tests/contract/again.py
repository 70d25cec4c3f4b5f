"""Scores computed again from their grounds alone, by the formulas of each method's docstring.

Nothing of `detectors` is asked here: these are the sums that a reader of `tocsin why` could do.
"""

from collections.abc import Iterable
from math import exp, isclose, log, sqrt
from statistics import fmean
from typing import Any

from scipy.special import betainc

LARGEST = 40.0
DOUBT = 0.7


def of_surge(g: Any) -> float:
    raised = 1.0 + DOUBT * g["uncertainty"]
    return mixture(
        g, (gain(g["people"], g["expected"], g["dispersion"], raised, k) for k in g["multiples"])
    )


def of_week(g: Any) -> float:
    """What is due is the level times the season and the known events."""
    assert isclose(g["due"], g["level"] * g["season"] * g["event"])
    return mixture(
        g, (gain(g["people"], g["due"], g["dispersion"], g["margin"], k) for k in g["multiples"])
    )


def of_share(g: Any) -> float:
    return mixture(
        g,
        (
            (g["people"] * log(odds) - g["of"] * log(1.0 + (odds - 1.0) * g["doubted"]))
            / g["dispersion"]
            for odds in g["multiples"]
        ),
    )


def of_zone(g: Any) -> float:
    members = list(
        zip(g["people"], g["due"], g["dispersions"], g["uncertainties"], strict=True)
    )  # fmt: skip
    return float(g["weight"]) * mixture(
        g, (sum(gain(y, m, v, 1.0 + DOUBT * s, k) for y, m, v, s in members)
            for k in g["multiples"]),
    )  # fmt: skip


def of_burst(g: Any) -> float:
    """The lengths' deviations are their excess over the spread of so many buckets."""
    assert isclose(g["due"], g["total"] / g["remembered"] * g["event"], abs_tol=1e-12)
    unsure = (g["doubt"] * g["due"] / max(g["event"], 1.0)) ** 2
    for w, excess, z in zip(g["lengths"], g["excess"], g["deviations"], strict=True):
        variance = max(g["due"] / g["event"], 1.0) / (2 * w - 1) + unsure
        assert abs(excess / sqrt(variance * w * w) - z) <= 1e-9 * max(abs(z), 1.0)
    return fmean(g["zeros"])


def of_silence(g: Any) -> float:
    if not g["lasts"]:
        return 0.0
    m = max(g["expected"], 1e-9)
    n = min(g["observed"], m)
    r = m * m / ((g["dispersion"] - 1.0) * m + g["doubt"] ** 2)
    rare = (n * log(n / m) if n else 0.0) - (n + r) * log((n + r) / (m + r))
    return max(float(g["before"]), exp(min(max(rare, 0.0), LARGEST)))


def of_batch(g: Any) -> float:
    """E[N; N >= n] of a Poisson count whose rate is a mixture of gammas."""
    if g["people"] < g["fewest"]:
        return 0.0
    arrivals = sum(
        w * a / b * float(betainc(g["people"] - 1.0, a + 1.0, g["due"] / (b + g["due"]))) * g["due"]
        for w, a, b in zip(g["weights"], g["shapes"], g["rates"], strict=True)
    )
    return float(g["part"] / max(arrivals / g["buckets"], 1e-200))


def of_novelty(g: Any) -> float:
    """How seldom a first one is followed by so many, whose number is negative binomial."""
    if g["people"] < 1:
        return 0.0
    p, shape, more = g["further"] / 100.0, 1.0 + g["likeness"] * g["share"] / 100.0, g["people"] - 1
    chance = float(betainc(more, shape, p)) if more else 1.0
    score = float(min(g["pace"] / max(chance, 1e-30), 1e30))
    assert isclose(score, g["score"], rel_tol=1e-6)
    return score


def of_rule(g: Any) -> float:
    limit = max(g["least"], g.get("ratio", 0.0) * g.get("compared", 0.0))
    assert limit == g["limit"]
    return float(g["people"] / limit)


def mixture(g: Any, gains: Iterable[float]) -> float:
    """The mean of R; of a bucket that is not judged as it was."""
    if not g["judged"]:
        return fmean(g["carried"])
    ratios = [
        (g["kept"] * carried + g["part"]) * exp(min(gained, LARGEST))
        for carried, gained in zip(g["carried"], gains, strict=True)
    ]
    return fmean(ratios)


def gain(y: float, m: float, v: float, raised: float, kappa: float) -> float:
    """L of a negative binomial count."""
    c = (1.0 + (v - 1.0) * kappa) / v
    return y * log(kappa / c) - m * raised / (v - 1.0) * log(c)
