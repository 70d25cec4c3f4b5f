"""A source whose re-keying is changed stops intake by name, before anything is counted anew."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from streams.broker.topics import Topics
from streams.intake.stage import Intake
from streams.sources.origins import Origins
from streams.sources.rekeying import NOTE, RekeyChangedError
from streams.transport.runs import Begin, LostRunError, Run
from streams.transport.wire import Record
from tests.streams.logs import settings

RECORD = Record(7, 1_700_000_000_000, None, b"{}")
STATE = Origins().note()


def take(note: str, *, rekeyed: bool) -> None:
    """Let intake begin where a commit says this."""
    which = settings(key="none" if rekeyed else "person", rekey=rekeyed)
    app: Any = SimpleNamespace(consumer=SimpleNamespace(topic_partitions=lambda _: 1))
    recall: Any = None
    topic = Topics.of(which).counted(which.sources[0])
    run = Run(topic, 0, [RECORD], Begin(7, note, 0), number=1)
    asyncio.run(Intake(app, which, recall=recall).take(run))


@pytest.mark.parametrize(
    ("note", "rekeyed"),
    [("", True), ("/" + STATE, False), (f"{NOTE}/", False), (f"{NOTE}/1700000000000", True)],
)
def test_a_commit_of_another_way_of_reading_stops_intake(note: str, rekeyed: bool) -> None:
    with pytest.raises(
        RekeyChangedError, match=r"\[0\]: its commit does not go with sources.rekey"
    ):
        take(note, rekeyed=rekeyed)


@pytest.mark.parametrize(("note", "rekeyed"), [("", False), ("/" + STATE, True)])
def test_a_commit_of_the_same_way_is_gone_on_from(note: str, rekeyed: bool) -> None:
    with pytest.raises(LostRunError, match="run 1 does not follow run -1"):
        take(note, rekeyed=rekeyed)
