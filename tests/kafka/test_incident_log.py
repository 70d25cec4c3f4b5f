"""The public topics on a real broker, read into a view and followed."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from kafka import KafkaProducer

from streams.broker import local, topics
from streams.broker.local import Broker
from streams.response import incident_log
from streams.response.incident_view import Reach, View
from streams.settings import Kafka, Settings
from tests.pages.scene import Log, Told, day

DEADLINE = 60.0


@asynccontextmanager
async def following(settings: Settings, bootstrap: str, view: View) -> AsyncIterator[None]:
    task = asyncio.create_task(incident_log.follow(settings, bootstrap, view))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not happened():  # noqa: ASYNC110 - a view has no event to wait for
            await asyncio.sleep(0.05)


def publish(bootstrap: str, prefix: str, told: list[Told]) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    try:
        for topic, record in told:
            producer.send(prefix + topic, value=record.value).get(timeout=DEADLINE)
    finally:
        producer.close()


async def test_the_view_holds_what_was_written_before_and_what_comes(
    broker: Broker, topic_prefix: str
) -> None:
    settings = Settings(kafka=Kafka(topic_prefix=topic_prefix))
    await asyncio.to_thread(topics.create, settings, broker.bootstrap)
    log, view = Log().play(day()), View("run")
    publish(broker.bootstrap, topic_prefix, log.told[:20])
    async with following(settings, broker.bootstrap, view):
        await until(lambda: view.reach is Reach.CURRENT)
        assert len(view) > 0
        await asyncio.to_thread(publish, broker.bootstrap, topic_prefix, log.told[20:])
        await until(lambda: view.lines() == log.view().lines())
        newest = view.lines()[0].id
        await until(lambda: _deliveries(view, newest) == _deliveries(log.view(), newest))


def _deliveries(view: View, name: str) -> int:
    case = view.case(name)
    return len(case.deliveries) if case else 0


async def test_a_broker_that_goes_away_is_seen_and_so_is_its_return(tmp_path: Path) -> None:
    settings, view = Settings(home=tmp_path), View("run")
    running = await asyncio.to_thread(local.up, tmp_path)
    try:
        await asyncio.to_thread(topics.create, settings, running.bootstrap)
        async with following(settings, running.bootstrap, view):
            await until(lambda: view.reach is Reach.CURRENT)
            await asyncio.to_thread(local.down, tmp_path)
            await until(lambda: view.reach is Reach.UNREACHABLE)
            await asyncio.to_thread(local.up, tmp_path)
            await until(lambda: view.reach is Reach.CURRENT)
    finally:
        await asyncio.to_thread(local.down, tmp_path)


async def test_a_broker_that_does_not_answer_is_seen_and_asked_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        view = View("run")
        async with following(Settings(), f"127.0.0.1:{taken.getsockname()[1]}", view):
            await until(lambda: view.reach is Reach.UNREACHABLE)
            view.reach = Reach.READING
            await until(lambda: view.reach is Reach.UNREACHABLE)
