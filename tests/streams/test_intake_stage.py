"""The stage of intake on a broker that answers when it is told to: what it commits, and marks."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain, repeat
from typing import Any, NamedTuple

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from streams import metrics
from streams.broker.topics import Topics
from streams.counts.cells import Counts, decode
from streams.counts.watermarks import Admission, Watermarks, admit
from streams.intake.stage import Intake
from streams.intake.standing import Standing
from streams.sources.origins import Origins
from streams.transport.runs import Begin, Run
from streams.transport.wire import Record
from tests.streams.logs import START, settings

PLAIN = settings(records=4)
SETTINGS = PLAIN.model_copy(
    update={"intake": PLAIN.intake.model_copy(update={"idle_after": timedelta()})}
)
TOPICS = Topics.of(SETTINGS)
SEEN = TOPICS.seen(SETTINGS.sources[0])
PLACE = TP(TOPICS.counted(SETTINGS.sources[0]), 0)
NEW = Begin(None, "", 0)
STILL = repeat(0.0)  # seconds of a clock that stands


class Sent(NamedTuple):
    topic: str
    value: bytes
    there: "asyncio.Future[None]"


class Broker:
    """Consumer and producer of a worker; its log and its commit survive the worker.

    Attributes:
        answers: whether what is sent to a topic is acknowledged at once.
        commit: what was declared last, with its note.
        first: offset of the first record that the log still has.
        ended: whether all is read that there is, as it is asked for; afterwards it is.
    """

    def __init__(self) -> None:
        self.consumer = self.producer = self
        self.answers: dict[str, bool] = {}
        self.sent: list[Sent] = []
        self.commit: tuple[int, str] | None = None
        self.first, self.end = 0, 0
        self.delivers, self.begun = 0, NEW
        self.mine = {PLACE}
        self.ended: list[bool] = []

    def inputs(self) -> set[TP]:
        return self.mine

    def begin(self, _: TP) -> Begin | None:
        return None if self.delivers else self.begun

    def topic_partitions(self, _: str) -> int:
        return 1

    def delivered(self, _: TP) -> int:
        return self.delivers

    async def caught_up(self, _: TP) -> bool:
        return self.ended.pop(0) if self.ended else True

    async def send(self, topic: str, _: Any, value: bytes, *__: Any) -> "asyncio.Future[None]":
        one = Sent(topic, value, asyncio.get_running_loop().create_future())
        self.sent.append(one)
        if self.answers.get(topic, True):
            one.there.set_result(None)
        return one.there

    def answer(self, topic: str) -> None:
        """Acknowledge all that was sent there."""
        self.answers[topic] = True
        for one in self.sent:
            if one.topic == topic and not one.there.done():
                one.there.set_result(None)

    def declare_durable(self, tp: TP, offset: int, note: str = "") -> None:
        assert tp == PLACE
        self.commit = offset, note

    def chunks(self) -> list[Counts]:
        return [one for one in self.counts() if not one.idle]

    def watermark(self, start: int) -> int | None:
        """Of the partition where the chunk from there starts."""
        return [one.watermark for one in self.chunks() if one.start < start][-1]

    def letters(self) -> int:
        return sum(one.topic == TOPICS.dead_letters for one in self.sent)

    def counts(self) -> list[Counts]:
        return [decode(one.value) for one in self.sent if one.topic == TOPICS.counts]


class Recalling:
    """Of a partition of which nothing was seen before."""

    async def last_topic(self, *_: Any) -> str:
        return ""

    async def __call__(self, *_: Any, **__: Any) -> None:
        """Nothing is brought back."""


class Worker:
    """One life of a process that reads the partition, in no time unless `seconds` say so."""

    def __init__(self, broker: Broker, seconds: Iterator[float] = STILL) -> None:
        recall: Any = Recalling()
        app: Any = broker
        self.broker = broker
        self.stage = Intake(app, SETTINGS, recall=recall, clock=lambda: next(seconds))
        offset, note = broker.commit or (None, "")
        broker.delivers, broker.begun = 0, Begin(offset, note, broker.first)
        self._position = broker.begun.start()

    async def read(self, to: int, *, wrong: Sequence[int] = ()) -> "Worker":
        """Take the log's records below `to` in one run, those at `wrong` no events."""
        broker = self.broker
        start = max(self._position, broker.first)
        records = [Record(n, START + n, None, event(n, wrong)) for n in range(start, to)]
        begin, number = broker.begin(PLACE), broker.delivers
        broker.delivers, self._position = number + 1, to
        await self.stage.take(Run(PLACE.topic, PLACE.partition, records, begin, number))
        return self

    async def rest(self) -> "Worker":
        """Send the chunk that fills, then say that nothing more is there."""
        await self.stage.emit()
        await self.stage.mark()
        return self


def event(n: int, wrong: Sequence[int] = ()) -> bytes:
    facts = {"id": f"e{n}", "time": (START + n) / 1000, "person": f"p{n}", "product": "kettle"}
    return b"{}" if n in wrong else json.dumps(facts | {"category": "billing"}).encode()


