"""Reads the public topics from their beginning, and goes on reading, into a view."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.broker import admission, security
from streams.broker.topics import Topics
from streams.response.incident_view import Public, Reach, Record, View
from streams.settings import Settings, SettingsError

POLL_MS = 500
LOOK_EVERY = 2  # idle polls between two questions whether the broker is still there
ANSWER_SECONDS = 5.0
RETRY_SECONDS = 3.0

log = structlog.get_logger(__name__)


async def follow(settings: Settings, bootstrap: str, view: View) -> None:
    """Read until cancelled; a broker that does not answer is asked again.

    Reading starts anew after each failure, and what is repeated changes nothing.
    """
    while True:
        try:
            await _read(settings, bootstrap, view)
        except (KafkaError, OSError, SettingsError) as error:
            news, view.reach = view.reach is not Reach.UNREACHABLE, Reach.UNREACHABLE
            if news:
                why = await admission.denial(settings.kafka, bootstrap)
                log.warning("broker_unreachable", why=why or f"{type(error).__name__}: {error}")
        except Exception:  # a defect of ours must not leave an old view that looks new
            view.reach = Reach.UNREACHABLE
            log.exception("following_broke")
        await asyncio.sleep(RETRY_SECONDS)


async def _read(settings: Settings, bootstrap: str, view: View) -> None:
    names = Topics.of(settings)
    parts = {
        TopicPartition(names.incidents, 0): Public.INCIDENTS,
        TopicPartition(names.signals, 0): Public.SIGNALS,
        TopicPartition(names.notifications, 0): Public.NOTIFICATIONS,
    }
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap.split(","), enable_auto_commit=False,
        auto_offset_reset="earliest", isolation_level="read_committed",
        **security.client(settings.kafka),
    )  # fmt: skip
    try:
        await consumer.start()
        consumer.assign(list(parts))
        await consumer.seek_to_beginning()
        await _follow(consumer, parts, view)
    finally:
        # It may raise the cancellation of its own tasks, which is not ours.
        await asyncio.gather(consumer.stop(), return_exceptions=True)


async def _follow(consumer: Any, parts: Mapping[Any, Public], view: View) -> None:
    ends, idle = await _ends(consumer, parts), 0
    while True:
        fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=500)
        for part, records in fetched.items():
            _apply(view, parts[part], records)
        if await _reached(consumer, ends):
            view.reach = Reach.CURRENT
        idle = 0 if fetched else idle + 1
        if idle >= LOOK_EVERY:
            ends, idle = await _ends(consumer, parts), 0


async def _ends(consumer: Any, parts: Iterable[Any]) -> Mapping[Any, int]:
    """Raises TimeoutError, which is an OSError, where the broker does not say."""
    async with asyncio.timeout(ANSWER_SECONDS):
        ends: Mapping[Any, int] = await consumer.end_offsets(list(parts))
        return ends


def _apply(view: View, topic: Public, records: Sequence[Any]) -> None:
    for record in records:
        view.apply(topic, Record(record.value or b"", record.timestamp))


async def _reached(consumer: Any, ends: Mapping[Any, int]) -> bool:
    return all([await consumer.position(part) >= end for part, end in ends.items()])
