"""A source whose re-keying is changed stops intake by name, before anything is counted anew."""

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from faust.types import TP

from streams.broker.topics import Topics
from streams.intake.stage import Intake
from streams.sources.origins import ORIGIN, Origins
from streams.sources.rekeying import NOTE, RekeyChangedError
from streams.transport.runs import Begin, LostRunError, Run
from streams.transport.wire import Record
from tests.streams.logs import settings

RECORD = Record(7, 1_700_000_000_000, None, b"{}")
STATE = Origins().note()


def intake(*, rekeyed: bool) -> tuple[Intake, TP]:
    which = settings(key="none" if rekeyed else "person", rekey=rekeyed)
    app: Any = SimpleNamespace(consumer=SimpleNamespace(topic_partitions=lambda _: 1))
    recall: Any = None
    return Intake(app, which, recall=recall), TP(Topics.of(which).counted(which.sources[0]), 0)


def take(note: str, *, rekeyed: bool) -> None:
    """Let intake begin where a commit says this."""
    stage, tp = intake(rekeyed=rekeyed)
    asyncio.run(stage.take(Run(tp.topic, tp.partition, [RECORD], Begin(7, note, 0), number=1)))


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


@pytest.mark.parametrize(("first", "taken"), [("first", True), ("", False)])
def test_a_first_chunk_takes_records_whose_former_ones_the_log_never_had(
    first: str, taken: bool
) -> None:
    stage, tp = intake(rekeyed=True)
    reading: Any = stage._begun(tp, Begin(5, f"{first}/{STATE}", 5)).reading
    record = np.zeros(1, ORIGIN)
    record["offset"], record["follows"] = 9, 8
    assert reading.origins.admit(record).tolist() == [taken]
