"""What the benchmarks of speed are fed: complaints of some 240 bytes, and three cuts.

Four in a hundred are a person's second contact about the same matter, and one batch shows a
defect in the last quarter of the time. Ids are unique. Lines stand in order of arrival, up to ten
minutes after their time, so that none is late. benchmarks.texts has events with texts.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.testbed import Line
from detectors.columns import Ints

START = int(datetime(2025, 3, 3, tzinfo=UTC).timestamp() * 1000)
DAY = timedelta(days=1) // timedelta(milliseconds=1)
BLOCK = 8192
CATEGORIES = (
    "product quality", "delivery", "technical support", "communication", "billing", "data security",
    "flexibility", "staff", "ethics", "complaint handling", "compliance", "value for money",
)  # fmt: skip
CHANNELS = ("phone", "email", "website", "app", "online service", "social media", "shop counter")
REGIONS, PRODUCTS, BATCHES = 31, 40, 12
REPEATS = 0.04
MEAN_DELAY, LONGEST_DELAY = 60_000, 600_000  # ms
DEFECT = (7, 5, 0)  # product, batch, category
CUTS = """
[[cuts]]
stream = "complaints"
by = ["category"]

[[cuts]]
stream = "complaints"
by = ["region", "category"]
family = "region"
group = "category"

[[cuts]]
stream = "complaints"
by = ["product", "batch"]
family = "product"
"""
SOURCE = """
[[sources]]
topic = "complaints"
stream = "complaints"
key = "person"
partitions = 4
"""
SETTINGS = """
home = "."

[kafka]
group_prefix = "{group}"
topic_prefix = "{prefix}"

[intake]
idle_after = "1h" # so that the log of counts rests once all is read

[operations]
intake_port = 0
detection_port = 0
response_port = 0
archive_port = 0
"""


class Named(msgspec.Struct):
    """The part of a complaint that it is keyed by."""

    person: str


_person = msgspec.json.Decoder(Named).decode


def settings_file(
    folder: Path, *, group: str = "tocsin", prefix: str = "", sources: str = SOURCE,
    cuts: str = CUTS, options: str = "",
) -> Path:  # fmt: skip
    """Writes settings, of three cuts and one source where nothing else is said.

    `group` begins the consumer groups' names, `prefix` those of the topics.
    """
    path = folder / f"{group}.toml"
    named = SETTINGS.format(group=group, prefix=prefix)
    path.write_text(named + options + sources + cuts, encoding="utf-8")
    return path


def write(path: Path, *, events: int, days: float, seed: int) -> float:
    """Writes a file of complaints; returns the bytes an event, line feed excluded."""
    with path.open("wb") as file:
        file.writelines(line + b"\n" for line in lines(events=events, days=days, seed=seed))
    return path.stat().st_size / events - 1


def keyed(*, events: int, days: float, seed: int, start: int = START) -> Iterator[Line]:
    """The complaints under their persons, as they are put into a topic."""
    for value in lines(events=events, days=days, seed=seed, start=start):
        yield Line(_person(value).person.encode(), value)


def lines(*, events: int, days: float, seed: int, start: int = START) -> Iterator[bytes]:
    """The complaints as JSON, evenly over the days from `start` (ms) on, a Monday."""
    random = np.random.default_rng(seed)
    span = days * DAY
    arrival = start + LONGEST_DELAY + np.sort(random.integers(0, int(span), events))
    delay = np.minimum(random.exponential(MEAN_DELAY, events), LONGEST_DELAY).astype(np.int64)
    columns = [
        arrival - delay,
        random.integers(0, len(CHANNELS), events),
        *_matters(random, arrival - start, span),
    ]
    for first in range(0, events, BLOCK):
        rows = zip(*(column[first : first + BLOCK].tolist() for column in columns), strict=True)
        for number, row in enumerate(rows, first):
            yield _line(number, row)


def _matters(random: np.random.Generator, arrival: Ints, span: float) -> Iterator[Ints]:
    """Person, region, product, batch and category of each event; `arrival` from the start on."""
    events = len(arrival)
    hit = (arrival > 0.75 * span) & (arrival < 0.77 * span)
    hit &= random.random(events) < 0.05
    since = np.where(random.random(events) < REPEATS, random.integers(1, BLOCK, events), 0)
    of = np.maximum(np.arange(events) - since, 0)
    yield random.integers(0, 10**9, events)[of]
    yield _popular(random, REGIONS, events)[of]
    kinds = (PRODUCTS, BATCHES, len(CATEGORIES))
    for defect, kind in zip(DEFECT, kinds, strict=True):
        yield np.where(hit, defect, _popular(random, kind, events))[of]


def _popular(random: np.random.Generator, kinds: int, events: int) -> Ints:
    """Choices of which the first are the most frequent."""
    weights = 1 / np.sqrt(np.arange(1, kinds + 1))
    return random.choice(kinds, events, p=weights / weights.sum())


def _line(number: int, row: tuple[int, ...]) -> bytes:
    time, channel, person, region, product, batch, category = row
    moment = datetime.fromtimestamp(time / 1000, UTC)
    return json.dumps(
        {
            "id": f"complaint-{number:09}",
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "channel": CHANNELS[channel],
            "person": f"p-{person:09}",
            "product": f"router-{product:02}",
            "batch": f"2025-{batch:02}-A{product:02}",
            "region": f"region-{region:02}",
            "category": CATEGORIES[category],
            "severity": "normal",
            "sentiment": "negative",
        },
        separators=(",", ":"),
    ).encode()
