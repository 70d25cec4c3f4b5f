"""A small size of the chaos benchmark: two machines, one broker, all of them struck."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SIZE = ["--events", "30000", "--kills", "3", "--seed", "2944", "--tail", "3"]


def test_two_machines_lose_nothing_and_double_nothing_while_they_are_killed() -> None:
    command = [sys.executable, "-m", "benchmarks.chaos", *SIZE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["counted"] == found["distinct"] > 30_000
    assert found["archived"] == found["events"] > found["distinct"]
    assert found["signals"] > 10
    assert found["notifications"] > 10
    assert sum(found["blows"].values()) == 5
    # Intake may be reading back what it has seen when the broker goes; nothing else may stop.
    assert found["stages_stopped"].keys() <= {"KafkaConnectionError"}
