"""What the benchmarks of speed are fed is what they say it is."""

from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks import load, texts
from benchmarks.testbed import WRITTEN, Line
from detectors.text import harm
from detectors.text.canonical import canonical
from detectors.text.reposts.essence import essences
from detectors.text.reposts.reposts import Reposts
from streams import settings
from streams.events.event import Complaint, Mention
from streams.sources.keys import key
from tests.parsed import parse

EVENTS = 2000
MANY = 10_000
CHUNK = 1024  # posts asked for at once, as in a chunk of intake


def said(line: Line) -> Complaint | Mention:
    event = parse("mentions" if line.topic == "mentions" else "complaints", line.value)
    assert isinstance(event, Complaint | Mention)
    return event


def test_every_event_with_a_text_is_sound_and_only_copies_repeat_an_id() -> None:
    lines = list(texts.lines(events=EVENTS, hours=1, seed=1))
    ids = [said(line).id for line in lines]
    assert len(set(ids)) == EVENTS - sum(line.again for line in lines) < EVENTS
    assert {len(said(line).text or "") for line in lines} == {texts.LENGTH}


def test_posts_are_keyed_by_their_root_and_complaints_by_their_person() -> None:
    for line in texts.lines(events=EVENTS, hours=1, seed=2):
        event = said(line)
        post = isinstance(event, Mention)
        known = key(event, "mentions", "root") if post else key(event, "complaints", "person")
        assert known == line.key
    for line in load.keyed(events=100, days=1, seed=2):
        event = said(line)
        assert isinstance(event, Complaint)
        assert event.person == line.key.decode()


def test_an_event_with_a_text_counts_in_seven_cuts(tmp_path: Path) -> None:
    file = load.settings_file(tmp_path, sources=texts.SOURCES, cuts=texts.CUTS)
    cuts = settings.load(file).cuts
    for stream in ("complaints", "mentions"):
        assert sum(cut.stream == stream for cut in cuts) == 7


@cache
def many() -> list[Line]:
    return list(texts.lines(events=MANY, hours=1, seed=3))


def written(*, kind: type[Complaint | Mention]) -> list[str]:
    """Texts of events that are neither copies nor say that they repeat another."""
    events = [said(line) for line in many() if not line.again]
    chosen = [event for event in events if isinstance(event, kind)]
    return [
        event.text or "" for event in chosen
        if not (isinstance(event, Mention) and event.repost_of)
    ]  # fmt: skip


def copies(found: list[str]) -> list[float]:
    """The share of each chunk that repeats an earlier text, as intake asks for it."""
    reposts, times = Reposts(horizon=1, most=65_536), np.zeros(CHUNK, np.int64)
    parts = [found[start:end] for start, end in pairwise(range(0, len(found), CHUNK))]
    return [float(reposts.match(essences(part), times).copies.mean()) for part in parts]


def test_a_fifth_of_the_posts_that_say_nothing_of_it_are_near_copies_early_and_late() -> None:
    assert copies(written(kind=Mention)) == pytest.approx([0.2] * 3, abs=0.04)


def test_texts_that_nobody_passes_on_are_not_alike() -> None:
    assert max(copies(written(kind=Complaint))) < 0.02


def test_a_fifth_of_the_posts_declare_that_they_repeat_another() -> None:
    posts = [event for line in many() if isinstance(event := said(line), Mention)]
    assert np.mean([event.repost_of is not None for event in posts]) == pytest.approx(0.2, abs=0.02)


def test_three_in_ten_lack_a_category_and_one_in_a_hundred_is_a_copy() -> None:
    lacking = [said(line).category is None for line in many()]
    assert np.mean(lacking) == pytest.approx(0.3, abs=0.02)
    assert np.mean([line.again for line in many()]) == pytest.approx(0.01, abs=0.003)


def test_two_in_a_thousand_tell_of_harm_that_is_enough_by_itself() -> None:
    read = [harm.read(canonical(said(line).text or "")) for line in many()]
    assert np.mean([bool(found.strict) for found in read]) == pytest.approx(0.002, abs=0.001)


def test_both_languages_have_as_many_complaints_as_posts() -> None:
    held = Counter((line.topic, (said(line).text or "").isascii()) for line in many())
    assert list(held.values()) == pytest.approx([MANY / 4] * 4, rel=0.1)


def test_what_nearly_all_benchmarks_are_fed_has_240_bytes_and_is_compressed_by_lz4() -> None:
    sizes = [len(value) for value in load.lines(events=EVENTS, days=1, seed=4)]
    assert np.mean(sizes) == pytest.approx(240, abs=10)
    assert WRITTEN["compression_type"] == "lz4"
