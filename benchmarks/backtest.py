"""How many events a second a back-test plays on one core, with three cuts.

    python -m benchmarks.backtest
    python -m benchmarks.backtest --events 200000 --days 7

Makes complaints of some 240 bytes (benchmarks.load) as one JSONL file, then measures all that
follows: reading the file, counting, judging, incidents. Prints one JSON object last;
`events_per_second` is by the wall clock, `events_per_cpu_second` leaves out what other processes
took from the core.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alerts.signal import Signal, SignalState
from benchmarks import load, machine
from streams import settings
from streams.files.course import Passage
from streams.files.history import History
from streams.hindsight.backtest import Backtest, Outcome
from streams.intake.reading import Emission


class Stages:
    """Seconds spent in each stage, by the wall clock and of the processor."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.cpu_seconds: Counter[str] = Counter()

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        begun, busy = time.perf_counter(), time.process_time()
        yield
        self.seconds[stage] += time.perf_counter() - begun  # type: ignore[assignment]  # seconds
        self.cpu_seconds[stage] += time.process_time() - busy  # type: ignore[assignment]  # seconds


class Timed(Backtest):
    """A back-test that knows where its time went."""

    stages: Stages

    def _intake(self, passages: Iterable[Passage]) -> Iterator[Emission]:
        with self.stages.of("intake"):
            emissions = list(super()._intake(passages))
        yield from emissions

    def _detect(self, emissions: Iterator[Emission]) -> list[Signal]:
        counted = list(emissions)
        with self.stages.of("detection"):
            return super()._detect(iter(counted))

    def _respond(self, signals: list[Signal]) -> Outcome:
        with self.stages.of("response"):
            return super()._respond(signals)


def played(folder: Path, file: Path) -> dict[str, Any]:
    """Plays the file, and says how fast and what came of it."""
    chosen = settings.load(load.settings_file(folder))
    stages = Stages()
    begun, busy = time.perf_counter(), time.process_time()
    with stages.of("reading"):
        history = History([file], None, intake=chosen.intake)
    test = Timed(chosen, now=time.time_ns() // 1_000_000)
    test.stages = stages
    states = Counter(signal.state for part in test.play(history) for signal in part.signals)
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - busy
    return {
        "events_per_second": round(len(history) / seconds),
        "events_per_cpu_second": round(len(history) / cpu_seconds),
        "seconds": round(seconds, 2),
        "seconds_by_stage": _rounded(stages.seconds),
        "cpu_seconds_by_stage": _rounded(stages.cpu_seconds),
        "events": len(history),
        "cuts": len(chosen.cuts),
        "shards": chosen.detection.shards,
        "series": test.series,
        "duplicates": test.duplicates,
        "late": test.late,
        "rejected": len(history.refused) + test.rejected,
        "confirmed_signals": states[SignalState.CONFIRMED],
        "incidents": test.opened,
    }


def _rounded(seconds: Counter[str]) -> dict[str, float]:
    return {stage: round(took, 2) for stage, took in seconds.items()}


def main() -> None:
    options = _options()
    core = machine.pinned()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "complaints.jsonl"
        size = load.write(file, events=options.events, days=options.days, seed=options.seed)
        result = played(folder, file)
    made = {"bytes_an_event": round(size), "days": options.days, "seed": options.seed}
    about = machine.surroundings("msgspec", "numpy", "xxhash")
    print(json.dumps(result | made | {"core": core} | about))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="how many (1,000,000)")
    parser.add_argument("--days", type=float, default=28.0, help="of event time (28)")
    parser.add_argument("--seed", type=int, default=1, help="of the events (1)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
