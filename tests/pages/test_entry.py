from hypothesis import given
from hypothesis import strategies as st

from dashboards.pages import entry
from dashboards.pages.entry import MOST_CLIENTS, MOST_WRONG, WRONG_WITHIN, Attempts
from tests.pages.site import TOKEN

LATER = 2_000


def test_a_session_admits_until_it_expires() -> None:
    session = entry.session(TOKEN, expires=LATER)
    assert entry.admits(session, TOKEN, now=LATER - 1)
    assert not entry.admits(session, TOKEN, now=LATER)


def test_a_session_does_not_hold_the_token_and_dies_with_it() -> None:
    session = entry.session(TOKEN, expires=LATER)
    assert TOKEN not in session
    assert not entry.admits(session, "another-token-of-them", now=0)


def test_a_longer_life_cannot_be_written_into_a_session() -> None:
    _, _, seal = entry.session(TOKEN, expires=LATER).partition(".")
    assert not entry.admits(f"{LATER * 2}.{seal}", TOKEN, now=0)


@given(st.text())
def test_no_other_text_admits(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert not entry.admits(text, TOKEN, now=0)
    assert not entry.admits(f"{LATER}.{text}", TOKEN, now=0)


def test_only_the_token_is_the_token() -> None:
    assert entry.same(TOKEN, TOKEN)
    assert not any(entry.same(other, TOKEN) for other in ("", TOKEN[:-1], f"{TOKEN} ", "钟" * 21))


def test_who_guesses_has_to_wait_and_others_have_not() -> None:
    attempts = Attempts()
    for second in range(MOST_WRONG):
        assert attempts.wait("a", now=second) == 0
        attempts.wrong("a", now=second)
    assert attempts.wait("a", now=MOST_WRONG) == WRONG_WITHIN - MOST_WRONG
    assert attempts.wait("b", now=MOST_WRONG) == 0
    assert attempts.wait("a", now=WRONG_WITHIN) == 0


def test_the_memory_of_guessers_is_bounded() -> None:
    attempts = Attempts()
    for client in range(MOST_CLIENTS + 10):
        attempts.wrong(str(client), now=0)
    assert len(attempts._wrong) == MOST_CLIENTS
