"""What one worker tells of itself: how far behind it is, how it stands in its group."""

import asyncio
import time
from collections.abc import Callable, Collection
from typing import Any

from aiokafka.errors import KafkaError
from faust.types import TP

from streams import metrics
from streams.broker.topics import Role
from streams.transport.chunks import StageApp
from streams.transport.lag import Progress, Unread
from streams.workers import health
from streams.workers.health import Pulse, Readiness, Standing

PATIENCE = 1.0  # seconds; a partition that is being taken away has no position


class Vitals:
    """Of one worker.

    Args:
        role: of the worker.
        app: whose consumer is asked.
        reads: its input topics.
    """

    def __init__(self, role: Role, app: StageApp, reads: Collection[str]) -> None:
        self.pulse = Pulse(time.monotonic)
        self.show_stage: Callable[[], None] = lambda: None
        self.restoring: Callable[[], bool] = lambda: False
        self.trouble: Callable[[], str] = lambda: ""  # why the stage cannot go on at present
        self.role = role
        self._app, self._reads = app, frozenset(reads)
        self._progress, self._runs = Progress(), dict[TP, int]()
        metrics.STARTED.labels(role).set_to_current_time()

    def took(self, tp: TP, *, offset: int, stamp: float, runs: int = 0) -> None:
        """The record at `offset`, written at `stamp` (epoch seconds), is dealt with.

        `runs` is how many of the present reading are, where the topic is read in runs.
        """
        self._progress.took(tp, following=offset + 1, stamp=stamp)
        self._runs[tp] = runs

    @property
    def readiness(self) -> Readiness:
        app: Any = self._app
        joined = app.rebalancing_count > 0
        return health.readiness(
            Standing(
                joined=joined, reaches=joined and app.consumer.coordinated,
                rebalancing=app.rebalancing, recovering=app.in_recovery or self.restoring(),
                partitions=len(self._mine) if joined else 0,
                stands_by=self.role is Role.RESPONSE, blocked=bool(self.trouble()),
            )
        )  # fmt: skip

    async def measure(self) -> None:
        """Set the gauges; what cannot be said at the moment is left out."""
        ready = self.readiness
        metrics.READY.labels(self.role).set(ready.fine)
        metrics.PARTITIONS.labels(self.role).set(0)
        for gauge in (metrics.LAG, metrics.LAG_SECONDS):
            gauge.clear()
        if ready is not Readiness.STARTING:
            self.show_stage()
        if ready.fine:
            metrics.PARTITIONS.labels(self.role).set(len(self._mine))
            await self._show_lag(time.time())

    @property
    def _mine(self) -> list[TP]:
        return sorted(tp for tp in self._app.consumer.assignment() if tp.topic in self._reads)

    async def _show_lag(self, now: float) -> None:
        self._progress.keep(self._mine, now=now)
        try:
            async with asyncio.timeout(PATIENCE):
                unread = [found for tp in self._mine if (found := await self._unread(tp))]
        except (KafkaError, TimeoutError):  # a partition was taken from us meanwhile
            return
        for topic, lag in self._progress.lag(unread, now=now).items():
            metrics.LAG.labels(self.role, topic).set(lag.records)
            metrics.LAG_SECONDS.labels(self.role, topic).set(lag.seconds)

    async def _unread(self, tp: TP) -> Unread | None:
        """None before the broker has said where the log ends."""
        end, dealt = self._app.consumer.highwater(tp), self._progress.next(tp)
        if end is None or dealt == end:
            return Unread(tp, end, end) if end is not None else None
        position = await self._app.consumer.position(tp)
        # The end of a transaction has an offset too; it is fetched and never handed over.
        done = position if dealt is None or self._all_handled(tp) else dealt
        return Unread(tp, done, end)

    def _all_handled(self, tp: TP) -> bool:
        """Every run that was handed over is dealt with."""
        delivered = self._app.consumer.delivered(tp)
        return tp.topic in self._app.run_topics and delivered in (0, self._runs.get(tp))
