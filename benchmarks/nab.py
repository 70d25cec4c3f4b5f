"""The Numenta Anomaly Benchmark's rule on its series: burst, and windowedGaussian beside it.

    python -m benchmarks.nab --data DIR [--files 'realTweets/*'] [--frozen]

DIR holds data/ and labels/combined_windows.json. With --frozen the settings are those the product
ships, chosen on the files supplied with the project, and `told` is the same of what channels are
told under the default budget, each alarm in the row in which it gets there. Without, those of a
file (half-lives and threshold) are chosen on the other files: the best total of all three profiles,
a threshold counting as the mean of itself and its neighbours. windowedGaussian gets the threshold
that is best for it on the very files it is scored on, as the benchmark has it, one a profile. It
alarms in each row above it; `windowed_gaussian_onsets` is the same with the detector's rule, an
alarm after half a day below, which is much of what the two differ by: a second alarm of one rise
costs.

Values that are not whole numbers, or are below zero, are measurements from there on. Files that
have no entry among the labels are left out and named. Where there is no window there is nothing
to normalise by: the figure is then 100 times the raw score, 0 at best. Prints one JSON object.
"""

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.special import erfc

from detectors import budget
from detectors.burst import QUIET, THRESHOLD, Burst, BurstState, affordable
from detectors.columns import Bools, Floats, Ints

PROBATION, LONGEST_PROBATION = 0.15, 750
DAY = 288
LEVELS = (1.0 * DAY, 2.5 * DAY, 7.0 * DAY)
TAILS = (7.0 * DAY, 14.0 * DAY)
ONSET_SHARES = np.geomspace(1e-5, 0.5, 200)
"""Rows above each threshold that is tried for the baseline."""
THRESHOLDS = np.round(np.arange(1.5, 3.45, 0.1), 2)


class Profile(NamedTuple):
    """What a window found, a false alarm and a window missed are worth."""

    found: float
    false: float
    missed: float


PROFILES = {
    "standard": Profile(1.0, 0.11, 1.0),
    "low_fp": Profile(1.0, 0.22, 1.0),
    "low_fn": Profile(1.0, 0.11, 2.0),
}


@dataclass(frozen=True, slots=True)
class Series:
    """A file: values by row, and the first and last row of each window."""

    name: str
    values: Floats
    windows: tuple[tuple[int, int], ...]

    @property
    def first(self) -> int:
        """The first row that counts."""
        return min(int(PROBATION * self.values.size), LONGEST_PROBATION)


def read(folder: Path, pattern: str) -> tuple[list[Series], list[str]]:
    """The labelled files whose `folder/name.csv` fits the pattern, and the names of the others."""
    labels = json.loads((folder / "labels" / "combined_windows.json").read_text())
    found, unlabelled = [], []
    for path in sorted((folder / "data").glob("*/*.csv")):
        name = f"{path.parent.name}/{path.name}"
        if not fnmatch(name, pattern):
            continue
        if name in labels:
            found.append(_series(name, path, labels[name]))
        else:
            unlabelled.append(name)
    if not found:
        raise SystemExit(f"no labelled file in {folder} fits {pattern}")
    return found, unlabelled


def _series(name: str, path: Path, windows: list[list[str]]) -> Series:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    times = np.array([row["timestamp"] for row in rows], "datetime64[us]")
    values = np.array([float(row["value"] or "nan") for row in rows])
    inside = [
        np.flatnonzero((times >= np.datetime64(start)) & (times <= np.datetime64(end)))
        for start, end in windows
    ]
    return Series(name, values, tuple((int(w[0]), int(w[-1])) for w in inside if w.size))


def sigmoid(y: Floats) -> Floats:
    """S: 0 at the end of a window, nearly 1 at its beginning, nearly -1 far behind it."""
    value: Floats = np.where(y > 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(y, 3))) - 1)
    return value


def worth(series: Series, profile: Profile) -> tuple[Floats, Ints]:
    """What an alarm in each row is worth, and the window it is in, -1 for none."""
    row = np.arange(series.values.size)
    value, place = np.full(row.size, -profile.false), np.full(row.size, -1)
    for first, last in series.windows:
        after = row > last
        value[after] = profile.false * sigmoid((row[after] - last) / max(last - first, 1))
    for window, (first, last) in enumerate(series.windows):
        within = slice(first, last + 1)
        position = -(last - row[within] + 1) / (last - first + 1)
        value[within] = profile.found * sigmoid(position) / sigmoid(np.array(-1.0))
        place[within] = window
    return value, place


