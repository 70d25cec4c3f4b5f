"""What a stage has sent and the broker has not answered for, in its order."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

AHEAD = 4  # sendings on their way, from which on the broker is waited for


class _Sending(NamedTuple):
    """Its futures, done once the broker has the records, and what follows then."""

    sent: Sequence["asyncio.Future[Any]"]
    then: Callable[[], None]

    @property
    def arrived(self) -> bool:
        return all(one.done() for one in self.sent)


class Sendings:
    """Lets a stage go on while the broker answers, but not far."""

    def __init__(self) -> None:
        self._travelling: deque[_Sending] = deque()

    def add(
        self, sent: Sequence["asyncio.Future[Any]"], then: Callable[[], None] = lambda: None
    ) -> None:
        """Remember what was sent; `then` is called once all of it, and all before it, is there."""
        self._travelling.append(_Sending(sent, then))

    async def settle(self) -> None:
        """Look at what has arrived; wait where too much is on its way.

        Raises what the broker answered to a record that it did not take.
        """
        while self._travelling and (len(self._travelling) > AHEAD or self._travelling[0].arrived):
            first = self._travelling.popleft()
            await asyncio.gather(*first.sent)
            first.then()
