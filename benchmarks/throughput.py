"""Intake against its peers: the same broker, events and three cuts, in one run.

    make peers                        # what the peers need, in an environment of its own
    python -m benchmarks.throughput
    python -m benchmarks.throughput --events 300000 --rounds 3 --only tocsin_intake,faust_agent
    python -m benchmarks.throughput --only tocsin_intake --workers 1,2,4

Starts a local broker in a folder of its own, fills a topic of 4 partitions with complaints of some
240 bytes (benchmarks.load, lz4), lets in turn the worker `tocsin run --role intake` and each of
benchmarks.peers read it all, each alone and in a process of its own, and stops the broker. Prints
one JSON object last: events a second, the medians of the rounds. The slowest three, `faust_agent`,
`faust_take` and `quixstreams_window`, read the first 300,000 of the same events, so that a run
takes minutes. `tocsin_intake_full` reads other events (benchmarks.texts, 500,000): harm terms in
every text, the category from it where it is absent, copies, people, reposts and seven cuts. `read`
says of each which events it read and how many. The records are stamped as if `--arrivals` had come
a second, since intake ends a chunk after ten seconds too: what came more slowly makes more chunks.
A peer that cannot be imported is null and named in `missing`; `peer_versions` are those of the
packages the peers run on, `kafka` that of the broker.

The rate of intake is read off what it leaves in the log: from the first record of counts on a
shard to the one that completes them, by the records' timestamps, on the slowest of the 4 shards.
Counts that do not add up to the events end the run with an error. A peer's rate is from its first
event to its last: a run of few events flatters those that have fetched them all before they count
the first. With `--workers`, `workers` holds the CPU seconds of so many workers of one
group, from their first record on, and of the broker beside them; a busy machine moves these less
than it moves rates.
"""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import load, peers, texts
from benchmarks.readings import MissingError, Reading, intake, peer, peer_versions
from benchmarks.testbed import Line, Testbed, cpu_seconds, fill, report, stored
from streams import settings
from streams.broker import jvm, topics

INTAKE, FULL = "tocsin_intake", "tocsin_intake_full"
NAMES = (INTAKE, FULL, *peers.NAMES)
SLOW = frozenset({"faust_agent", "faust_take", "quixstreams_window"})
SLOW_EVENTS = 300_000
RATIOS = ("faust_agent", "bytewax_batched", "aiokafka")
MILLION = 1_000_000


class Contest:
    """The topics, filled once, and who reads them."""

    def __init__(self, bed: Testbed, options: argparse.Namespace) -> None:
        self._bed, self._options = bed, options
        self.missing: dict[str, str] = {}
        self.about: dict[str, Any] = {}
        self._distinct: dict[str, int] = {}

    def fill(self) -> None:
        options = self._options
        if set(options.only) - {FULL}:
            lines = load.keyed(events=options.events, days=options.hours / 24, seed=options.seed)
            self._fill(INTAKE, self._settings(INTAKE, "tocsin"), lines)
        if FULL in options.only:
            events = options.full_events
            full = texts.lines(events=events, hours=options.hours, seed=options.seed)
            self._fill(FULL, self._settings(FULL, "full"), full)

    def rounds(self) -> dict[str, list[int]]:
        """Events a second by all in turn, round by round; none of who cannot run."""
        rates: dict[str, list[int]] = {name: [] for name in NAMES if name in self._options.only}
        for number in range(self._options.rounds):
            for name in [name for name in rates if name not in self.missing]:
                try:
                    rates[name].append(round(self._read(name, number).rate))
                except MissingError as lacking:
                    self.missing[name] = str(lacking)
            print(f"round {number + 1}: {rates}", flush=True)
        return rates

    def scaled(self, name: str, workers: int) -> dict[str, Any]:
        """What a million events cost where so many workers share the partitions."""
        file = self._settings(name, f"{name}-by-{workers}")
        distinct = self._distinct[name]
        broker = cpu_seconds(self._bed.broker)
        found = intake(self._bed, file, events=distinct, workers=workers)
        broker = cpu_seconds(self._bed.broker) - broker
        scaled = {
            "cpu_seconds_per_million": round(found.cpu_seconds * MILLION / distinct, 2),
            "broker_cpu_seconds_per_million": round(broker * MILLION / distinct, 2),
            "events_per_second": round(found.rate),
        }
        print(f"{name}, {workers} workers: {scaled}", flush=True)
        return scaled

    def _read(self, name: str, number: int) -> Reading:
        group = f"{name}-{number}"
        if name in {INTAKE, FULL}:
            file = self._settings(name, group)
            return intake(self._bed, file, events=self._distinct[name])
        return peer(self._bed, name, group, events=read_by(name, self._options)["events"])

    def _settings(self, name: str, group: str) -> Path:
        folder = self._bed.folder
        if name == INTAKE:
            return load.settings_file(folder, group=group)
        return load.settings_file(
            folder, group=group, prefix="full-", sources=texts.SOURCES, cuts=texts.CUTS
        )

    def _fill(self, name: str, file: Path, lines: Iterable[Line]) -> None:
        chosen = settings.load(file)
        topics.create(chosen, self._bed.bootstrap)
        prefix = chosen.kafka.topic_prefix
        distinct, size = fill(self._bed, lines, prefix=prefix, a_second=self._options.arrivals)
        self._distinct[name] = distinct
        events = self._options.full_events if name == FULL else self._options.events
        self.about[name] = {
            "events": events, "distinct": distinct, "bytes_an_event": round(size / events),
            "stored_bytes_an_event": round(
                sum(stored(self._bed, prefix + source.topic) for source in chosen.sources) / events
            ),
            "sources": len(chosen.sources), "partitions": chosen.sources[0].partitions,
            "shards": chosen.detection.shards,
            "cuts": sum(cut.stream == "complaints" for cut in chosen.cuts),
        }  # fmt: skip