def raw_score(series: Series, profile: Profile, alarms: Ints) -> float:
    """The score of alarms in these rows: the best of each window, and all outside."""
    value, place = worth(series, profile)
    rows = alarms[alarms >= series.first]
    total = float(value[rows[place[rows] < 0]].sum())
    for window in range(len(series.windows)):
        hits = value[rows[place[rows] == window]]
        total += float(hits.max()) if hits.size else -profile.missed
    return total


def normalised(raw: float, profile: Profile, windows: int) -> float:
    """100 for all windows found at once and nothing else, 0 for no alarm at all."""
    if not windows:
        return 100 * raw
    return 100 * (raw + profile.missed * windows) / ((profile.found + profile.missed) * windows)


def best(files: Sequence[Series], scores: Sequence[Floats], profile: Profile) -> float:
    """The normalised score at the threshold that makes the total largest; never alarming is one."""
    gains = [_gains(one, score, profile) for one, score in zip(files, scores, strict=True)]
    score = np.concatenate([score for score, _ in gains])
    order = np.argsort(-score, kind="stable")
    total = np.cumsum(np.concatenate([gain for _, gain in gains])[order])
    last = np.append(np.diff(score[order]) != 0, True)
    windows = sum(len(one.windows) for one in files)
    return normalised(
        max(0.0, float(total[last].max())) - profile.missed * windows, profile, windows
    )


def best_onsets(files: Sequence[Series], scores: Sequence[Floats], profile: Profile) -> float:
    """The same where an alarm is the first row above after `QUIET` below it."""
    windows = sum(len(one.windows) for one in files)
    totals = (
        sum(raw_score(one, profile, fired(s, at)) for one, s in zip(files, scores, strict=True))
        for at in np.quantile(np.concatenate(scores), 1 - ONSET_SHARES)
    )
    return normalised(max(-profile.missed * windows, *totals), profile, windows) + 0.0


def _gains(series: Series, scores: Floats, profile: Profile) -> tuple[Floats, Floats]:
    """Rows by falling score: what each adds as the threshold sinks to its score."""
    value, place = worth(series, profile)
    rows = np.arange(series.first, value.size)
    rows = rows[np.argsort(-scores[rows], kind="stable")]
    gain = value[rows]
    for window in range(len(series.windows)):
        hits = np.flatnonzero(place[rows] == window)
        best_yet = np.maximum.accumulate(np.append(-profile.missed, gain[hits]))
        gain[hits] = np.diff(best_yet)
    return scores[rows], gain


def windowed_gaussian(values: Floats, *, window: int = 6400, step: int = 100) -> Floats:
    """The benchmark's baseline: 1 less the chance of so large a deviation from the window's mean.

    The window grows by each row up to 6400, and then moves by 100 rows at a time.
    """
    out, mean, sd, begin, end = np.zeros(values.size), 0.0, 1.0, 0, 0
    for row, value in enumerate(values):
        if row:
            out[row] = 1.0 - 0.5 * erfc(abs(value - mean) / sd / 1.4142)
        grown = row + 1
        if grown <= window or grown - end == step:
            begin, end = max(0, grown - window), grown
            mean, sd = values[begin:end].mean(), values[begin:end].std() or 1e-6
    return np.nan_to_num(out)


def burst_scores(files: Sequence[Series], burst: Burst) -> list[Floats]:
    """B by row: of counts while all values are whole and not negative, then of measurements."""
    counted = [whole(one.values) for one in files]
    counts = _judged(files, burst)
    if all(row.all() for row in counted):
        return counts
    measured = _judged(files, replace(burst, measured=True))
    return [np.where(*row) for row in zip(counted, counts, measured, strict=True)]


def whole(values: Floats) -> Bools:
    """Rows up to which every value was a count; a missing one says nothing."""
    count = np.isnan(values) | ((values >= 0) & (values == np.round(values)))
    return np.logical_and.accumulate(count)


def _judged(files: Sequence[Series], burst: Burst) -> list[Floats]:
    """All files side by side; each is a series of its own."""
    longest = max(one.values.size for one in files)
    values = np.full((longest, len(files)), np.nan)
    for place, one in enumerate(files):
        values[: one.values.size, place] = one.values
    if not burst.measured:
        values = np.maximum(np.round(values), 0)
    state, scores = BurstState.empty(len(files)), np.empty(values.shape)
    for bucket, row in enumerate(values):
        expectation = burst.expect(state, bucket=bucket)
        state, verdict = burst.step(state, expectation, np.nan_to_num(row), np.isnan(row))
        scores[bucket] = verdict.score
    return [scores[: one.values.size, place] for place, one in enumerate(files)]


def fired(scores: Floats, threshold: float) -> Ints:
    """Rows in which an alarm fires: above the threshold after `QUIET` below (`detectors.alarm`)."""
    above = np.flatnonzero(scores >= threshold)
    return above[np.diff(above, prepend=-QUIET - 1) > QUIET]


