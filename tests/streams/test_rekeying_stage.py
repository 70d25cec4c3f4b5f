"""The stage of re-keying where its source has lost records: it says so once, and goes on behind."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from faust.types import TP
from structlog.testing import capture_logs

from streams import metrics
from streams.broker.topics import Topics
from streams.sources.rekeying import NOTE, Rekeying
from streams.transport.runs import Begin, Run
from streams.transport.wire import Record
from tests.streams.logs import START, settings

SETTINGS = settings(key="none", rekey=True)
PLACE = TP(Topics.of(SETTINGS).source(SETTINGS.sources[0]), 0)
SAID = f"{NOTE}/{START}"


class Broker:
    """Consumer and producer of a worker that has a partition; it acknowledges all at once."""

    def __init__(self, begin: Begin) -> None:
        self.consumer = self.producer = self
        self.begun: Begin | None = begin
        self.commits: list[tuple[int, str]] = []

    def inputs(self) -> set[TP]:
        return {PLACE}

    def begin(self, _: TP) -> Begin | None:
        return self.begun

    def topic_partitions(self, _: str) -> int:
        return 1

    def declare_durable(self, tp: TP, offset: int, note: str) -> None:
        assert tp == PLACE
        self.commits.append((offset, note))

    async def send_batches(self, *_: Any) -> Sequence["asyncio.Future[None]"]:
        there: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        there.set_result(None)
        return [there]

    def run(self, offset: int) -> Run:
        """The first of the reading."""
        begin, self.begun = self.begun, None
        event = {"id": "e", "time": START / 1000, "person": "ann", "product": "kettle"}
        record = Record(offset, START, None, json.dumps(event).encode())
        return Run(PLACE.topic, PLACE.partition, [record], begin, 0)


def lost() -> float:
    return float(metrics.LOST.labels(PLACE.topic)._value.get())


async def test_what_is_lost_is_told_once_and_the_commit_goes_on_behind_it() -> None:
    broker, before = Broker(Begin(4, SAID, 9)), lost()
    app: Any = broker
    stage = Rekeying(app, SETTINGS)
    with capture_logs() as said:
        await stage.tell()
        await stage.tell()
        await stage.take(broker.run(9))
        await stage.tell()
    assert [one["lost"] for one in said if one["event"] == "records_lost"] == [5]
    assert lost() == before + 5
    assert broker.commits == [(9, SAID), (10, SAID)]


async def test_a_loss_that_a_first_run_meets_is_told_too() -> None:
    broker, before = Broker(Begin(4, SAID, 9)), lost()
    app: Any = broker
    await Rekeying(app, SETTINGS).take(broker.run(9))
    assert lost() == before + 5
    assert broker.commits[0] == (9, SAID)


async def test_a_partition_that_goes_and_comes_back_without_a_record_begins_anew() -> None:
    broker = Broker(Begin(4, SAID, 0))
    app: Any = broker
    stage, before = Rekeying(app, SETTINGS), lost()
    await stage.tell()
    broker.begun = Begin(7, SAID, 9)
    await stage.tell()
    assert lost() == before + 2
