"""A log in which the same line, said again and again, stands once in a while."""

import logging
from collections.abc import Callable

EVERY = 10.0  # seconds


class Echoes(logging.Filter):
    """Lets one line of a kind pass in `EVERY` seconds; with the next it says how many it held back.

    Lines are of a kind when their logger and their text before anything is filled in are the same.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._passed: dict[tuple[str, str], float] = {}
        self._held: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind, now = (record.name, str(record.msg)), self._clock()
        if now - self._passed.get(kind, -EVERY) < EVERY:
            self._held[kind] = self._held.get(kind, 0) + 1
            return False
        self._passed[kind] = now
        if held := self._held.pop(kind, 0):
            record.msg = f"{record.msg} ({held} more such lines since)"
        return True
