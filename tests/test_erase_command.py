"""What `tocsin erase` does first, and what it says when not all of it could be done."""

from collections.abc import Collection
from pathlib import Path

import pytest

from alerts.erasure import digest
from alerts.words import Words
from streams.broker.local import BrokerError
from streams.broker.topics import Role
from streams.erasure.arrears import Arrears
from streams.erasure.eraser import Eraser
from streams.erasure.evidence import Letters, Quoting
from streams.settings import Settings
from tests.archive.bench import TOPIC, Bench
from tests.archive.records import complaint, run
from tocsin.erase import Outcome, account, leave

PERSON, SAID = "p-17", "my door number is 12"
QUOTES = frozenset(map(digest, ["17", SAID]))
DONE = "incidents: they no longer quote the person"


class Kafka:
    """Response answers it, or does not; a broker that is away refuses."""

    def __init__(self, *quoting: Quoting, evidence: bool = True, away: bool = False) -> None:
        self.quoting, self.evidence, self.away = quoting, evidence, away
        self.told: list[frozenset[str]] = []

    def __call__(self, quotes: Collection[str]) -> Letters:
        if self.away:
            raise BrokerError("the broker does not answer")
        self.told.append(frozenset(quotes))
        return Letters(0, self.quoting, self.evidence if quotes else None)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """One complaint of the person in a closed file."""
    bench = Bench(tmp_path)
    bench.take(run(TOPIC, [complaint(0, id="17", person=PERSON, text=SAID), complaint(10)]))
    bench.write()
    return bench


def erased(bench: Bench, kafka: Kafka, *behind: Arrears) -> Outcome:
    return leave(bench.place, PERSON, await_stages=lambda: behind, leave_kafka=kafka)


def said(bench: Bench, kafka: Kafka, *behind: Arrears) -> list[str]:
    return list(account(Words("en"), Settings(), erased(bench, kafka, *behind)))


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


def test_records_that_a_stage_has_not_read_are_said_and_another_call_is_needed(
    bench: Bench,
) -> None:
    behind = Arrears(Role.ARCHIVE, TOPIC, {7: 1200, 3: 4})
    assert (
        "not reached: 1,204 records of complaints[3, 7] that archive has not read; erase again "
        "when it has"
    ) in said(bench, Kafka(), behind)
    assert not erased(bench, Kafka(), behind).whole
    assert Eraser(bench.place, PERSON).quotes, "the next call must find the same names"
    assert erased(bench, Kafka()).whole
    assert not Eraser(bench.place, PERSON).quotes


def test_what_was_read_while_the_stages_were_waited_for_is_erased_too(bench: Bench) -> None:
    def await_stages() -> list[Arrears]:
        more = [complaint(11, person=PERSON), complaint(20)]
        bench.take(run(TOPIC, more, number=1))
        bench.write()
        return []

    outcome = leave(bench.place, PERSON, await_stages=await_stages, leave_kafka=Kafka())
    assert (outcome.archived.records, outcome.whole) == (2, True)


def test_what_a_file_that_fills_holds_takes_another_call(bench: Bench) -> None:
    bench.take(run(TOPIC, [complaint(11, person=PERSON)], number=1))
    bench.write()
    assert not erased(bench, Kafka()).whole


def test_response_that_is_down_takes_another_call(bench: Bench) -> None:
    assert not erased(bench, Kafka(evidence=False)).whole


@pytest.mark.parametrize(
    ("topic", "until"),
    [
        ("counts", "detection has written two more snapshots"),
        ("signals", "they expire, a year after they were written; the pages no longer show them"),
        ("incident-inputs", "7d after response has applied them"),
    ],
)
def test_of_what_quotes_the_person_in_kafka_it_is_said_until_when(
    bench: Bench, topic: str, until: str
) -> None:
    line = f"not reached: 2 records of {topic} quote the person until {until}"
    assert line in said(bench, Kafka(Quoting(topic, 2)))


def test_what_was_seen_of_the_person_is_said_to_be_hashes_and_for_how_long(bench: Bench) -> None:
    assert (
        "not reached: seen-complaints, seen-mentions, seen-complaint-updates; of names, ids and "
        "texts they hold hashes alone, which expire within 22 days"
    ) in said(bench, Kafka())
