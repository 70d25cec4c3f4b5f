"""The events of a run: four weeks of complaints in which matters surge and people are hurt."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.kafka import histories
from tests.kafka.histories import HOUR, Event

DAYS = 28
DAY = 24 * HOUR
SURGING = range(10, DAYS, 3)  # the days on which a matter surges
SURGE = 0.4  # of a day's events, within a few hours
AFTER = 1000  # events, until the same id and the same person come again
EVERY = 50


def write(path: Path, *, events: int, seed: int) -> Path:
    """So many events, and now and then one of them or its person again."""
    return histories.write(path, _again(_days(events, seed)))


def _days(events: int, seed: int) -> Iterator[Event]:
    """A day at a time, in the order of their times."""
    surge = int(SURGE * events / DAYS)
    steady = events - len(SURGING) * surge
    for day in range(DAYS):
        count = steady * (day + 1) // DAYS - steady * day // DAYS
        name = seed * 1000 + day
        found = histories.complaints(count, days=1, seed=name)
        if day in SURGING:
            matter = {"product": histories.PRODUCTS[day % 5], "category": "quality"}
            found = histories.surge(
                found, surge, hour=9, hours=6, seed=name, **matter
            )  # fmt: skip
        found[len(found) // 2]["severity"] = "safety"
        yield from ({**event, "time": event["time"] + day * DAY} for event in found)


def _again(events: Iterable[Event]) -> Iterator[Event]:
    """Now and then an id from a while ago, and a person about the same matter."""
    held: list[Event] = []
    for number, event in enumerate(events):
        yield event
        if number % EVERY == 0:
            held.append(event)
        if held and number % EVERY == EVERY // 2 and number >= AFTER:
            before = held.pop(0)
            yield before | {"time": event["time"]}
            yield before | {"time": event["time"], "id": f"{before['id']}-again"}
