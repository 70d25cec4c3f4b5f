"""Events with everything intake decides on: texts, copies, people, posts and reposts; seven cuts.

Half are complaints, half posts. Each has a text of 80 characters, by turns in Chinese and in
English, from the phrases of the product's own traffic; 30 % lack a category, so that the text must
tell it. One in a hundred is the copy of an event before, four in a hundred complaints are a
person's second contact, a fifth of the posts are reposts. Nothing is late.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import numpy as np

from benchmarks.load import CATEGORIES, CHANNELS, START
from benchmarks.testbed import Line
from streams.traffic import population

LENGTH, NUMBERED = 80, 9  # characters of a text; of them the number that tells it from others
POOL = 5000  # texts but for their numbers
UNCATEGORISED, COPIES, REPEATS, REPOSTS = 0.3, 0.01, 0.04, 0.2
BACK = 1000  # events; how far before its copy, or its root, an event is at most
LANGUAGES: tuple[population.Language, ...] = ("zh", "en")
PLATFORMS = ("weibo", "douyin", "xiaohongshu", "x", "reddit")
SOURCES = """
[[sources]]
topic = "complaints"
stream = "complaints"
key = "person"

[[sources]]
topic = "mentions"
stream = "mentions"
key = "root"
"""
_BY = {
    "complaints": (
        'by = ["category"]', 'by = ["region"]', 'by = ["product"]', 'by = ["severity"]',
        'by = ["region", "category"]\nfamily = "region"\ngroup = "category"',
        'by = ["product", "category"]\nfamily = "product"\ngroup = "category"',
        'by = ["product", "batch"]\nfamily = "product"',
    ),
    "mentions": (
        'by = ["category"]', 'by = ["region"]', 'by = ["product"]', 'by = ["sentiment"]',
        'by = ["product"]\nwhere = { sentiment = "negative" }',
        'by = ["region", "category"]\nfamily = "region"\ngroup = "category"',
        'by = ["product", "category"]\nfamily = "product"\ngroup = "category"',
    ),
}  # fmt: skip
CUTS = "".join(
    f'\n[[cuts]]\nstream = "{stream}"\n{by}\n' for stream, cuts in _BY.items() for by in cuts
)
Json = dict[str, Any]


def lines(*, events: int, hours: float, seed: int) -> Iterator[Line]:
    """The events in order of time, as they are put into their topics."""
    rng = np.random.default_rng(seed)
    texts = _texts(rng)
    step = timedelta(hours=hours) / events
    past: deque[Line] = deque(maxlen=BACK)
    for number in range(events):
        if rng.random() < COPIES and past:
            yield past[int(rng.integers(0, len(past)))]._replace(again=True)
            continue
        moment = datetime.fromtimestamp(START / 1000, UTC) + number * step
        event = _shared(rng, number, moment, texts[number // 2 % POOL])
        line = _complaint(rng, event, past) if number % 2 else _post(rng, event, past)
        past.append(line)
        yield line


def _shared(rng: np.random.Generator, number: int, moment: datetime, text: str) -> Json:
    product, region, category = rng.integers(0, (40, 31, len(CATEGORIES))).tolist()
    event = {
        "id": f"e-{number:09}",
        "time": moment.isoformat(timespec="milliseconds"),
        "product": f"router-{product:02}",
        "region": f"region-{region:02}",
        "sentiment": "negative" if rng.random() < 0.7 else "neutral",
        "text": f"{text}{number:0{NUMBERED}}",
    }
    return event if rng.random() < UNCATEGORISED else event | {"category": CATEGORIES[category]}


def _complaint(rng: np.random.Generator, event: Json, past: Iterable[Line]) -> Line:
    person = f"p-{rng.integers(0, 10**9):09}"
    if rng.random() < REPEATS and (before := _before(past, "complaints")):
        person = before["person"]
        event |= {name: before[name] for name in ("product", "category") if name in before}
    channel, batch = rng.integers(0, (len(CHANNELS), 12)).tolist()
    event |= {
        "person": person, "channel": CHANNELS[channel], "severity": "normal",
        "batch": f"2025-{batch:02}-A",
    }  # fmt: skip
    return _line(person, event, "complaints")


def _post(rng: np.random.Generator, event: Json, past: Iterable[Line]) -> Line:
    event |= {
        "author": f"a-{rng.integers(0, 10**9):09}", "followers": int(rng.integers(0, 10_000)),
        "platform": PLATFORMS[int(rng.integers(0, len(PLATFORMS)))],
    }  # fmt: skip
    root = event["id"]
    if rng.random() < REPOSTS and (before := _before(past, "mentions")):
        root = before.get("root", before["id"])
        event |= {"repost_of": root, "root": root, "text": before["text"]}
    return _line(root, event, "mentions")


def _before(past: Iterable[Line], topic: str) -> Json | None:
    """The earliest event of the topic that is not past yet."""
    found = next((line for line in past if line.topic == topic), None)
    return json.loads(found.value) if found else None


def _line(key: str, event: Json, topic: str) -> Line:
    return Line(key.encode(), json.dumps(event, ensure_ascii=False).encode(), topic)


def _texts(rng: np.random.Generator) -> list[str]:
    """Texts of one length, by turns in either language."""
    spoken = {
        language: list(
            chain.from_iterable(said[language] for said in population.book().grumbles.values())
        )
        for language in LANGUAGES
    }
    return [_text(rng, spoken[language]) for _ in range(POOL // 2) for language in spoken]


def _text(rng: np.random.Generator, phrases: list[str]) -> str:
    text = ""
    while len(text) < LENGTH - NUMBERED:
        phrase = phrases[int(rng.integers(0, len(phrases)))]
        text += phrase.format(product="router", region="region", n=int(rng.integers(2, 9))) + " "
    return text[: LENGTH - NUMBERED]
