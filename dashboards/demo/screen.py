"""The demonstration as it runs: its alerts as their receiver sees them, and how it goes."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from itertools import count
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import IO, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from alerts.words import Words
from dashboards.demo import status
from streams.demonstration.programme import Phase, Played
from streams.workers.telemetry import NOTHING, Telemetry

LOOK_EVERY = 0.25  # seconds
SAY_EVERY = 20  # looks; where there is no terminal to repaint
MEASURE_EVERY = 1.0  # seconds
SPAN = 3  # measurements that a rate is taken over


class Screen:
    """Shows what goes on from where it is entered to where it is left.

    Args:
        console: a terminal, whose last lines are repainted, or not, and then all is plain lines.
        words: of the reader.
        played: how far the play has come.
        alerts: what the workers print.
        measure: reads the telemetry.
    """

    def __init__(
        self, console: Console, words: Words, played: Played, *, alerts: IO[bytes],
        measure: Callable[[], Telemetry],
    ) -> None:  # fmt: skip
        self.telemetry = NOTHING
        self._console, self._words, self._played = console, words, played
        self._alerts, self._measure = alerts, measure
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._left, self._showing = Event(), Lock()
        self._received: deque[tuple[float, int]] = deque(maxlen=SPAN + 1)
        self._listener = Thread(target=self._listen, daemon=True)
        self._others = [Thread(target=do, daemon=True) for do in (self._measure_on, self._paint)]

    def __enter__(self) -> Self:
        for thread in (self._listener, *self._others):
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Those who listen end with what they listen to."""
        self._left.set()
        for thread in self._others:
            thread.join()

    def show_alerts(self) -> None:
        """Show what has come until now, whole and in its order."""
        with self._showing:
            lines = [self._lines.get() for _ in range(self._lines.qsize())]
            if lines:
                said = b"".join(lines).decode(errors="replace").rstrip("\n")
                self._console.print(Text.from_ansi(said), soft_wrap=True)

    def _listen(self) -> None:
        for line in self._alerts:
            self._lines.put(line)

    def _measure_on(self) -> None:
        while not self._left.is_set():
            self.telemetry = self._measure()
            self._received.append((time.monotonic(), self.telemetry.records["all"]))
            self._left.wait(MEASURE_EVERY)

    def _paint(self) -> None:
        live = Live(console=self._console, auto_refresh=False, transient=True)
        with live if self._console.is_terminal else nullcontext():
            for look in count():
                self.show_alerts()
                self._show_status(live, look)
                if self._left.wait(LOOK_EVERY):
                    break
            self.show_alerts()

    def _show_status(self, live: Live, look: int) -> None:
        shown = status.Status(self._played, self.telemetry, self._rate)
        if self._console.is_terminal:
            live.update(status.painted(self._words, shown), refresh=True)
        elif look % SAY_EVERY == 0 and self._played.phase is not Phase.AFTERWARDS:
            self._console.print(status.line(self._words, shown), soft_wrap=True)

    @property
    def _rate(self) -> float:
        """Events a second."""
        measured = list(self._received)
        if len(measured) < 2:
            return 0.0
        (began, before), (now, after) = measured[0], measured[-1]
        return (after - before) / (now - began)
