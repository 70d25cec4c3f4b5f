"""What a change of settings asks for before it is in force."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.configuration.sections import Cut, Detection, Intake, Source, Tables
from streams.rulesets.effect import Effect, effect
from streams.settings import Settings
from tests.streams.logs import CUTS

SOURCE = Source(topic="complaints", stream="complaints", key="person")
CALLS = Source(topic="calls", stream="complaints", key="person")


def settings(**changes: Any) -> Settings:
    return Settings(**{"sources": (SOURCE,), "cuts": CUTS} | changes)


RULE = {"name": "five", "stream": "complaints", "by": ["category"], "people": 5}
WEEKLY = Cut(stream="complaints", by=("category",), methods=("surge", "weekly"))
REGION = Cut(stream="complaints", by=("region",))


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, Effect.NOTHING),
        ({"detection": Detection(false_alarms_per_week=2)}, Effect.RESTART),
        ({"rules": [RULE]}, Effect.RESTART),
        ({"cuts": (WEEKLY, CUTS[1])}, Effect.RESTART),
        ({"cuts": (*CUTS, REGION)}, Effect.REBUILD),
        ({"cuts": CUTS[::-1]}, Effect.REBUILD),
        ({"cuts": (CUTS[0], CUTS[1].model_copy(update={"group": None}))}, Effect.REBUILD),
        ({"detection": Detection(shards=8)}, Effect.REBUILD),
        ({"detection": Detection(zone="Asia/Shanghai")}, Effect.REBUILD),
        ({"tables": Tables(provinces="zh")}, Effect.REBUILD),
        ({"intake": Intake(chunk_records=4096)}, Effect.REBUILD),
        ({"intake": Intake(chunk_span=timedelta(seconds=20))}, Effect.REBUILD),
        ({"intake": Intake(max_text=100)}, Effect.RESTART),
        ({"sources": (SOURCE.model_copy(update={"key": "id"}),)}, Effect.TOPICS),
    ],
)
def test_a_change_asks_for_no_more_than_it_must(changes: dict[str, Any], asked: Effect) -> None:
    assert effect(settings(), settings(**changes)) is asked


def test_a_source_that_comes_is_no_reason_to_begin_anew_and_one_that_goes_is() -> None:
    one, two = settings(), settings(sources=(SOURCE, CALLS))
    assert effect(one, two) is Effect.RESTART
    assert effect(two, one) is Effect.REBUILD


def test_a_mapping_that_reads_otherwise_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text("a", encoding="utf-8")
    old, new = (settings(sources=(SOURCE.model_copy(update={"map": path}),)) for _ in range(2))
    assert old.version
    path.write_text("b", encoding="utf-8")
    assert effect(old, new) is Effect.RESTART
