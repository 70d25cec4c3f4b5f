"""Which posts repeat which: by near-identical text, of one partition, chunk by chunk."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.text.reposts.essence import essences
from detectors.text.reposts.posts import Matches
from detectors.text.reposts.reposts import ENOUGH, Reposts
from tests.text.reposts.edits import WORDS, passed_on

HORIZON = 1000
STORY = "买了不到三个月的充电器半夜自己冒烟，客服说是人为损坏让我自己出一半的钱"
OTHER = "The delivery came two weeks late and nobody at the depot would answer the phone"


def known(**limits: int) -> Reposts:
    return Reposts(**({"horizon": HORIZON, "most": 64} | limits))


def match(reposts: Reposts, *texts: str, at: int | Sequence[int] = 0) -> Matches:
    return reposts.match(essences(texts), np.broadcast_to(np.asarray(at, np.int64), len(texts)))


def originals(reposts: Reposts, *texts: str, at: int | Sequence[int] = 0) -> list[int]:
    numbers: list[int] = match(reposts, *texts, at=at).originals.tolist()
    return numbers


@st.composite
def streams(draw: st.DrawFn) -> list[str]:
    """Posts of a few stories, passed on, cut short, or with others put before them."""
    stories = draw(st.lists(WORDS, min_size=1, max_size=5))
    posts = []
    for _ in range(draw(st.integers(1, 25))):
        story = draw(st.sampled_from(stories))
        kept = story[: draw(st.integers(8, len(story)))]
        posts.append(draw(st.sampled_from(["", "", stories[0][:20]])) + draw(passed_on(kept)))
    return posts


@st.composite
def pieces(draw: st.DrawFn, posts: int) -> list[int]:
    """Where the posts are cut."""
    return sorted({0, posts, *draw(st.lists(st.integers(0, posts)))})


def played(
    reposts: Reposts, posts: Sequence[str], times: Sequence[int], bounds: Iterable[int]
) -> list[tuple[int, float, bool]]:
    """What is answered when it is asked in pieces, each of them a chunk."""
    out = []
    for start, end in pairwise(bounds):
        found = match(reposts, *posts[start:end], at=times[start:end])
        out += list(zip(*(column.tolist() for column in found), strict=True))
        reposts.settle()
    return out


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_a_copy_depends_on_the_posts_and_not_on_pieces_or_chunks(
    data: st.DataObject,
) -> None:
    posts, most = data.draw(streams()), data.draw(st.sampled_from([1, 2, 4, 64]))
    times = [data.draw(st.integers(0, 2 * HORIZON)) for _ in posts]
    one_by_one = played(known(most=most), posts, times, range(len(posts) + 1))
    assert played(known(most=most), posts, times, [0, len(posts)]) == one_by_one
    assert played(known(most=most), posts, times, data.draw(pieces(len(posts)))) == one_by_one


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_restored_from_what_its_chunks_added_it_goes_on_as_if_never_stopped(
    data: st.DataObject,
) -> None:
    posts, most = data.draw(streams()), data.draw(st.sampled_from([1, 2, 4, 64]))
    bounds = data.draw(pieces(len(posts)))
    stop = data.draw(st.integers(0, len(bounds) - 1))
    whole, again = known(most=most), known(most=most)
    for start, end in pairwise(bounds[: stop + 1]):
        match(whole, *posts[start:end])
        again.restore(whole.added, following=whole.following)
        whole.settle()
    times = [0] * len(posts)
    rest = bounds[stop:]
    assert played(again, posts, times, rest) == played(whole, posts, times, rest)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_the_same_words_written_otherwise_are_a_copy(data: st.DataObject) -> None:
    text = data.draw(WORDS)
    reposts = known()
    match(reposts, text)
    found = match(reposts, data.draw(passed_on(text)))
    assert (found.originals.tolist(), found.same.tolist()) == ([0], [True])


@pytest.mark.parametrize(
    "copy",
    [
        f"求扩散！！{STORY}",
        STORY[:-8] + "……展开全文",
        STORY.replace("三个月", "两个多月"),
        f"转发微博//@路人:{STORY} https://t.cn/A6",
        f"太气人了{STORY}大家注意",
    ],
)
def test_a_copy_with_a_few_words_more_or_less_is_a_copy_but_not_the_same(copy: str) -> None:
    found = match(known(), STORY, OTHER, copy)
    assert found.originals.tolist() == [0, 1, 0]
    assert found.copies.tolist() == [False, False, True]
    assert 0.5 <= found.likeness[2] <= 1


def test_same_is_said_of_the_same_words_alone_however_long_they_are() -> None:
    long = "".join(chr(0x4E00 + n * 7 % 5000) for n in range(2000))
    changed = long[:1000] + "火" + long[1001:]
    assert match(known(), long, changed, long).same.tolist() == [False, False, True]


def test_too_few_words_are_neither_a_copy_nor_an_original() -> None:
    few = "谢谢" * (ENOUGH // 2)
    assert originals(known(), few[:-1], few[:-1], "Thanks!", "Thanks!", few) == [-1] * 4 + [0]


def test_a_chain_of_small_changes_does_not_link_what_is_unrelated() -> None:
    words = [chr(0x4E00 + n) for n in range(80)]
    chain = ["".join(words[start : start + 40]) for start in range(0, 40, 8)]
    found = originals(known(), *chain)
    assert found[:2] == [0, 0]  # a fifth is new
    assert found[-1] != 0
    assert len(set(found)) > 1


def test_a_post_joins_the_original_that_is_most_like_it() -> None:
    near = STORY[:14] + "可是昨天换货的新机已经寄到门口"
    reposts = known()
    assert originals(reposts, STORY, near, near + "了", STORY + "了") == [0, 1, 1, 0]


def test_a_copy_is_looked_for_within_the_horizon_before_and_after() -> None:
    times = [HORIZON, 0, 2 * HORIZON, 2 * HORIZON + 1, 3 * HORIZON]
    assert originals(known(), *[STORY] * 5, at=times) == [0, 0, 0, 3, 3]


def test_an_original_is_forgotten_after_so_many_posts() -> None:
    reposts = known(most=2)
    stories = ["".join(chr(0x4E00 + 100 * n + k) for k in range(30)) for n in range(3)]
    for story in stories:
        match(reposts, story)
    assert originals(reposts, *reversed(stories)) == [2, 4, 5]


def test_what_a_chunk_adds_are_its_originals_alone() -> None:
    reposts = known()
    match(reposts, OTHER)
    reposts.settle()
    match(reposts, STORY, STORY, OTHER, "Thanks", at=7)
    assert (reposts.added.numbers.tolist(), reposts.added.times.tolist()) == ([1], [7])
    assert sum(column.nbytes for column in reposts.added) == 152
    assert reposts.following == 4


def test_an_older_chunk_is_not_restored_after_a_newer() -> None:
    reposts = known()
    match(reposts, STORY)
    with pytest.raises(ValueError, match="following must be at least 1, got 0"):
        reposts.restore(reposts.added, following=0)


@pytest.mark.parametrize("limits", [{"horizon": 0}, {"most": 0}])
def test_limits_are_named(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(limits))} must be at least 1 .*, got 0"):
        known(**limits)
