from hypothesis import given
from hypothesis import strategies as st

from detectors.text.sieve import AT_ONCE, Sieve

WORDS = ["fire", "起火", "e\n", ".*", "火"]
SIEVE = Sieve(WORDS)


@given(
    st.lists(
        st.lists(
            st.sampled_from(["fire", "起", "火", "e", "\n", "\0", "ÿ", ".*", "e车"]), max_size=6
        ).map("".join)
    ),
    st.integers(0, AT_ONCE + 1),
)
def test_the_texts_that_hold_a_word_are_found(texts: list[str], bare: int) -> None:
    many = [*texts, *["e"] * bare, *texts]
    holding = [place for place, text in enumerate(many) if any(word in text for word in WORDS)]
    assert SIEVE.holders(many) == holding


def test_texts_behind_the_first_that_are_scanned_at_once_keep_their_places() -> None:
    bare = ["e"] * (AT_ONCE - 1)
    assert SIEVE.holders([*bare, "fire", "火", *bare, "fire"]) == [
        AT_ONCE - 1, AT_ONCE, 2 * AT_ONCE,
    ]  # fmt: skip
