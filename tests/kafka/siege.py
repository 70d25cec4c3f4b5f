"""An installation whose workers are killed while events flow."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from streams.broker.topics import Role
from streams.files.history import History
from streams.seen.record import SeenChunk, decode
from tests.kafka import histories, tallies
from tests.kafka.flow import Flow
from tests.kafka.installation import Installation
from tests.kafka.receiver import SECRET, Receiver

PERSONS = 200_000
LATER = 30_000  # events, between which workers are killed
AGAIN = range(7, PERSONS - LATER, 50)  # the events that come again, and whose persons do
KILLED = 2 * ((Role.INTAKE,), (Role.DETECTION, Role.ARCHIVE))  # together
APART = 15_000  # events counted between two kills
RATE = 6000.0  # events a second
RESERVE = 20_000  # events that only trickle
OPTIONS = """
[intake]
idle_after = "1h"
chunk_records = 8192
[archive]
file_records = 10000
rewrite_every = "1s"
[detection]
shards = 2
snapshot_every = 100
[[sources]]
topic = "complaints"
stream = "complaints"
key = "person"
[[cuts]]
stream = "complaints"
by = ["product"]
[[cuts]]
stream = "complaints"
by = ["region"]
[[cuts]]
stream = "complaints"
by = ["product", "category"]
family = "product"
[channels.webhook]
url = "{url}"
secret_file = "{secret}"
timeout = "25s"
"""


class Siege(NamedTuple):
    """The installation after it, what was sent to it as messages, and what a backtest finds."""

    installation: Installation
    receiver: Receiver
    expected: list[dict[str, Any]]

    def seen(self) -> dict[tuple[int, int], SeenChunk]:
        """By partition and first offset; what is said twice must be said in the same words."""
        topic = self.installation.topics.seen(self.installation.settings.sources[0])
        found: dict[tuple[int, int], SeenChunk] = {}
        for record in self.installation.reader.topic(topic):
            chunk = decode(record.value)
            assert found.setdefault((record.partition, chunk.first), chunk) == chunk
        return found


def options(receiver: Receiver, folder: Path) -> str:
    """The settings of the installation; the secret of the webhook is put into the folder."""
    secret = folder / "secret"
    secret.write_text(SECRET, encoding="utf-8")
    return OPTIONS.format(url=receiver.url, secret=secret)


def besiege(installation: Installation, receiver: Receiver, folder: Path) -> Siege:
    """Start, send, kill; returns when detection has judged all there was."""
    installation.start()
    file = histories.write(folder / "complaints.jsonl", _events())
    history = History([file], None, intake=installation.settings.intake)
    assert len(history) > PERSONS
    with Flow(installation, history, rate=RATE, reserve=RESERVE) as flow:
        _strike(installation, receiver, flow)
    with ThreadPoolExecutor(1) as aside:
        expected = aside.submit(installation.backtest, str(file))
        installation.settle(at=history.ends["complaints"] // 1000 - 1)
        return Siege(installation, receiver, expected.result())


def _events() -> list[histories.Event]:
    """One of the first reports harm, later two matters surge; ids and persons come again."""
    events = histories.complaints(PERSONS - 6000, days=28, seed=11)
    events[1000]["severity"] = "safety"
    for seed, hour, matter in (
        (12, 300, {"product": "heater", "category": "quality"}),
        (13, 500, {"product": "kettle", "region": "north"}),
    ):
        events = histories.surge(events, 3000, hour=hour, hours=12, seed=seed, **matter)
    return sorted([*events, *_again(events)], key=lambda event: event["time"])


def _again(events: Sequence[histories.Event]) -> Iterator[histories.Event]:
    """An id again, and a person about the same matter again."""
    for number in AGAIN:
        event, later = events[number], events[number + LATER]
        yield event | {"time": later["time"]}
        yield event | {"time": later["time"], "id": f"{event['id']}-again"}


def _strike(installation: Installation, receiver: Receiver, flow: Flow) -> None:
    """Kill response while its first message waits for an answer, then the others in turn."""
    installation.until(lambda: receiver.received, "a message about the harm")
    installation.kill(Role.RESPONSE)
    receiver.answer.set()
    for number, roles in enumerate(KILLED, 1):
        _await_total(installation, total(installation) + APART)
        if number == len(KILLED):  # however slow detection is, it goes on from a snapshot once
            installation.until(installation.snapshots, "a snapshot")
        assert flow.flows
        for role in roles:
            installation.kill(role)


def _await_total(installation: Installation, due: int) -> None:
    installation.until(lambda: total(installation) >= due, f"{due} events counted")


def total(installation: Installation, shard: int = 0) -> int:
    """People in all, as a reader of one shard's counts adds them up."""
    return tallies.people(installation.counts(shard), "complaints").total()
