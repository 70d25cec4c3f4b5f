"""What product teams hear of a batch, by the consumer in examples/."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker.local import Broker
from streams.broker.topics import Role
from tests.kafka import histories
from tests.kafka.conftest import Install
from tests.kafka.installation import Installation

EXAMPLE = Path(__file__).parents[2] / "examples" / "defect_batches.py"
DAYS = 8
NINTH = histories.START + DAYS * 24 * histories.HOUR
BATCH = "B2409-03"
OPTIONS = """
[intake]
idle_after = "500ms"
chunk_span = "1s"
[detection]
shards = 1
false_alarms_per_week = 100
series = 100
[[sources]]
topic = "complaints"
stream = "complaints"
key = "person"
partitions = 1
[[cuts]]
stream = "complaints"
by = ["product", "batch"]
"""


@pytest.fixture(scope="module")
def calm(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Eight days of two hundred complaints an hour, hardly any about the batch; all are counted."""
    installation = install(OPTIONS, Role.INTAKE, Role.DETECTION)
    events = histories.complaints(DAYS * 24 * 200, days=DAYS, seed=21)
    for event in events[::1000]:
        event |= {"product": "kettle", "batch": BATCH}
    file = histories.write(tmp_path_factory.mktemp("calm") / "complaints.jsonl", events)
    installation.start()
    installation.replay(str(file))
    installation.until(installation.counted, "counts of the calm days")
    return installation


@pytest.fixture
def consumer(calm: Installation) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, str(EXAMPLE), calm.bootstrap, calm.topics.defect_batch_signals]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        yield running
        running.kill()


def about_the_batch(*, first: int, count: int, hour: int) -> list[histories.Event]:
    start = NINTH + hour * histories.HOUR
    return [
        {"id": f"b{n}", "time": start + n * 1000, "person": f"b{n}", "product": "kettle",
         "batch": BATCH, "category": "quality", "region": "north"}
        for n in range(first, first + count)
    ]  # fmt: skip


def test_a_suspicion_is_told_at_once_and_withdrawn_when_it_was_an_outage(
    calm: Installation, consumer: "subprocess.Popen[str]"
) -> None:
    assert consumer.stdout is not None
    calm.send("complaints", about_the_batch(first=0, count=25, hour=0))
    first = consumer.stdout.readline()
    assert first.startswith(f"{BATCH} of kettle provisional since 2")
    assert first.endswith(f" were expected - defective: {BATCH}\n")
    (suspicion,) = calm.reader.topic(calm.topics.defect_batch_signals)
    calm.reader.send(calm.topics.defect_batch_signals, [suspicion.value], 0)  # records may repeat
    # Nobody else complained in that hour: the source was out, and its counts say nothing.
    calm.send("complaints", about_the_batch(first=25, count=1, hour=3))
    second = consumer.stdout.readline()
    assert second.startswith(f"{BATCH} of kettle withdrawn since 2")
    assert second.endswith(" - defective:\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Follows the batches that are held to be defective: python defect_batches.py BROKER"),
        (["127.0.0.1:1"], "the broker at 127.0.0.1:1 does not answer: "),
        (["{broker}", "nobodys"], "topic nobodys does not exist at {broker}; tocsin run creates"),
    ],
    ids=["no broker named", "no broker there", "no topic there"],
)
def test_a_consumer_with_nothing_to_follow_says_so_in_a_line(
    broker: Broker, arguments: list[str], said: str
) -> None:
    filled = [one.format(broker=broker.bootstrap) for one in arguments]
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), *filled], capture_output=True, text=True, check=False
    )
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith(said.format(broker=broker.bootstrap))
