"""How long it takes from an event to the alert that it causes by itself, under load.

    python -m benchmarks.latency
    python -m benchmarks.latency --reports 20 --rate 500

Starts a local broker in a folder of its own and `tocsin run` with all its roles and a webhook that
this process receives, puts complaints of some 240 bytes (benchmarks.load, lz4) into the topic at a
steady rate, and twice a second among them one that reports harm, each of another product, so that
each opens an incident. The time of one is from before it is given to the producer until its message
arrives at the receiver; `median_seconds` and `p99_seconds` are of all. Prints one JSON object last.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from benchmarks import load
from benchmarks.receiver import receiving
from benchmarks.testbed import DEADLINE, Line, Testbed, process, producer, report, tocsin
from streams import settings
from streams.broker import topics

TURN = 0.02  # seconds between two bursts of the producer
REPORT_EVERY = 0.5  # seconds


class Sender:
    """Puts events into the topic, and remembers when those were sent that report harm."""

    def __init__(self, bed: Testbed) -> None:
        self._producer = producer(bed, linger_ms=5)
        self.sent: dict[str, float] = {}

    def report(self, product: str) -> None:
        """An event that is enough by itself."""
        now = time.time()
        event = {
            "id": f"report-{product}", "time": datetime.fromtimestamp(now, UTC).isoformat(),
            "person": product, "product": product, "severity": "safety",
        }  # fmt: skip
        self.sent[product] = now
        self._producer.send("complaints", json.dumps(event).encode(), key=product.encode())

    def steadily(self, lines: Iterator[Line], *, rate: float, reports: int) -> float:
        """All the reports among the others; returns the rate that was kept."""
        began, others, last = time.monotonic(), 0, int(rate * reports * REPORT_EVERY)
        while others < last:
            passed = time.monotonic() - began
            for _ in range(min(int(passed * rate), last) - others):
                line = next(lines)
                self._producer.send(line.topic, line.value, key=line.key)
                others += 1
            for number in range(len(self.sent), min(int(passed / REPORT_EVERY), reports)):
                self.report(f"harmful-{number}")
            time.sleep(TURN)
        return others / (time.monotonic() - began)

    def close(self) -> None:
        self._producer.flush()
        self._producer.close()


def measured(bed: Testbed, options: argparse.Namespace) -> dict[str, Any]:
    with receiving() as receiver:
        file = load.settings_file(bed.folder, options=receiver.options)
        topics.create(settings.load(file), bed.bootstrap)
        with process(tocsin("run", "--settings", str(file)), file.with_suffix(".log")):
            first = Sender(bed)
            first.report("first")
            receiver.told({"first"}, within=DEADLINE)  # all roles are up
            first.close()
            sender = Sender(bed)
            events = int(options.rate * options.reports * REPORT_EVERY)
            now = int(time.time() * 1000) - load.LONGEST_DELAY
            lines = load.keyed(
                events=events, days=events / options.rate / 86_400, seed=options.seed, start=now
            )
            kept = sender.steadily(lines, rate=options.rate, reports=options.reports)
            sender.close()
            receiver.told(set(sender.sent), within=DEADLINE)
    return {
        **figures(sender.sent, receiver.came),
        "events_per_second": round(kept), "seed": options.seed,
    }  # fmt: skip


def figures(sent: Mapping[str, float], came: Mapping[str, float]) -> dict[str, Any]:
    """Of the reports, by product: when (s) each was given to the producer, and when told of."""
    seconds = np.array([came[product] - at for product, at in sent.items()])
    return {
        "median_seconds": round(float(np.median(seconds)), 3),
        "p99_seconds": round(float(np.percentile(seconds, 99)), 3),
        "longest_seconds": round(float(seconds.max()), 3),
        "reports": len(seconds),
    }


def main() -> None:
    report(measured, _options())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=2000.0, help="events a second (2,000)")
    parser.add_argument("--reports", type=int, default=100, help="of harm among them (100)")
    parser.add_argument("--seed", type=int, default=1, help="of the events (1)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
