"""Copies of posts: how fast they are found, and which.

    python -m benchmarks.reposts                the generator's posts
    python -m benchmarks.reposts --data DIR     the reviews and tweets of the data sets

Half of the texts are passed on one to four times, edited as people and platforms do (EDITS), one
to three edits a copy, and come in a random order. A copy is found where it is put with its own
original. Texts that were alike before stand as different ones, so precision is a lower bound.

`texts_per_second` are of one core by its own time, in runs of 1,024: texts as they are, with half
of them copies, and one text alone in edited copies. Peers are asked where they are installed (extra
`reposts`), with the same runs of characters, 64 values and 16 bands. Prints one JSON object last.
"""

import argparse
import csv
import gzip
import importlib
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import machine
from detectors.text.reposts.essence import essences
from detectors.text.reposts.reposts import ALIKE, Reposts
from streams.events.event import Mention
from streams.traffic.generator import generate

RUN = 1024
MOST = 1 << 16
TEXTS = 8000
LENGTHS = {"over 40": (41, 10**9), "16 to 40": (16, 40), "10 to 40": (10, 40)}
FILES = {
    "zh": ("chinese_text/ChnSentiCorp_htl_all.csv.gz", "chinese_text/waimai_10k.csv.gz"),
    "en": ("airline/airline_events.csv.gz",),
}
BEFORE = {
    "zh": ("求扩散！", "转发微博：", "太过分了，大家看看：", "同感同感 "),
    "en": ("RT @traveler: ", "Please share! ", "Wow, look at this: ", "So true. "),
}
AFTER = {
    "zh": ("求转发", "大家注意", "……展开全文"),
    "en": (" please retweet", " #fail", " via @desk"),
}
EMOJI = ("😡", "🔥🔥", "😂", "[怒]", "❤️")

Edit = Callable[[random.Random, str, str], str]


class Post(NamedTuple):
    """A text, which of the originals it is, and how many characters of its own that has."""

    text: str
    original: int
    length: int
    copy: bool


def _truncated(dice: random.Random, text: str, _: str) -> str:
    return text[: int(len(text) * dice.uniform(0.7, 0.95))] + "…"


def _emoji(dice: random.Random, text: str, _: str) -> str:
    place = dice.randrange(len(text) + 1)
    return text[:place] + dice.choice(EMOJI) + text[place:]


def _punctuation(dice: random.Random, text: str, _: str) -> str:
    return "".join(dice.choice("。！, ~") if mark in "，。！？,.!?、；;" else mark for mark in text)


