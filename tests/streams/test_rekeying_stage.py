"""The stage of re-keying: what it says of records that were lost, and of rest."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from faust.types import TP
from structlog.testing import capture_logs

from streams import metrics
from streams.broker.topics import Topics
from streams.sources.origins import Word, decode
from streams.sources.rekeying import NOTE, Rekeying
from streams.transport.runs import Begin, Run
from streams.transport.wire import Record
from tests.streams.logs import START, settings

PLAIN = settings(key="none", rekey=True)
SETTINGS = PLAIN.model_copy(
    update={"intake": PLAIN.intake.model_copy(update={"idle_after": timedelta()})}
)
PLACE = TP(Topics.of(SETTINGS).source(SETTINGS.sources[0]), 0)
SAID = f"{NOTE}/{START}"


class Broker:
    """Consumer and producer of a worker that has a partition; it acknowledges all at once."""

    def __init__(self, begin: Begin) -> None:
        self.consumer = self.producer = self
        self.begun: Begin | None = begin
        self.commits: list[tuple[int, str]] = []
        self.sent: list[Word | None] = []  # words, and None for a record
        self.runs = 0

    def inputs(self) -> set[TP]:
        return {PLACE}

    def begin(self, _: TP) -> Begin | None:
        return self.begun

    def topic_partitions(self, _: str) -> int:
        return 1

    def declare_durable(self, tp: TP, offset: int, note: str) -> None:
        assert tp == PLACE
        self.commits.append((offset, note))

    def delivered(self, _: TP) -> int:
        return self.runs

    async def caught_up(self, _: TP) -> bool:
        return True

    async def send_batches(
        self, _: str, __: int, records: Sequence[tuple[bytes | None, bytes]]
    ) -> Sequence["asyncio.Future[None]"]:
        self.sent += [None if key else decode(value) for key, value in records]
        there: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        there.set_result(None)
        return [there]

    def run(self, offset: int) -> Run:
        """One record, the next of the reading."""
        begin, self.begun = self.begun, None
        number, self.runs = self.runs, self.runs + 1
        event = {"id": "e", "time": START / 1000, "person": "ann", "product": "kettle"}
        record = Record(offset, START, None, json.dumps(event).encode())
        return Run(PLACE.topic, PLACE.partition, [record], begin, number)


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


async def test_a_word_of_rest_does_not_overtake_a_record_that_came_while_it_waited() -> None:
    broker = Broker(Begin(4, SAID, 4))
    app: Any = broker
    stage = Rekeying(app, SETTINGS)
    await stage.take(broker.run(4))
    await stage.tell()
    async with stage._sending:  # somebody waits for the broker
        marking = asyncio.ensure_future(stage.mark())
        await asyncio.sleep(0)
        taking = asyncio.ensure_future(stage.take(broker.run(5)))
        await asyncio.sleep(0)
    await asyncio.gather(marking, taking)
    assert broker.sent[-1] is None
    assert not [word for word in broker.sent if word and word.idle]
    await stage.tell()
    await stage.mark()
    assert broker.sent[-1] is not None
    assert broker.sent[-1].idle
