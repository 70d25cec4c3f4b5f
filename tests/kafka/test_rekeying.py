"""A source whose records are keyed by nothing: persons are counted exactly all the same."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from streams.broker.topics import Role
from tests.kafka import histories, tallies
from tests.kafka.conftest import Install
from tests.kafka.installation import Installation

DAYS = 20
OPTIONS = """
[intake]
idle_after = "1h"
chunk_records = 64
[archive]
file_records = 500
rewrite_every = "500ms"
[detection]
shards = 2
snapshot_every = 20
[[sources]]
topic = "complaints"
stream = "complaints"
key = "none"
rekey = true
"""


def spoken_twice(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every tenth person writes again at once, under another id that lies wherever it may."""
    for n, event in enumerate(events):
        yield event
        if n % 10 == 0:
            yield event | {"id": f"{event['id']}-again"}


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return histories.surge(
        histories.complaints(4000, days=DAYS, seed=31), 300, hour=400, hours=8, seed=32,
        product="heater", category="quality",
    )  # fmt: skip


@pytest.fixture(scope="module")
def files(events: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return histories.halves(tmp_path_factory.mktemp("halves"), spoken_twice(events), days=DAYS)


@pytest.fixture(scope="module")
def expected(install: Install, files: list[str]) -> list[dict[str, Any]]:
    return install(OPTIONS).backtest(*files)


@pytest.fixture(scope="module")
def running(install: Install, files: list[str]) -> Installation:
    """Its intake was killed twice, with records on their way."""
    made = install(OPTIONS, Role.INTAKE, Role.DETECTION, Role.ARCHIVE)
    made.start()
    for file in files:
        with ThreadPoolExecutor(1) as aside:
            sent = aside.submit(made.replay, file)
            made.until(lambda: sum(made.reader.ends(made.topics.counts).values()) > 0, "counts")
            made.kill(Role.INTAKE)
            sent.result()
        made.kill(Role.INTAKE)
    made.until(made.counted, "counts of all events")
    return made


def test_each_person_is_counted_once_wherever_the_reports_lay(
    running: Installation, events: list[dict[str, Any]]
) -> None:
    by_product = tallies.people(running.counts(), "complaints", cut=2)
    assert by_product == Counter(event["product"] for event in events)
    (source,) = running.settings.sources
    assert not any(counts.approximate for counts in running.counts())
    assert source.rekeyed


def test_what_is_confirmed_is_what_a_backtest_confirms(
    running: Installation, expected: list[dict[str, Any]]
) -> None:
    wanted = tallies.confirmed(expected)
    assert len(wanted) > 3
    running.until(lambda: tallies.confirmed(running.signals()) == wanted, "what was confirmed")


def test_a_backtest_of_the_archive_confirms_the_same(
    running: Installation, expected: list[dict[str, Any]]
) -> None:
    running.until(running.archived, "records in the archive")
    again = running.backtest(str(running.settings.home / "archive"))
    assert tallies.confirmed(again) == tallies.confirmed(expected)


def test_a_record_that_is_no_event_is_told_at_its_place_in_the_source(
    running: Installation,
) -> None:
    (offset,) = running.reader.send(running.topics.prefix + "complaints", [b"nothing"], 1)
    letters = running.topics.dead_letters
    wanted = f"{running.topics.prefix}complaints/1/{offset}".encode()
    running.until(lambda: [r.key for r in running.reader.topic(letters)] == [wanted], "a letter")
