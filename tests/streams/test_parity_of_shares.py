"""The share of negative posts: its benchmark and a stream give it the same scores and alarms."""

from collections.abc import Sequence

import numpy as np
import pytest

from alerts.signal import Kind, SignalState
from benchmarks.onsets import onsets
from benchmarks.shift import DAY, Counts, of_share
from detectors import budget
from detectors.columns import Ints
from streams.configuration.sections import Cut, Detection, Source
from streams.detection.judges.judge import Judge, Seat
from streams.detection.judges.share import ShareJudge
from streams.detection.stream import Stream
from streams.settings import Settings
from tests.streams.logs import HOUR
from tests.streams.noted import FIRST, Noted, assert_alike, cells_of, record, total

VOLUMES = (0.3, 1.0, 5.0, 25.0)
HOURS, SHIFTS = 35 * DAY, ((21, 23), (27, 30))
"""Days on which six posts in ten are negative, from the first to before the last."""
ALLOWED = 10
THRESHOLD = budget.threshold(series=len(VOLUMES), false_alarms_per_week=ALLOWED)
ALL, NEGATIVE, UNKNOWN = range(3)
CUTS = (
    Cut(stream="mentions", by=("product",), methods=()),
    Cut(
        stream="mentions", by=("product",), where={"sentiment": "negative"}, methods=("share",)
    ),
    Cut(stream="mentions", by=("product",), where={"sentiment": "unknown"}, methods=()),
)  # fmt: skip


def posts() -> Ints:
    """By cut, hour and product."""
    rng, day = np.random.default_rng(37), np.arange(HOURS)[:, None] / DAY
    whole = rng.poisson(np.array(VOLUMES) * (1 + 0.6 * np.sin(2 * np.pi * day)))
    whole[0] = 1
    shifted = np.any([(day >= first) & (day < last) for first, last in SHIFTS], axis=0)
    unknown = rng.binomial(whole, 0.1)
    return np.array([whole, rng.binomial(whole - unknown, 0.2 + 0.4 * shifted), unknown])


@pytest.mark.parametrize("cuts", [(NEGATIVE, ALL, UNKNOWN), (ALL, NEGATIVE)])
def test_share_is_the_same_in_its_benchmark_and_in_a_stream(cuts: Sequence[int]) -> None:
    """What is unknown is neither negative nor anything else where a cut counts it."""
    which = Settings(
        sources=(Source(topic="mentions", stream="mentions", key="root", partitions=1),),
        cuts=tuple(CUTS[cut] for cut in cuts),
        detection=Detection(shards=1, series=len(VOLUMES), false_alarms_per_week=ALLOWED),
    )
    made: list[Noted] = []

    def kept(seat: Seat) -> Judge:
        made.append(Noted(ShareJudge(seat)))
        return made[0]

    stream, fired = Stream("mentions", which, 0, makers={"share": kept}), set[tuple[int, str]]()
    held = posts()
    for hour, rows in enumerate(held.swapaxes(0, 1)):
        cells = [cells_of(rows[[cut]], hour) for cut in cuts]
        for signal in stream.apply(record(which, hour, *cells, None, total(rows[[ALL]], hour))):
            if signal.state is SignalState.CONFIRMED and not signal.revision:
                assert signal.kind is Kind.SHARE
                began = int(signal.bucket.timestamp()) * 1000 // HOUR - FIRST
                fired.add((began, signal.scope["product"]))
    known = held[ALL] - held[UNKNOWN] * (UNKNOWN in cuts)
    counts = Counts(known, held[NEGATIVE], np.zeros(len(VOLUMES), np.int64))
    alone = of_share(counts, threshold=THRESHOLD)
    both = np.array(made[0].scores).astype(np.float32)
    assert_alike(both, alone, threshold=THRESHOLD)
    begun = zip(*np.nonzero(onsets(alone >= THRESHOLD, quiet=DAY)), strict=True)
    assert fired == {(hour, f"c{place}") for hour, place in begun}
    assert len(fired) > len(VOLUMES)