def _typos(dice: random.Random, text: str, _: str) -> str:
    letters = list(text)
    for _typo in range(max(1, len(text) // 40)):
        letters[dice.randrange(len(letters))] = dice.choice("的了是我abcde")
    return "".join(letters)


def _dropped(dice: random.Random, text: str, _: str) -> str:
    length = max(1, len(text) // 20)
    place = dice.randrange(max(1, len(text) - length))
    return text[:place] + text[place + length :]


EDITS: Sequence[Edit] = (
    lambda dice, text, language: dice.choice(BEFORE[language]) + text,
    lambda dice, text, language: text + dice.choice(AFTER[language]),
    lambda dice, text, _: f"@{dice.choice(['小米客服', 'JetBlue', 'user_1'])} {text}",
    lambda dice, text, _: f"{text} http://t.cn/{dice.randrange(10**6)}",
    lambda _, text, __: f"转发 //@路人甲:看看 //@original_1:{text}",
    lambda _, text, __: text if "http" in text else text.upper(),
    _truncated, _emoji, _punctuation, _typos, _dropped,
)  # fmt: skip


def passed_on(dice: random.Random, text: str, language: str) -> str:
    for edit in dice.sample(EDITS, dice.randint(1, 3)):
        text = edit(dice, text, language) or text
    return text


def stream(texts: Sequence[str], language: str, *, seed: int) -> list[Post]:
    """Originals and, after each other one, its copies."""
    dice = random.Random(seed)
    found = essences(texts)
    posts: list[tuple[float, Post]] = []
    for number, (text, length) in enumerate(zip(texts, found.lengths.tolist(), strict=True)):
        at = dice.random()
        posts.append((at, Post(text, number, length, copy=False)))
        for _ in range(dice.randint(1, 4) if number % 2 else 0):
            copy = passed_on(dice, text, language)
            posts.append((at + dice.random() / 5, Post(copy, number, length, copy=True)))
    return [post for _, post in sorted(posts, key=lambda one: one[0])]


def texts_of(data: Path | None, language: str) -> list[str]:
    """Texts that no other has the words of, in a random order."""
    texts = list(_generated(language) if data is None else _stored(data, language))
    random.Random(1).shuffle(texts)
    _, first = np.unique(essences(texts).digests(np.arange(len(texts))), return_index=True)
    return [texts[place] for place in sorted(first.tolist())][:TEXTS]


def _generated(language: str) -> Iterator[str]:
    made = generate(seed=1, start=datetime(2026, 3, 2, tzinfo=UTC), days=60)
    for event in (record.event for record in made):
        if isinstance(event, Mention) and not event.repost_of:
            text = event.text or ""
            if text and text.isascii() == (language == "en"):
                yield text


def _stored(data: Path, language: str) -> Iterator[str]:
    for name in FILES[language]:
        with gzip.open(data / name, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                text = row.get("text") or row.get("review") or ""
                if 0 < len(text) <= 300:
                    yield text


def repeated(texts: Sequence[str]) -> list[int]:
    """Place of the post that each repeats; -1: none."""
    known, led = Reposts(horizon=1, most=MOST), [-1] * len(texts)
    places: dict[int, int] = {}
    for start in range(0, len(texts), RUN):
        run = texts[start : start + RUN]
        found = known.match(essences(run), np.zeros(len(run), np.int64))
        known.settle()
        marks = zip(found.originals.tolist(), found.copies.tolist(), strict=True)
        for place, (original, copy) in enumerate(marks, start):
            if copy:
                led[place] = places[original]
            elif original >= 0:
                places[original] = place
    return led


def by_datasketch(texts: Sequence[str]) -> list[int]:
    datasketch: Any = importlib.import_module("datasketch")
    index = datasketch.MinHashLSH(num_perm=64, params=(16, 4))

    def drawn(runs: set[str]) -> Any:
        sketch = datasketch.MinHash(num_perm=64)
        sketch.update_batch([run.encode() for run in runs])
        return sketch

    return _indexed(map(drawn, _runs(texts)), index)


def by_rensa(texts: Sequence[str]) -> list[int]:
    rensa: Any = importlib.import_module("rensa")
    drawn = rensa.RMinHash.from_token_sets(list(map(list, _runs(texts))), 64, 42)
    return _indexed(drawn, rensa.RMinHashLSH(ALIKE, 64, 16))


PEERS = {"datasketch": by_datasketch, "rensa": by_rensa}


def _runs(texts: Sequence[str]) -> Iterator[set[str]]:
    found = essences(texts)
    whole, start = found.characters.tobytes().decode("utf-32-le", "surrogatepass"), 0
    for end in found.ends.tolist():
        yield {whole[place : place + 3] for place in range(start, end - 2)}
        start = end


def _indexed(sketches: Any, index: Any) -> list[int]:
    """Each sketch in turn against the originals before it."""
    held: dict[int, Any] = {}
    led = []
    for place, sketch in enumerate(sketches):
        shares = [(sketch.jaccard(held[other]), -other) for other in index.query(sketch)]
        share, other = max(shares, default=(0.0, 0))
        led.append(-other if share >= ALIKE else -1)
        if share < ALIKE:
            held[place] = sketch
            index.insert(place, sketch)
    return led


def quality(posts: Sequence[Post], led: Sequence[int]) -> dict[str, dict[str, float | None]]:
    return {name: _quality(posts, led, *lengths) for name, lengths in LENGTHS.items()}


def _quality(
    posts: Sequence[Post], led: Sequence[int], low: int, high: int
) -> dict[str, float | None]:
    """Of the copies whose original has so many characters; None of none."""
    right = called = copies = 0
    seen: set[int] = set()
    for post, other in zip(posts, led, strict=True):
        again = post.original in seen
        seen.add(post.original)
        if not low <= post.length <= high:
            continue
        copies += again
        called += other >= 0
        right += other >= 0 and posts[other].original == post.original
    return {
        "copies": copies,
        "precision": round(right / called, 3) if called else None,
        "recall": round(right / copies, 3) if copies else None,
    }


def rate(texts: Sequence[str], find: Callable[[Sequence[str]], object] = repeated) -> int:
    """Texts a second of this process's own time, the best of three."""
    spent = []
    for _ in range(3):
        began = time.process_time()
        find(texts)
        spent.append(time.process_time() - began)
    return round(len(texts) / min(spent))


def figures(texts: list[str], language: str, *, seed: int) -> dict[str, Any]:
    posts = stream(texts, language, seed=seed)
    mixed, long = [post.text for post in posts], [text for text in texts if len(text) >= 60]
    dice = random.Random(seed)
    wave = [passed_on(dice, max(long, key=len), language) for _ in range(len(long))]
    return {
        "posts": len(posts),
        "characters": round(sum(map(len, long)) / len(long)),
        "texts_per_second": {
            "originals": rate(long), "half_copies": rate(mixed), "one_wave": rate(wave),
            "canonical_form": rate(long, essences),
        },
        **quality(posts, repeated(mixed)),
        **{name: _peer(name, posts, long) for name in PEERS},
    }  # fmt: skip


def _peer(name: str, posts: Sequence[Post], long: Sequence[str]) -> dict[str, Any] | None:
    """The same of a peer, on a part; None where it is not installed."""
    try:
        importlib.import_module(name)
    except ImportError:
        return None
    part = posts[:TEXTS]
    found = PEERS[name]([post.text for post in part])
    return {"texts_per_second": rate(long[:RUN], PEERS[name]), **quality(part, found)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument("--seed", type=int, default=1, help="of the edits (1)")
    options = parser.parse_args()
    machine.pinned()
    essences(["warm"])
    found = {
        language: figures(texts_of(options.data, language), language, seed=options.seed)
        for language in FILES
    }
    print(json.dumps(machine.surroundings("numpy") | found))


if __name__ == "__main__":
    main()