def measured(bed: Testbed, options: argparse.Namespace) -> dict[str, Any]:
    contest = Contest(bed, options)
    contest.fill()
    rounds = contest.rounds()
    ours = [name for name in (INTAKE, FULL) if name in options.only]
    scaled = {
        name: {str(n): contest.scaled(name, n) for n in options.workers}
        for name in ours
        if options.workers
    }
    return {
        **figures(rounds, options), "workers": scaled,
        "missing": contest.missing, "about": contest.about,
        "kafka": jvm.KAFKA, "peer_versions": peer_versions(),
        "hours": options.hours, "arrivals": options.arrivals, "seed": options.seed,
    }  # fmt: skip


def figures(rounds: Mapping[str, list[int]], options: argparse.Namespace) -> dict[str, Any]:
    """The median rate of each, None of who could not run, and which events it is of."""
    rates = {name: round(median(found)) if found else None for name, found in rounds.items()}
    return {
        **rates, **_ratios(rates), "rounds": rounds, "slow_events": SLOW_EVENTS,
        "read": {name: read_by(name, options) for name in rates},
    }  # fmt: skip


def read_by(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Which events one reads, the first of how many."""
    if name == FULL:
        return {"of": texts.__name__, "events": options.full_events}
    events = min(options.events, SLOW_EVENTS) if name in SLOW else options.events
    return {"of": load.__name__, "events": events}


def _ratios(rates: Mapping[str, int | None]) -> dict[str, float]:
    """Intake's rate over those of some peers; `ratio` is the one over the stock Faust agent."""
    own = rates.get(INTAKE)
    found = {
        f"ratio_{name}": round(own / rate, 2)
        for name in RATIOS
        if own and (rate := rates.get(name))
    }
    return {"ratio": found["ratio_faust_agent"], **found} if "ratio_faust_agent" in found else found


def main() -> None:
    report(measured, _options())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--events", type=int, default=2_000_000, help="how many (2,000,000)")
    add("--full-events", type=int, default=500_000, help="how many with texts (500,000)")
    add("--rounds", type=int, default=1, help="readings by each (1)")
    add("--only", type=_named, default=NAMES, help=f"some of {','.join(NAMES)}")
    add("--workers", type=_numbers, default=(), help="also CPU seconds by so many: 1,2,4")
    add("--arrivals", type=int, default=60_000, help="a second; 0: as they come (60,000)")
    add("--hours", type=float, default=1.0, help="of event time (1)")
    add("--seed", type=int, default=1, help="of the events (1)")
    return parser.parse_args()


def _named(written: str) -> tuple[str, ...]:
    names = tuple(written.split(","))
    if unknown := set(names) - set(NAMES):
        raise argparse.ArgumentTypeError(f"must be of {','.join(NAMES)}, got {sorted(unknown)}")
    return names


def _numbers(written: str) -> tuple[int, ...]:
    return tuple(int(part) for part in written.split(","))


if __name__ == "__main__":
    main()
