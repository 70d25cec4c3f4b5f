"""State that is made anew from the archive, for another number of shards."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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


def test_another_number_of_shards_goes_on_where_the_archive_ends(
    install: Install, tmp_path: Path
) -> None:
    events = histories.surge(
        histories.complaints(6000, days=DAYS, seed=21), 300, hour=400, hours=8, seed=22,
        product="heater", category="quality",
    )  # fmt: skip
    first, second = histories.halves(tmp_path, events, days=DAYS)
    running = install(OPTIONS, Role.INTAKE, Role.DETECTION, Role.ARCHIVE)
    running.start()
    running.replay(first)
    running.until(running.counted, "counts of the first half")
    running.until(running.archived, "records in the archive")
    assert running.stop() == 0
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