Choice = tuple[float, float, float]
"""Half-life of the level, that of the tail, threshold."""


def nested(files: Sequence[Series]) -> tuple[list[Ints], list[Choice]]:
    """Alarms of each file with the settings that are best on the others, and these settings."""
    if len(files) < 2:
        raise SystemExit("settings are chosen on other files: at least 2 must fit, or use --frozen")
    variants = list(product(LEVELS, TAILS))
    scores = [burst_scores(files, Burst(level=level, tail=tail)) for level, tail in variants]
    totals = np.array([[_totals(one, b) for one, b in zip(files, s, strict=True)] for s in scores])
    alarms, choices = [], []
    for place, _ in enumerate(files):
        others = uniform_filter1d(np.delete(totals, place, axis=1).sum(axis=1), 3, axis=-1)
        # Of equals the one that alarms least.
        flat = others[:, ::-1].argmax()
        variant, back = divmod(int(flat), THRESHOLDS.size)
        threshold = float(THRESHOLDS[::-1][back])
        alarms.append(fired(scores[variant][place], threshold))
        choices.append((*variants[variant], threshold))
    return alarms, choices


def _totals(series: Series, scores: Floats) -> list[float]:
    """Sum of the three profiles' raw scores by threshold."""
    return [
        sum(raw_score(series, profile, alarms) for profile in PROFILES.values())
        for alarms in (fired(scores, threshold) for threshold in THRESHOLDS)
    ]


def figures(files: Sequence[Series], alarms: Sequence[Ints]) -> dict[str, Any]:
    """The normalised score of each profile, and what was called in each file."""
    windows = sum(len(one.windows) for one in files)
    found: dict[str, Any] = {}
    for name, profile in PROFILES.items():
        raw = sum(raw_score(one, profile, rows) for one, rows in zip(files, alarms, strict=True))
        found[name] = round(normalised(raw, profile, windows), 2)
    found["files"] = {o.name: _of_file(o, rows) for o, rows in zip(files, alarms, strict=True)}
    return found


def _of_file(series: Series, alarms: Ints) -> dict[str, float]:
    standard = PROFILES["standard"]
    _, place = worth(series, standard)
    hits = place[alarms[alarms >= series.first]]
    score = normalised(raw_score(series, standard, alarms), standard, len(series.windows))
    return {
        "standard": round(score, 2),
        "windows": len(series.windows),
        "found": int(np.unique(hits[hits >= 0]).size),
        "false": int((hits < 0).sum()),
    }


def told(scores: Floats, threshold: float, told_from: float) -> Ints:
    """The rows in which alarms are told: the first from that score on of each that fires."""
    rows = fired(scores, threshold)
    loud = np.flatnonzero(scores >= told_from)
    _, first = np.unique(np.searchsorted(rows, loud, side="right"), return_index=True)
    return loud[first]


def result(folder: Path, pattern: str, *, frozen: bool) -> dict[str, Any]:
    files, unlabelled = read(folder, pattern)
    if frozen:
        judged = burst_scores(files, Burst())
        alarms = [fired(scores, THRESHOLD) for scores in judged]
        choices = dict.fromkeys((one.name for one in files), "shipped")
    else:
        alarms, chosen = nested(files)
        choices = {one.name: str(choice) for one, choice in zip(files, chosen, strict=True)}
    found = figures(files, alarms)
    if frozen:
        within = affordable(budget.threshold())
        found["told"] = figures(files, [told(scores, THRESHOLD, within) for scores in judged])
    for name, choice in choices.items():
        found["files"][name]["settings"] = choice
    baseline = [windowed_gaussian(one.values) for one in files]
    gaussian = {name: round(best(files, baseline, p), 2) for name, p in PROFILES.items()}
    onsets = {name: round(best_onsets(files, baseline, p), 2) for name, p in PROFILES.items()}
    return found | {
        "windowed_gaussian": gaussian["standard"],
        "windowed_gaussian_low_fp": gaussian["low_fp"],
        "windowed_gaussian_low_fn": gaussian["low_fn"],
        "windowed_gaussian_onsets": onsets["standard"],
        "windowed_gaussian_onsets_low_fp": onsets["low_fp"],
        "windowed_gaussian_onsets_low_fn": onsets["low_fn"],
        "unlabelled": unlabelled,
        "frozen": frozen,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with data/ and labels/")
    parser.add_argument("--files", default="*", help="which, as folder/name.csv (all)")
    parser.add_argument("--frozen", action="store_true", help="the settings the product ships")
    options = parser.parse_args()
    print(json.dumps(result(options.data, options.files, frozen=options.frozen)))


if __name__ == "__main__":
    main()