def applied(records: Sequence[Counts]) -> Watermarks:
    marks = Watermarks.of([PLACE.topic])
    for one in records:
        if admit(marks.last(one), one) is not Admission.STALE:
            marks.note(one)
    return marks


@pytest.mark.parametrize("last", [TOPICS.counts, SEEN, TOPICS.dead_letters])
async def test_nothing_is_committed_before_counts_seen_and_letters_are_acknowledged(
    last: str,
) -> None:
    broker = Broker()
    broker.answers = dict.fromkeys((TOPICS.counts, SEEN, TOPICS.dead_letters), False)
    worker = await Worker(broker).read(5, wrong=[1])
    assert {one.topic for one in broker.sent} == set(broker.answers)
    for topic in broker.answers.keys() - {last}:
        broker.answer(topic)
    await worker.stage.emit()
    assert broker.commit is None
    broker.answer(last)
    await worker.stage.emit()
    assert broker.commit is not None
    assert broker.commit[0] == 4


async def test_nothing_is_declared_of_a_partition_that_was_taken_away_meanwhile() -> None:
    broker = Broker()
    broker.answers[SEEN] = False
    worker = await Worker(broker).read(5)
    broker.mine = set()
    await worker.stage.mark()
    broker.answer(SEEN)
    await worker.stage.emit()
    assert broker.commit is None


async def test_a_partition_that_goes_on_while_its_mark_waits_is_not_called_idle() -> None:
    broker = Broker()
    worker = await Worker(broker).read(5)
    await worker.stage.emit()
    broker.ended = [True, False]
    await worker.stage.mark()
    assert broker.counts() == broker.chunks()
    await worker.stage.mark()
    assert broker.counts() != broker.chunks()


async def test_a_mark_does_not_overtake_a_run_that_came_while_it_waited() -> None:
    broker = Broker()
    worker = await Worker(broker).read(5)
    await worker.stage.emit()
    async with worker.stage._sending:  # somebody waits for the broker
        marking = asyncio.ensure_future(worker.stage.mark())
        await turns()
        taking = asyncio.ensure_future(worker.read(6))
        await turns()
    await marking
    assert broker.counts() == broker.chunks()
    await taking


