"""Events with everything intake decides on: texts, copies, people, posts and reposts; seven cuts.

Half are complaints, half posts. Each has a text of 80 characters of its own, by turns in Chinese
and in English: what is complained about, then whatever else one writes, both from the phrases of
the product's own traffic. 30 % lack a category, so that the text must tell it; two in a thousand
tell of harm. One event in a hundred is the copy of one before, four in a hundred complaints are a
person's second contact. A fifth of the posts say that they repeat another; of those that do not,
a fifth pass on what is going round, in nearly the same words; of the others hardly two are alike.
Nothing is late.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from textwrap import shorten
from typing import Any, NamedTuple, Self

import numpy as np

from benchmarks.load import CATEGORIES, CHANNELS, START
from benchmarks.testbed import Line
from streams.traffic import population

LENGTH = 80  # characters of a text
MATTER = 32  # of them at most so many tell of a common matter, else texts of one would be alike
WORDS = 22  # drawn for each text, which is enough for its rest
BLOCK = 4096  # texts drawn at once
UNCATEGORISED, COPIES, REPEATS, REPOSTS, PASSED_ON, HARMFUL = 0.3, 0.01, 0.04, 0.2, 0.2, 0.002
BACK = 1000  # events; how far before its copy, or its root, an event is at most
TURN = 4  # events: in each language one of either kind
WAVE = 500 * TURN  # events; so long goes the same text round
ADDED = (4, 16)  # characters that one who passes it on puts before it
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
    texts, going_round = _texts(rng), [""] * TURN
    step = timedelta(hours=hours) / events
    past: deque[Line] = deque(maxlen=BACK)
    for number, text in zip(range(events), texts, strict=False):
        turn = number % TURN
        if number % WAVE == turn:
            going_round[turn] = text
        if rng.random() < COPIES and past:
            yield past[int(rng.integers(0, len(past)))]._replace(again=True)
            continue
        moment = datetime.fromtimestamp(START / 1000, UTC) + number * step
        event = _shared(rng, number, moment, text)
        if number % 2:
            line = _complaint(rng, event, past)
        else:
            line = _post(rng, event, past, going_round[turn])
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
        "text": text,
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


def _post(rng: np.random.Generator, event: Json, past: Iterable[Line], going_round: str) -> Line:
    event |= {
        "author": f"a-{rng.integers(0, 10**9):09}", "followers": int(rng.integers(0, 10_000)),
        "platform": PLATFORMS[int(rng.integers(0, len(PLATFORMS)))],
    }  # fmt: skip
    root = event["id"]
    if rng.random() < REPOSTS and (before := _before(past, "mentions")):
        root = before.get("root", before["id"])
        event |= {"repost_of": root, "root": root, "text": before["text"]}
    elif rng.random() < PASSED_ON:
        added = int(rng.integers(*ADDED))
        event["text"] = event["text"][:added] + going_round[: LENGTH - added]
    return _line(root, event, "mentions")


def _before(past: Iterable[Line], topic: str) -> Json | None:
    """The earliest event of the topic that is not past yet."""
    found = next((line for line in past if line.topic == topic), None)
    return json.loads(found.value) if found else None


def _line(key: str, event: Json, topic: str) -> Line:
    return Line(key.encode(), json.dumps(event, ensure_ascii=False).encode(), topic)


class Speech(NamedTuple):
    """What is said in one language: matters, harm, and what may be said beside any of them."""

    matters: list[str]
    harm: list[str]
    beside: list[str]
    between: str

    @classmethod
    def of(cls, language: population.Language) -> Self:
        book = population.book()
        grumbles = chain.from_iterable(said[language] for said in book.grumbles.values())
        return cls(
            [shorten(said, MATTER, placeholder="") for said in _filled(grumbles, language)],
            _filled(book.safety[language], language),
            " ".join(chain.from_iterable(book.asides[language])).split(),
            " " if language == "en" else "",
        )

    def text(self, number: int, rest: Iterable[int], *, harmful: bool) -> str:
        matters = self.harm if harmful else self.matters
        words = (matters[number % len(matters)], *(self.beside[word] for word in rest))
        return self.between.join(words)[:LENGTH]


def _filled(phrases: Iterable[str], language: population.Language) -> list[str]:
    product, region = ("router", "Hubei") if language == "en" else ("路由器", "湖北")
    return [
        phrase.format(product=product, region=region, n=n)
        for phrase in phrases
        for n in range(2, 10)
    ]


def _texts(rng: np.random.Generator) -> Iterator[str]:
    """Without end, two in one language and two in the other."""
    turns = [speech for language in LANGUAGES for speech in (Speech.of(language),) * 2]
    while True:
        numbers = rng.integers(0, 1 << 30, BLOCK).tolist()
        harmful = (rng.random(BLOCK) < HARMFUL).tolist()
        words = [rng.integers(0, len(speech.beside), (BLOCK // TURN, WORDS)) for speech in turns]
        rests = np.stack(words, axis=1).reshape(BLOCK, WORDS).tolist()
        for place, drawn in enumerate(zip(numbers, rests, harmful, strict=True)):
            number, rest, harm = drawn
            yield turns[place % TURN].text(number, rest, harmful=harm)
