"""The grounds of a verdict: the numbers of one place from which its score can be computed again.

They are what `tocsin why` shows beside the threshold, and `tests/test_detector_contract.py` holds
the scores against them. Those of a mixture are R by multiple: what was `carried` into the bucket,
of which a share of `kept` is left and to which `part` is added, times what the bucket says. The
score is their mean. A bucket that is not `judged`, such as one in an outage, leaves R as it was.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from detectors import batches, burst, novelty, rules, share, silence, spatial, surge, weekly
from detectors.batches import Batches
from detectors.burst import WINDOWS
from detectors.columns import Array, Floats, Ints
from detectors.novelty import Novelty
from detectors.rules import Rule
from detectors.share import ODDS, Share
from detectors.shiryaev import KAPPAS
from detectors.spatial import Spatial, Usual
from detectors.surge import Surge
from detectors.weekly import Weekly

Grounds = dict[str, float | tuple[float, ...]]


def of_surge(
    surge_: Surge, expected: surge.Expectation, verdict: surge.Verdict, counts: Ints, place: int
) -> Grounds:
    """Of a count held against its expectation, by a verdict that shows R."""
    judged = not verdict.masked[place]
    kept = 0.0 if verdict.learning[place] else 2.0 ** (-1.0 / surge_.memory)
    part = 0.0 if verdict.learning[place] else float(expected.share[place])
    return {
        "people": float(counts[place]), "expected": float(expected.mean[place]),
        "dispersion": float(expected.dispersion[place]),
        "uncertainty": float(expected.level_variance[place]) ** 0.5,
        **_mixture(
            KAPPAS, verdict.carried[:, place], verdict.ratios[:, place], judged=judged, kept=kept,
            part=part,
        ),
    }  # fmt: skip


def of_week(
    weekly_: Weekly, expected: weekly.Expectation, verdict: weekly.Verdict, counts: Ints, place: int
) -> Grounds:
    """Of a week: what is `due` is the level times the season times what known events make of it.

    `margin` raises it, for a drift.
    """
    young = expected.seen[place] < weekly_.shortest_learning
    judged = not (verdict.masked[place] or young)
    forecast = expected.forecast
    mean, level = float(forecast.mean[place]), float(np.exp(forecast.level[place]))
    event = float(expected.event[place])
    kappas = [float(np.broadcast_to(k, verdict.score.shape)[place])
              for k in weekly_.kappas(expected)]  # fmt: skip
    return {
        "people": float(counts[place]), "due": mean, "level": level,
        "season": mean / (level * event), "event": event,
        "dispersion": float(expected.dispersion[place]),
        "margin": 1.0 + weekly_.raised * float(forecast.level_variance[place]) ** 0.5,
        **_mixture(
            kappas, verdict.carried[:, place], verdict.ratios[:, place], judged=judged,
            kept=2.0 ** (-1.0 / weekly_.memory),
        ),
    }  # fmt: skip


def of_share(
    share_: Share, expected: share.Expectation, verdict: share.Verdict, counts: Ints, place: int, *,
    whole: Ints,
) -> Grounds:  # fmt: skip
    """Of `people` among `of` in the bucket, by a share that was `doubted` upwards."""
    judged = bool(verdict.judged[place])
    return {
        "people": float(counts[place]), "of": float(whole[place]),
        "doubted": float(expected.doubted[place]), "dispersion": float(expected.phi(whole)[place]),
        **_mixture(
            ODDS, verdict.carried[:, place], verdict.ratios[:, place], judged=judged,
            kept=2.0 ** (-1.0 / share_.memory),
        ),
    }  # fmt: skip


def of_zone(
    scan: Spatial, usual: Usual, verdict: spatial.Verdict, counts: Ints, zone: int
) -> Grounds:
    """Of its regions, in their order; the score is `weight` times the mean."""
    regions, judged = scan.zones.regions_of(zone), not verdict.masked[zone]
    weight = float(verdict.weight[zone])
    return {
        "weight": weight, "people": _row(counts[regions]),
        "due": _row(usual.mean[regions]), "dispersions": _row(usual.dispersion[regions]),
        "uncertainties": _row(np.sqrt(usual.level_variance[regions])),
        **_mixture(
            spatial.KAPPAS, verdict.carried[:, zone], verdict.ratios[:, zone], judged=judged,
            kept=2.0 ** (-1.0 / scan.memory),
        ),
    }  # fmt: skip


def of_burst(expected: burst.Expectation, verdict: burst.Verdict, place: int) -> Grounds:
    """Of each length of time its excess, how many deviations that is, and the zeros that it earns.

    The score is the mean of the zeros. What is `due` is the `total` over what is `remembered`,
    times what known events make of it, of which `doubt` is the relative standard deviation. In a
    bucket that is not `judged` there are none.
    """
    deviations, spread = verdict.deviations[:, place], expected.spread[:, place]
    due, event = float(expected.mean[place]), float(expected.event[place])
    remembered = float(expected.remembered[place])
    return {
        "due": due, "remembered": remembered, "total": due / event * remembered, "event": event,
        "doubt": float(expected.doubt[place]) ** 0.5,
        "lengths": _row(WINDOWS),
        "excess": _row(deviations * spread), "deviations": _row(deviations),
        "zeros": _row(verdict.parts[:, place]),
        "judged": float(not (verdict.masked[place] or verdict.learning[place])),
    }  # fmt: skip


def of_silence(verdict: silence.Verdict, place: int) -> Grounds:
    """Of a run, which `lasts` or not; `before` is its highest score so far."""
    lasts = verdict.low[place] and not verdict.learning[place]
    return {
        "lasts": float(lasts), "observed": float(verdict.observed[place]),
        "expected": float(verdict.expected[place]), "doubt": float(verdict.doubt[place]),
        "dispersion": float(verdict.dispersion[place]), "before": float(verdict.before[place]),
    }  # fmt: skip


def of_batch(batches_: Batches, verdict: batches.Verdict, place: int) -> Grounds:
    """Of the window that says most: what is `due` in it, and the belief in the relative rate.

    That is a mixture of two gammas, of which `weights`, `shapes` and `rates` are given.
    """
    return {
        "people": float(verdict.observed[place]), "due": float(verdict.exposure[place]),
        "buckets": float(verdict.buckets[place]), "fewest": float(batches_.fewest),
        "part": 0.0 if verdict.unknown[place] else float(verdict.part[place]),
        "weights": _row(verdict.weights[:, place]), "shapes": _row(verdict.shapes[:, place]),
        "rates": _row(verdict.rates[:, place]),
    }  # fmt: skip


def of_novelty(method: Novelty, verdict: novelty.Verdict, place: int) -> Grounds:
    """Of how many have the fault now, and how often so many do; shares and chances in percent."""
    return {
        "people": float(verdict.people[place]), "before": float(verdict.before[place]),
        "share": 100.0 * float(verdict.share[place]), "likeness": method.likeness,
        "pace": float(verdict.pace[place]), "further": 100.0 * float(verdict.further[place]),
        "score": float(verdict.score[place]), "threshold": method.threshold,
    }  # fmt: skip


def of_rule(rule: Rule, verdict: rules.Verdict, compared: Ints, place: int) -> Grounds:
    """Of people and a limit, which is the larger of `least` and `ratio` times those compared."""
    held: Grounds = {
        "people": float(verdict.observed[place]), "limit": float(verdict.expected[place]),
        "least": float(rule.least), "score": float(verdict.score[place]),
    }  # fmt: skip
    if rule.ratio is not None:
        held |= {"ratio": rule.ratio, "compared": float(compared[place])}
    return held


def _mixture(
    multiples: Sequence[float], carried: Array, ratios: Array, *, judged: bool, kept: float,
    part: float = 1.0,
) -> Grounds:  # fmt: skip
    return {
        "multiples": _row(multiples), "carried": _row(carried), "ratios": _row(ratios),
        "kept": kept, "part": part, "judged": float(judged),
    }  # fmt: skip


def _row(numbers: Iterable[float] | Floats) -> tuple[float, ...]:
    return tuple(float(number) for number in numbers)
