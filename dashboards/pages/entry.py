"""Who may look: a token, exchanged for a signed value that expires; pure but for `Attempts`."""

import hashlib
import hmac
import math
from collections import deque

SESSION_SECONDS = 12 * 3600
MOST_WRONG = 5
WRONG_WITHIN = 60.0
MOST_CLIENTS = 1000


def same(given: str, token: str) -> bool:
    """Takes as long for any two texts of the same length."""
    return hmac.compare_digest(given.encode(), token.encode())


def session(token: str, *, expires: int) -> str:
    """What a browser holds in place of the token; another token makes all of them void."""
    return f"{expires}.{_seal(token, str(expires))}"


def admits(value: str, token: str, *, now: float) -> bool:
    """Whether the value is one that `session` gave out and that has not expired at `now`."""
    expires, _, seal = value.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(token, expires).encode()):
        return False
    return now < int(expires)


def _seal(token: str, expires: str) -> str:
    key = hashlib.blake2b(token.encode(), person=b"tocsin-session").digest()
    return hmac.new(key, expires.encode(), hashlib.sha256).hexdigest()


class Attempts:
    """Wrong tokens of each client; times are seconds of any one clock.

    Of more than `MOST_CLIENTS` clients the one that began first is forgotten.
    """

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = {}

    def wait(self, client: str, *, now: float) -> int:
        """Whole seconds until the client is heard again; 0 when it is heard now."""
        wrong = self._wrong.get(client)
        if wrong is None or len(wrong) < MOST_WRONG:
            return 0
        return max(0, math.ceil(wrong[0] + WRONG_WITHIN - now))

    def wrong(self, client: str, *, now: float) -> None:
        self._wrong.setdefault(client, deque(maxlen=MOST_WRONG)).append(now)
        if len(self._wrong) > MOST_CLIENTS:
            del self._wrong[next(iter(self._wrong))]
