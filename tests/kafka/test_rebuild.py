"""State that is made anew from the archive, for another number of shards."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kafka import TopicPartition

from streams.broker import topics
from streams.broker.topics import Role
from streams.settings import load
from tests.kafka import histories, tallies
from tests.kafka.conftest import Install

OPTIONS = """
[intake]
idle_after = "1h"
chunk_records = 64
[archive]
file_records = 500
rewrite_every = "500ms"
[detection]
shards = 2
snapshot_every = 50
[[sources]]
topic = "complaints"
stream = "complaints"
key = "person"
"""
DAYS = 20


HALF = DAYS * 12  # hours


def spoken_again(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Who wrote in the last two days of the first half writes again early in the second."""
    for event in events:
        yield event
        if 0 < histories.START + HALF * histories.HOUR - event["time"] < 48 * histories.HOUR:
            again = histories.START + (HALF + 10) * histories.HOUR + event["time"] % histories.HOUR
            yield event | {"id": f"{event['id']}-again", "time": again}


def test_another_number_of_shards_and_a_lost_memory_go_on_where_the_archive_ends(
    install: Install, tmp_path: Path
) -> None:
    events = histories.surge(
        histories.complaints(6000, days=DAYS, seed=21), 300, hour=400, hours=8, seed=22,
        product="heater", category="quality",
    )  # fmt: skip
    told = sorted(spoken_again(events), key=lambda event: event["time"])
    first, second = histories.halves(tmp_path, told, days=DAYS)
    running = install(OPTIONS, Role.INTAKE, Role.DETECTION, Role.ARCHIVE)
    running.start()
    running.replay(first)
    running.until(running.counted, "counts of the first half")
    running.until(running.archived, "records in the archive")
    assert running.stop() == 0
    source = running.settings.sources[0]
    for partition, end in running.reader.ends(running.topics.seen(source)).items():
        place = TopicPartition(running.topics.seen(source), partition)
        topics.forget(running.settings, running.settings.kafka.bootstrap, place, end)
    with_three = running.file.read_text(encoding="utf-8").replace("shards = 2", "shards = 3")
    running.file.write_text(with_three, encoding="utf-8")
    running.settings = load(running.file)
    with ThreadPoolExecutor(1) as aside:
        expected = aside.submit(running.backtest, first, second)
        rebuilt = subprocess.run(
            running.command("rebuild"), capture_output=True, text=True, check=False
        )
        assert rebuilt.returncode == 0, rebuilt.stderr
        running.restarted()
        running.replay(second)
        running.settle(at=histories.START // 1000 + DAYS * 86_400)
        wanted = tallies.confirmed(expected.result())
    assert len(wanted) > 3
    assert tallies.confirmed(running.signals()) == wanted
    assert "stage_stopped" not in running.log
