"""A small size of the chaos benchmark: two machines, one broker, all of them struck."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.chaos import strikes
from benchmarks.chaos.strikes import Target
from streams.broker.topics import Role

ROOT = Path(__file__).parents[2]
KILLS, SEED = 3, 2944  # intake and detection are frozen, and detection killed meanwhile
SIZE = ["--events", "24000", "--kills", str(KILLS), "--seed", str(SEED), "--tail", "3"]


def test_two_machines_lose_nothing_and_double_nothing_while_they_are_killed() -> None:
    command = [sys.executable, "-m", "benchmarks.chaos", *SIZE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["counted"] == found["distinct"] > 24_000
    assert found["people_counted"] == found["people"] > 24_000
    assert found["rekeyed"] > 4000
    assert found["archived"] == found["events"] > found["distinct"]
    assert found["reposts"] > 500
    assert found["signals"] > 10
    assert found["incidents"] > 10
    assert found["notifications"] > 10
    assert found["blows"] == {"broker": 1, "worker": 2, "frozen": 2}
    # Intake may be reading back what it has seen when the broker goes; nothing else may stop.
    assert found["stages_stopped"].keys() <= {"KafkaConnectionError"}


def test_intake_and_detection_are_frozen_in_it_while_others_take_over_and_then_go_on() -> None:
    frozen = [blow for blow in strikes.drawn(KILLS, SEED) if blow.target is Target.FROZEN]
    assert {blow.role for blow in frozen if not blow.returns} == {Role.INTAKE, Role.DETECTION}
    assert {blow.role for blow in frozen if blow.returns} == {Role.INTAKE, Role.DETECTION}
