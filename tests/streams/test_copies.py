"""A copy of a post counts as a repost with its reach, and as nobody."""

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from streams.counts.cells import Cells
from streams.events.event import Mention
from streams.intake.reading import Plan
from tests.streams.logs import (
    BURN,
    DAY,
    MINUTE,
    START,
    Partition,
    log,
    mention,
    read,
    restarted,
    runs,
    settings,
)

FEW = settings().detection.model_copy(update={"max_posts": 5})
POSTS = Plan(settings(records=8), settings().sources[1], 1)
FORGETFUL = Plan(settings(records=8).model_copy(update={"detection": FEW}), POSTS.source, 1)
STORY = "The kettle leaks at the lid and nobody at support answers the phone"
OTHER = "Ordered an iron three weeks ago, the courier still has no idea where it is"
ARTICLE = "https://news.example/kettle?id=7"


class Sums(NamedTuple):
    posts: int
    reposts: int
    people: int
    reach: int


def counted(*posts: Mention, every: int = 1) -> Sums:
    chunks = read(POSTS, [log(posts, every=every)]).counts()
    held = [c.cells[-1].numbers() for c in chunks if isinstance(c.cells[-1], Cells)]
    events, reposts, people, reach = (
        sum(int(getattr(numbers, column).sum()) for numbers in held)
        for column in ("events", "reposts", "people", "reach")
    )
    return Sums(events - reposts, reposts, people, reach)


def by(author: str, text: str | None = None, **fields: Any) -> Mention:
    name = f"{author}-{text}-{sorted(fields.items())}"
    return mention(name, author=author, text=text, **({"followers": 10} | fields))


def test_nearly_the_same_words_are_a_repost_with_its_reach() -> None:
    copies = [by("bob", f"@kettles {STORY.upper()}!"), by("eve", f"Read this: {STORY}")]
    assert counted(by("ann", STORY), *copies, by("joe", OTHER)) == Sums(2, 2, 2, 40)


def test_a_copy_is_known_in_later_chunks_but_not_after_the_horizon() -> None:
    days = [by(f"a{day}", STORY, time=START + day * DAY) for day in range(9)]
    assert counted(*days, every=0) == Sums(2, 7, 2, 90)


@pytest.mark.parametrize(
    ("first", "second", "posts"),
    [
        ("Look at this", None, 1),
        ("Look at this", "unbelievable", 1),
        (None, "unbelievable", 1),
        (STORY, "unbelievable", 1),
        (STORY, OTHER, 2),
        ("unbelievable", STORY, 2),
    ],
)
def test_of_one_link_a_post_without_words_of_its_own_is_a_copy(
    first: str | None, second: str | None, posts: int
) -> None:
    other = ARTICLE.replace("https", "http") + "#comments"
    said = by("ann", first, link=ARTICLE), by("bob", second, link=other)
    assert counted(*said) == Sums(posts, 2 - posts, posts, 20)


def test_a_link_to_a_whole_site_is_no_post() -> None:
    said = (
        by("ann", "Look", link="https://kettles.example/"),
        by("bob", "Look", link="kettles.example"),
    )
    assert counted(*said).posts == 2


def test_a_few_words_that_anybody_may_write_are_a_copy_of_the_same_authors_alone() -> None:
    thanks = [by(author, f"Thanks{mark}") for mark in ("", "!", "!!") for author in ("ann", "bob")]
    assert counted(*thanks) == Sums(2, 4, 2, 60)
    assert counted(mention(1, text="谢谢"), mention(2, text="谢谢")).posts == 2


def test_posts_without_text_and_link_are_posts() -> None:
    assert counted(by("ann"), by("bob", ""), by("eve", "😡")).posts == 3


def test_who_names_another_root_repeats_it() -> None:
    posts = [mention(1, author="ann", root="1"), mention(2, author="bob", root="1")]
    assert counted(*posts) == Sums(1, 1, 1, 0)


def test_a_repost_that_comes_before_its_post_does_not_take_its_place() -> None:
    posts = by("bob", STORY, repost_of="x"), by("ann", STORY)
    assert counted(*posts) == Sums(1, 1, 1, 20)


def test_copies_in_another_partition_are_not_known() -> None:
    assert [counted(by(author, STORY)).posts for author in ("ann", "bob")] == [1, 1]


def test_harm_told_by_a_copy_with_other_words_is_read_and_by_the_same_words_is_not() -> None:
    partition = Partition(POSTS)
    told = by("ann", BURN), by("bob", BURN.upper()), by("eve", f"{BURN} Mine too!")
    partition.take(log(told, every=1))
    (chunk,) = partition.counts()
    assert [trigger.event for trigger in chunk.triggers] == sorted([told[0].id, told[2].id])


@st.composite
def posts(draw: st.DrawFn) -> list[Mention]:
    texts = st.sampled_from([None, STORY, f"So true: {STORY}", OTHER, BURN, "Thanks", "Thanks!"])
    gap = draw(st.sampled_from([0, 0, DAY // 4, DAY]))
    return [
        mention(
            n, START + n * gap + draw(st.integers(0, 60)) * MINUTE,
            author=draw(st.sampled_from("abc")), text=draw(texts),
            link=draw(st.sampled_from([None, ARTICLE])),
            repost_of=draw(st.sampled_from([None, None, None, "0"])),
        )
        for n in range(draw(st.integers(1, 30)))
    ]  # fmt: skip


@given(st.data())
@tried(max_examples=60, deadline=None)
def test_however_posts_are_fetched_they_make_the_same_chunks(data: st.DataObject) -> None:
    records = log(data.draw(posts()), every=0)
    which = data.draw(st.sampled_from([POSTS, FORGETFUL]))
    parted = read(which, data.draw(runs(records)))
    assert parted.seen_so_far() == read(which, [records]).seen_so_far()


@given(st.data())
@tried(max_examples=80, deadline=None)
def test_a_reading_that_starts_at_a_closed_chunk_knows_the_posts_before(
    data: st.DataObject,
) -> None:
    records = log(data.draw(posts()))
    whole = read(data.draw(st.sampled_from([POSTS, FORGETFUL])), [records])
    if not whole.closed:
        return
    stop = data.draw(st.integers(0, len(whole.closed) - 1))
    again = restarted(whole, whole.closed[stop])
    for run in data.draw(
        runs([r for r in records if r.offset >= (whole.closed[stop].closed or 0)])
    ):
        again.take(run)
    assert again.closed == whole.closed[stop + 1 :]
    assert again.reading.so_far() == whole.reading.so_far()
