"""Seeded histories: steady streams of events in which something happens."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

START = int(datetime(2025, 3, 3, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000
PRODUCTS = ("kettle", "toaster", "heater", "fan", "lamp")
CATEGORIES = ("delivery", "billing", "quality")
CHANNELS = ("phone", "web", "app")
REGIONS = ("north", "east", "south", "west")

Event = dict[str, Any]


def complaints(count: int, *, days: int, seed: int) -> list[Event]:
    """Complaints of as many persons, in the order of their times, about no matter in particular."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, days * 24 * HOUR, count)) + START
    products, categories, regions = (
        rng.choice(names, count).tolist() for names in (PRODUCTS, CATEGORIES, REGIONS)
    )
    return [
        {
            "id": f"c{seed}-{n}", "time": time, "person": f"p{seed}-{n}", "product": product,
            "category": category, "region": region, "channel": CHANNELS[n % len(CHANNELS)],
        }
        for n, (time, product, category, region) in enumerate(
            zip(times.tolist(), products, categories, regions, strict=True)
        )
    ]  # fmt: skip


def mentions(count: int, *, days: int, seed: int) -> list[Event]:
    """Mentions in the order of their times; every third is negative."""
    return [
        {
            "id": f"m{seed}-{n}", "time": event["time"], "author": event["person"],
            "product": event["product"], "region": event["region"],
            "category": event["category"], "sentiment": "negative" if n % 3 == 0 else "neutral",
        }
        for n, event in enumerate(complaints(count, days=days, seed=seed))
    ]  # fmt: skip


def surge(
    events: list[Event], extra: int, *, hour: int, hours: int, seed: int, **matter: str
) -> list[Event]:
    """The events with `extra` ones more like them, all about the matter, from an hour on."""
    rng = np.random.default_rng(seed)
    times = rng.integers(0, hours * HOUR, extra) + START + hour * HOUR
    more = [
        {**events[n], "id": f"s{seed}-{n}", "time": time, **matter}
        | {who: f"s{seed}-{n}" for who in ("person", "author") if who in events[n]}
        for n, time in enumerate(times.tolist())
    ]
    return sorted([*events, *more], key=lambda event: event["time"])


def silenced(events: list[Event], *, hour: int, hours: int, channel: str) -> list[Event]:
    """The events with nothing by the channel from an hour on."""
    start = START + hour * HOUR
    return [
        event
        for event in events
        if event["channel"] != channel or not 0 <= event["time"] - start < hours * HOUR
    ]


def with_repetitions(events: Iterable[Event]) -> Iterator[Event]:
    """Now and then the same record again, and the same person about the same matter."""
    for n, event in enumerate(events):
        yield event
        if n % 50 == 0:
            yield event
        if n % 20 == 0:
            yield event | {"id": f"{event['id']}-again"}


def write(path: Path, events: Iterable[Event]) -> Path:
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events), encoding="utf-8")
    return path


def halves(folder: Path, events: Iterable[Event], *, days: int) -> list[str]:
    """Files of complaints before and from the middle of so many days, in folders of their own."""
    middle, parts = START + days * 12 * HOUR, dict[str, list[Event]](first=[], second=[])
    for event in events:
        parts["first" if event["time"] < middle else "second"].append(event)
    for name in parts:
        (folder / name).mkdir()
    return [str(write(folder / name / "complaints.jsonl", part)) for name, part in parts.items()]
