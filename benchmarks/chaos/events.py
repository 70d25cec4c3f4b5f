"""The events of a run: four weeks in which matters surge, people are hurt and posts are shared.

Of two reports by one person that lie in different partitions of a re-keyed source, the one that
goes on first counts (ADR 15), which nobody can foretell: so who calls again does it at once, and
counts in the same minute either way.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from string import ascii_lowercase

from benchmarks.chaos.ground import calls
from tests.kafka import histories
from tests.kafka.histories import HOUR, Event

DAYS = 28
DAY = 24 * HOUR
SURGING = range(10, DAYS, 3)  # the days on which a matter surges
SURGE = 0.4  # of a day's events, within a few hours
AFTER = 1000  # events, until the same id and the same person come again
EVERY = 50
OFTEN = 5  # events, until one who calls does so again
POSTS = 10  # events to a post
LENGTH, LETTERS = 10, 8  # words of so many; no two posts have them by chance
SHARING = "@someone "  # before words of another's
SHARED = 8  # posts to one that is shared
LATER = (10, 30, 60, 90)  # posts behind it in which it is: twice as its source says, twice not


def write(folder: Path, *, events: int, seed: int) -> list[Path]:
    """So many events in a file for each stream, and now and then one of them or its person again.

    Fewer, for posts that are shared come in their place, as are posts for complaints.
    """
    posts = events // POSTS
    complaints = _again(_days(histories.complaints, events - posts, seed), AFTER)
    mentions = _shared(_days(histories.mentions, posts, seed), seed)
    return [
        histories.write(folder / "complaints.jsonl", complaints),
        histories.write(folder / "mentions.jsonl", _again(mentions, AFTER // POSTS)),
    ]


def _days(made: Callable[..., list[Event]], events: int, seed: int) -> Iterator[Event]:
    """A day at a time, in the order of their times."""
    surge = int(SURGE * events / DAYS)
    steady = events - len(SURGING) * surge
    for day in range(DAYS):
        count = steady * (day + 1) // DAYS - steady * day // DAYS
        name = seed * 1000 + day
        found = made(count, days=1, seed=name)
        if day in SURGING:
            matter = {"product": histories.PRODUCTS[day % 5], "category": "quality"}
            found = histories.surge(found, surge, hour=9, hours=6, seed=name, **matter)
        if "person" in found[0]:
            found[len(found) // 2]["severity"] = "safety"
        yield from ({**event, "time": event["time"] + day * DAY} for event in found)


def _again(events: Iterable[Event], after: int) -> Iterator[Event]:
    """Now and then an id from a while ago, and a person about the same matter."""
    held: list[Event] = []
    for number, event in enumerate(events):
        yield event
        if number % EVERY == 0:
            held.append(event)
        if number % OFTEN == 0 and calls(event.get("person")):
            yield _anew(event)
        if held and number % EVERY == EVERY // 2 and number >= after:
            before = held.pop(0) | {"time": event["time"]}
            yield before
            if not calls(before.get("person")):
                yield _anew(before)


def _anew(event: Event) -> Event:
    return event | {"id": f"{event['id']}-again"}


def _shared(posts: Iterable[Event], seed: int) -> Iterator[Event]:
    """Now and then one with words of its own, and later others who share it.

    Half of them say whose post it is; the others only have its words.
    """
    random, due = Random(seed), dict[int, Event]()
    for number, plain in enumerate(posts):
        post = plain | {"followers": number % 1000}
        if number % SHARED == 0:
            post["text"] = " ".join(_word(random) for _ in range(LENGTH))
            for turn, later in enumerate(LATER):
                due[number + later] = _repost(post, turn)
        yield post
        if (repost := due.pop(number, None)) is not None:
            yield repost | {"time": post["time"]}


def _repost(post: Event, turn: int) -> Event:
    name = f"{post['id']}-{turn}"
    declared = {"repost_of": post["id"], "root": post["id"]} if turn % 2 == 0 else {}
    said = {} if declared else {"text": SHARING + post["text"]}
    return post | {"id": name, "author": f"{post['author']}-{turn}"} | declared | said


def _word(random: Random) -> str:
    return "".join(random.choices(ascii_lowercase, k=LETTERS))