async def turns() -> None:
    """So long that all others have come to where they wait."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_worker_that_begins_again_sends_the_chunks_it_did_not_commit_as_they_were() -> None:
    broker = Broker()
    broker.answers[SEEN] = False
    await Worker(broker).read(11)
    before = broker.chunks()
    assert ([(one.start, one.end) for one in before], broker.commit) == ([(0, 4), (4, 8)], None)
    broker.answers[SEEN] = True
    await Worker(broker).read(11)
    assert broker.chunks()[2:] == before
    assert broker.commit is not None
    assert broker.commit[0] == 8


def lost() -> float:
    return float(metrics.LOST.labels(PLACE.topic)._value.get())


async def test_a_commit_stands_where_the_chunk_that_fills_starts_and_says_how_far_it_was() -> None:
    broker = Broker()
    worker = await (await Worker(broker).read(3)).rest()
    assert broker.commit == (0, "first:3")
    await (await worker.read(6)).rest()
    assert broker.commit == (4, f"{broker.watermark(4)}:6")
    await (await Worker(broker).read(6)).rest()
    assert [(one.start, one.end, one.first) for one in broker.chunks()] == [
        (0, 3, True), (0, 4, True), (4, 6, False), (4, 6, False)
    ]  # fmt: skip


async def test_counts_of_a_chunk_that_fills_are_not_said_to_be_there_before_they_are() -> None:
    broker = Broker()
    worker = await (await Worker(broker).read(5)).rest()
    broker.answers[TOPICS.counts] = False
    await (await worker.read(7)).stage.emit()
    assert broker.commit == (4, f"{broker.watermark(4)}:5")
    broker.answer(TOPICS.counts)
    await worker.stage.emit()
    assert broker.commit == (4, f"{broker.watermark(4)}:7")


async def test_the_longer_it_takes_to_say_what_fills_the_seldomer_it_is_said() -> None:
    began_and_ended = iter([0.0, 0.02, 0.19, 0.21, 0.71, 1.70, 1.72, 1.72])
    broker, said = Broker(), list[int]()
    worker = Worker(broker, began_and_ended)
    for end in (1, 2, 3, 4):
        await (await worker.read(end)).stage.emit()
        said.append(broker.chunks()[-1].end)
    await worker.stage.emit()
    assert [*said, broker.chunks()[-1].end] == [1, 1, 3, 3, 4]


async def test_what_has_arrived_is_declared_though_nothing_may_be_said_yet() -> None:
    broker, looks = Broker(), chain([0.0, 0.1, 0.2], repeat(0.3))
    broker.answers[SEEN] = False
    worker = Worker(broker, looks)
    await (await worker.read(5)).stage.emit()
    assert broker.commit is None
    broker.answer(SEEN)
    await worker.stage.emit()
    assert broker.commit == (4, f"{broker.watermark(4)}:5")
    await (await worker.read(6)).rest()
    assert broker.counts() == broker.chunks()
    assert broker.chunks()[-1].end == 5


@pytest.mark.parametrize("first", [5, 6])
async def test_what_was_counted_before_its_chunk_closed_is_not_told_as_lost(first: int) -> None:
    broker = Broker()
    await (await Worker(broker).read(6)).rest()
    broker.first, before = first, lost()
    worker = await Worker(broker).rest()
    await (await worker.read(8)).rest()
    assert lost() == before


async def test_what_is_lost_is_told_once_however_often_a_reading_begins() -> None:
    broker = Broker()
    await (await Worker(broker).read(6)).rest()
    broker.first, before = 9, lost()
    worker = await Worker(broker).rest()
    await worker.read(10)
    assert lost() == before + 3
    for _ in range(2):
        worker = await Worker(broker).rest()
    await (await worker.read(13)).rest()
    assert lost() == before + 3
    assert broker.commit is not None
    assert broker.commit[0] == 12


async def test_what_was_counted_stays_so_while_the_rest_of_it_is_read_again() -> None:
    broker = Broker()
    await (await Worker(broker).read(7)).rest()
    broker.first, before = 5, lost()
    await (await Worker(broker).read(6)).rest()
    broker.first = 7
    await Worker(broker).rest()
    assert lost() == before


async def test_a_loss_that_a_first_run_meets_is_told_too() -> None:
    broker = Broker()
    await (await Worker(broker).read(6)).rest()
    broker.first, before = 9, lost()
    with capture_logs() as said:
        await Worker(broker).read(10)
    assert [(one["event"], one["lost"]) for one in said] == [("records_lost", 3)]
    assert lost() == before + 3


async def test_a_partition_that_goes_and_comes_back_begins_where_another_worker_left_it() -> None:
    broker = Broker()
    worker = await Worker(broker).rest()
    broker.begun = Begin(7, str(START), 0)
    await worker.rest()
    assert [one.end for one in broker.counts()] == [0, 7]


@pytest.mark.parametrize("first", [6, 9])
async def test_a_quiet_partition_whose_open_chunk_is_gone_holds_time_up_no_longer(
    first: int,
) -> None:
    broker = Broker()
    await (await Worker(broker).read(6)).rest()
    broker.first = first
    marks = applied(broker.counts())
    await Worker(broker).rest()
    mark = broker.counts()[-1]
    assert (mark.end, mark.idle > 0) == (first, True)
    assert admit(marks.last(mark), mark) is Admission.IDLE


async def test_what_a_first_chunk_that_fills_says_again_is_said_in_the_same_words() -> None:
    broker = Broker()
    await (await Worker(broker).read(3)).rest()
    await (await Worker(broker).read(3)).rest()
    once, again = broker.chunks()
    assert once.first
    assert again == once


@pytest.mark.parametrize("to", [3, 6])  # in the first chunk of all, and in one after it
async def test_a_letter_of_the_chunk_that_fills_is_sent_once_however_often_it_is_read(
    to: int,
) -> None:
    broker, wrong = Broker(), [to - 1]
    for _ in range(3):
        await (await Worker(broker).read(to, wrong=wrong)).rest()
    worker = await Worker(broker).read(to, wrong=wrong)
    assert broker.letters() == 1
    await (await worker.read(to + 4, wrong=[to])).rest()
    await (await Worker(broker).read(to + 4)).rest()
    assert broker.letters() == 2


async def test_a_letter_that_may_not_be_there_is_sent_again() -> None:
    broker = Broker()
    broker.answers[TOPICS.dead_letters] = False
    await (await Worker(broker).read(6, wrong=[5])).rest()
    broker.answers[TOPICS.dead_letters] = True
    await (await Worker(broker).read(6, wrong=[5])).rest()
    assert broker.letters() == 2


async def test_what_other_settings_refuse_has_its_letter_though_later_ones_were_sent() -> None:
    broker = Broker()
    await (await Worker(broker).read(7, wrong=[6])).rest()
    await (await Worker(broker).read(7, wrong=[5, 6])).rest()
    assert broker.letters() == 2


async def test_a_first_chunk_stays_so_where_the_log_begins_later() -> None:
    broker = Broker()
    broker.first = 1
    for _ in range(2):
        await (await Worker(broker).read(3)).rest()
    assert [(one.start, one.first) for one in broker.chunks()] == [(1, True), (1, True)]


def test_of_more_stretches_than_a_commit_names_the_newest_are_kept() -> None:
    standing = Standing().lettered(range(0, 40, 2))
    assert [one.start for one in standing.letters] == list(range(8, 40, 2))
    assert standing.lettered([0, 2]) == standing


standings = st.builds(
    Standing,
    watermark=st.none() | st.integers(0, 2**60),
    origins=st.just("") | st.just(Origins().note()),
    counted=st.integers(0, 2**53),
    letters=st.just(()),
    first=st.just(False),
)


@given(standings, st.sets(st.integers(0, 99)), st.booleans())
def test_what_a_commit_notes_is_read_from_it(
    standing: Standing, offsets: set[int], first: bool
) -> None:
    noted = standing.lettered(sorted(offsets))
    noted = noted._replace(watermark=None, first=True) if first else noted
    assert Standing.noted(noted.note) == noted
    assert set(chain.from_iterable(noted.letters)) <= offsets
