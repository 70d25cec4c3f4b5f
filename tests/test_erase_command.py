"""What `tocsin erase` does first, and what it says when not all of it could be done."""

from collections.abc import Collection
from pathlib import Path

import pytest

from alerts.erasure import digest
from alerts.words import Words
from streams.broker.local import BrokerError
from streams.erasure.eraser import Eraser
from streams.erasure.evidence import Letters
from streams.settings import Settings
from tests.archive.bench import TOPIC, Bench
from tests.archive.records import complaint, run
from tocsin.erase import account, leave

PERSON, SAID = "p-17", "my door number is 12"
QUOTES = frozenset(map(digest, ["17", SAID]))
DONE = "incidents: they no longer quote the person"


class Kafka:
    """Response answers it, or does not; a broker that is away refuses."""

    def __init__(self, *, evidence: bool = True, away: bool = False) -> None:
        self.evidence, self.away = evidence, away
        self.told: list[frozenset[str]] = []

    def __call__(self, quotes: Collection[str]) -> Letters:
        if self.away:
            raise BrokerError("the broker does not answer")
        self.told.append(frozenset(quotes))
        return Letters(0, [], self.evidence if quotes else None)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """One complaint of the person in a closed file."""
    bench = Bench(tmp_path)
    bench.take(run(TOPIC, [complaint(0, id="17", person=PERSON, text=SAID), complaint(10)]))
    bench.write()
    return bench


def said(bench: Bench, kafka: Kafka) -> list[str]:
    return list(account(Words("en"), Settings(), *leave(bench.place, PERSON, kafka)))


def test_a_broker_that_refuses_leaves_the_archive_for_another_call(bench: Bench) -> None:
    with pytest.raises(BrokerError):
        said(bench, Kafka(away=True))
    kafka = Kafka()
    assert {"archive: 1 record erased", DONE} <= set(said(bench, kafka))
    assert kafka.told == [QUOTES]


def test_while_response_is_down_nothing_is_called_done_and_another_call_tells_it_again(
    bench: Bench,
) -> None:
    kafka = Kafka(evidence=False)
    for archived in ("archive: 1 record erased", "archive: 0 records erased"):
        lines = said(bench, kafka)
        assert archived in lines
        assert not [line for line in lines if line.startswith("incidents: ")]
    kafka.evidence = True
    assert DONE in said(bench, kafka)
    assert kafka.told == [QUOTES] * 3


def test_of_whom_nothing_is_found_nothing_is_said_to_be_done(bench: Bench) -> None:
    said(bench, Kafka())
    lines = said(bench, Kafka())
    assert "incidents: nothing found in the archive that they could quote" in lines
    assert DONE not in lines


def test_once_all_is_done_nothing_tells_whose_the_new_names_are(bench: Bench) -> None:
    said(bench, Kafka(evidence=False))
    assert Eraser(bench.place, PERSON).quotes
    said(bench, Kafka())
    assert not Eraser(bench.place, PERSON).quotes
    assert not [name for name in bench.place.names() if name.startswith("erasing")]
