"""Killed workers lose nothing, count nothing twice, and what was to be told arrives."""

import re
from collections import Counter

from streams.archive import views
from streams.archive.places import place
from streams.seen.record import Mark
from tests.kafka import histories, tallies
from tests.kafka.installation import Installation
from tests.kafka.siege import AGAIN, APART, PERSONS, Siege, total
from tests.kafka.test_replay import restored


def test_every_person_is_counted_exactly_once_though_some_come_again(siege: Siege) -> None:
    for shard in range(siege.installation.settings.detection.shards):
        counts = siege.installation.counts(shard)
        tallies.assert_whole(tallies.newest(counts))
        by_product = tallies.people(counts, "complaints", cut=0)
        assert sum(by_product[name] for name in histories.PRODUCTS) == PERSONS
        assert by_product.total() == total(siege.installation, shard)


def test_what_is_confirmed_is_what_a_backtest_confirms(siege: Siege) -> None:
    wanted = tallies.confirmed(siege.expected)
    assert len(wanted) > 10
    assert tallies.confirmed(siege.installation.signals()) == wanted


def test_an_id_and_a_person_from_before_a_kill_are_known_after_it(siege: Siege) -> None:
    by_product = tallies.events(siege.installation.counts(), "complaints", cut=0)
    assert sum(by_product[name] for name in histories.PRODUCTS) == PERSONS + len(AGAIN)
    marks = Counter(mark for chunk in siege.seen().values() for mark in chunk.marks)
    assert marks.keys() <= {0, Mark.DUPLICATE, Mark.REPEAT}
    settings = siege.installation.settings
    open_chunks = settings.sources[0].partitions
    most = open_chunks * settings.intake.chunk_records // AGAIN.step
    for mark in (Mark.DUPLICATE, Mark.REPEAT):
        assert 0 <= len(AGAIN) - marks[mark] < most
    restored = re.findall(r"seen_restored .*keys=(\d+)", siege.installation.log)
    assert max(map(int, restored)) > APART / open_chunks


def test_detection_went_on_from_snapshots_and_never_met_a_gap(siege: Siege) -> None:
    assert max(restored(siege.installation).values()) > 0
    assert "stage_stopped" not in siege.installation.log


def test_every_record_is_archived_exactly_once(siege: Siege) -> None:
    installation = siege.installation
    installation.until(installation.archived, "records in the archive")
    with views.opened(place(installation.settings)) as archive:
        records, ids, duplicates, repeats = archive.execute(
            'SELECT count(*), count(DISTINCT id), sum(duplicate::INT), sum("repeat"::INT) '
            "FROM complaints WHERE product NOT LIKE 'sentinel%'"
        ).fetchall()[0]
    assert (records, ids) == (PERSONS + 2 * len(AGAIN), PERSONS + len(AGAIN))
    marks = Counter(mark for chunk in siege.seen().values() for mark in chunk.marks)
    assert (duplicates, repeats) == (marks[Mark.DUPLICATE], marks[Mark.REPEAT])


def test_a_backtest_of_the_archive_confirms_what_was_confirmed(siege: Siege) -> None:
    installation = siege.installation
    archived = installation.backtest(str(installation.settings.home / "archive"))
    wanted = tallies.confirmed(siege.expected)
    assert tallies.confirmed(archived) == wanted


def deliveries(installation: Installation, *states: str) -> set[str]:
    """The deliveries that have come to one of these states."""
    return {line["id"] for line in installation.notifications() if line["state"] in states}


def test_every_notification_arrives_and_a_repeated_one_says_so(siege: Siege) -> None:
    installation, received = siege.installation, siege.receiver.received
    installation.until(
        lambda: (
            deliveries(installation, "wanted")
            <= deliveries(installation, "sent", "failed", "unknown")
        ),
        "an end of every delivery",
    )
    wanted = deliveries(installation, "wanted")
    assert len(wanted) > 10
    assert deliveries(installation, "sent") == wanted
    came: dict[str, list[bool]] = {}
    for message in received:
        assert message.genuine
        came.setdefault(message.delivery, []).append(message.repetition)
    assert came.keys() == wanted
    for repetitions in came.values():
        assert not repetitions[0]
        assert all(repetitions[1:])
    # The first waited for its answer when its sender was killed.
    assert came[received[0].delivery] == [False, True]
