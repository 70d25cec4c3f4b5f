"""What comes in wrong, and what comes in strangely packed, through workers on real topics."""

import json
import os
import re
import time
from collections import Counter
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner

from streams.broker.topics import Role, Topics
from streams.events.deadletters import FIRST
from streams.response.incident_view import Public, Reach, Record, View
from tests.kafka import histories, tallies
from tests.kafka.conftest import Install
from tests.kafka.installation import Installation
from tocsin.cli import app

OPTIONS = """
[intake]
idle_after = "1s"
[detection]
shards = 2
[[sources]]
topic = "complaints"
stream = "complaints"
key = "person"
[[sources]]
topic = "mentions"
stream = "mentions"
key = "root"
[[cuts]]
stream = "complaints"
by = ["product"]
[[cuts]]
stream = "mentions"
by = ["product"]
"""
BAD = {
    b'{"id": "broken", "time": ': ("event", "Input data was truncated"),
    b"[]": ("event", "Expected object, got array"),
    b"": ("event", "Input data was truncated"),
    b"  ": ("event", "Input data was truncated"),
    b"\xff\xfe": ("event", "JSON is malformed: invalid character (byte 0)"),
    b'{"id": "\xff", "time": 1}': ("event", "must be UTF-8"),
    b'{"id": "a\x07b", "time": 1}': ("event", "JSON is malformed: invalid character (byte 9)"),
    b'{"id": 7, "time": 1767225600}': ("id", "Expected str, got int"),
    b'{"id": "odd", "time": {}}': ("time", "Expected int | float | str, got object"),
    b'{"time": 1767225600}': ("id", "is required"),
    b'{"id": " ", "time": 1767225600}': ("id", "is required"),
    b'{"id": "old", "time": 0}': ("time", "must lie between the years 2000 and 9999"),
    b'{"id": "early", "time": "2099-01-01T00:00:00Z"}': (
        "time", "must be at most 10m after its record's timestamp",
    ),
    b'{"id": "split", "time": 1767225600, "product": "a\\u001fb"}': (
        "product", "must not hold the characters U+001F or U+0000",
    ),
    b'{"id": "large", "time": 1767225600, "text": "' + b"x" * 3_000_000 + b'"}': (
        "event", "must be at most 1048576 bytes (intake.max_event_bytes)",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def running(install: Install) -> Installation:
    installation = install(OPTIONS)
    installation.start()
    return installation


def complaint(product: str, number: int, **more: Any) -> dict[str, Any]:
    name = f"{product}-{number}"
    return {"id": name, "person": name, "time": int(time.time()), "product": product, **more}


def encoded(product: str, count: int) -> list[bytes]:
    return [json.dumps(complaint(product, number)).encode() for number in range(count)]


def people(running: Installation) -> Counter[str]:
    return tallies.people(running.counts(), "complaints", cut=0)


def await_people(running: Installation, product: str, count: int) -> None:
    running.until(lambda: people(running)[product] >= count, f"{count} people about {product}")


def dead_letters(running: Installation, partition: int) -> dict[int, tuple[dict[str, str], bytes]]:
    """By offset in the partition of complaints what waits of it: its headers and its bytes."""
    found = {}
    for record in running.dead_letters():
        headers = {name: value.decode() for name, value in record.headers}
        place = (running.settings.kafka.topic_prefix + "complaints", str(partition))
        if (headers["topic"], headers["partition"]) == place:
            found[int(headers["offset"])] = headers, record.value
    return found


def test_what_is_no_event_waits_whole_with_its_place_and_its_reason(running: Installation) -> None:
    topic = running.topics.prefix + "complaints"
    good = encoded("sound", len(BAD) + 1)
    mixed = [value for pair in zip(good, BAD, strict=False) for value in pair] + good[-1:]
    offsets = running.reader.send(topic, mixed, partition=1)
    await_people(running, "sound", len(good))
    assert people(running)["sound"] == len(good)
    letters = dead_letters(running, 1)
    assert letters.keys() == set(offsets[1::2])
    for offset, (raw, (field, rule)) in zip(offsets[1::2], BAD.items(), strict=True):
        headers, kept = letters[offset]
        assert (headers["field"], headers["rule"]) == (field, rule)
        assert (kept, headers["whole"]) == (raw, "yes")


def test_of_an_event_that_no_topic_of_ours_holds_the_beginning_waits(running: Installation) -> None:
    raw = b'{"id": "huge", "text": "' + b"x" * 5_000_000 + b'"}'
    topic = running.topics.prefix + "complaints"
    (offset,) = running.reader.send(topic, [raw], 2, compression_type="gzip")
    running.until(lambda: offset in dead_letters(running, 2), "a dead letter")
    headers, kept = dead_letters(running, 2)[offset]
    assert headers["rule"] == "must be at most 1048576 bytes (intake.max_event_bytes)"
    assert headers["whole"] == "no"
    assert kept == raw[:65_536]


def test_a_letter_that_a_mend_lets_be_read_goes_home_once_and_may_be_refused_once_more(
    running: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workers know nothing of the mend, so they refuse it; else it would be counted."""
    topic, raw = running.topics.prefix + "complaints", encoded("mended", 1)[0] + b" " * (1 << 20)
    (offset,) = running.reader.send(topic, [raw], 2, key=b"p-17")
    running.until(lambda: offset in dead_letters(running, 2), "a dead letter")
    monkeypatch.setenv("TOCSIN_INTAKE__MAX_EVENT_BYTES", str(2 << 20))
    again = ["dead-letters", "resend", "--topic", "complaints", "--reason", "AT MOST"]
    assert "--yes: must be given" in said(running, *again, code=1)
    tried = said(running, *again, "--dry-run")
    assert f"to {topic}: 1 letter\n" in tried
    assert tried.endswith("nothing was sent\n")
    assert "1 letter sent again" in said(running, *again, "--yes")
    there = [r for r in running.reader.topic(topic) if r.value == raw]
    assert [(r.partition, r.key) for r in there] == [(2, b"p-17")] * 2
    assert [r.headers for r in there] == [[], [(FIRST, f"{topic}/2/{offset}".encode())]]
    anew = there[1].offset
    running.until(lambda: anew in dead_letters(running, 2), "another dead letter")
    assert dead_letters(running, 2)[offset][0]["again"] == f"{topic}/2/{anew}"
    assert dead_letters(running, 2)[offset][1] == b""
    (left,) = [
        json.loads(line)
        for line in said(running, "dead-letters", "list", "--json").splitlines()
        if json.loads(line)["first"]
    ]
    assert (left["offset"], left["first"]) == (anew, f"{topic}/2/{offset}")
    assert "1 was sent again before" in said(running, "dead-letters")


def said(running: Installation, *command: str, code: int = 0) -> str:
    """All that a command says, in English."""
    line = [*command, "--settings", str(running.file)]
    done = CliRunner().invoke(app, line, env={"TOCSIN_LANGUAGE": "en", "COLUMNS": "200"})
    assert done.exit_code == code, done.output
    return done.output


def test_unknown_fields_control_characters_and_markup_do_no_harm(running: Installation) -> None:
    text = "<script>alert(1)</script> [bold red]{{7*7}}\u0007\u001b[2J\u202e"
    odd = [
        complaint("odd", 1, weather="rain"),
        complaint("odd", 2, text=text),
        complaint("odd", 3, channel="  ", category=""),
    ]
    running.send("complaints", odd)
    await_people(running, "odd", len(odd))


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_a_compressed_topic_is_read(running: Installation, codec: str) -> None:
    topic, product = running.topics.prefix + "complaints", f"packed-{codec}"
    async with AIOKafkaProducer(
        bootstrap_servers=running.bootstrap, compression_type=codec
    ) as producer:
        for value in encoded(product, 100):
            await producer.send(topic, value, partition=3)
    await_people(running, product, 100)
    assert people(running)[product] == 100


async def test_what_was_sent_in_an_aborted_transaction_is_not_counted(
    running: Installation,
) -> None:
    topic = running.topics.prefix + "complaints"
    async with AIOKafkaProducer(
        bootstrap_servers=running.bootstrap, transactional_id=running.topics.prefix
    ) as producer:
        await producer.begin_transaction()
        for value in encoded("aborted", 50):
            await producer.send(topic, value, partition=3)
        await producer.flush()
        await producer.abort_transaction()
        async with producer.transaction():
            for value in encoded("kept", 50):
                await producer.send(topic, value, partition=3)
    await_people(running, "kept", 50)
    assert people(running)["kept"] == 50
    assert "aborted" not in people(running)


def test_topics_that_are_missing_are_made_before_they_are_read(running: Installation) -> None:
    for source in running.settings.sources:
        assert len(running.reader.ends(running.topics.source(source))) == source.partitions


@pytest.mark.parametrize(
    "more",
    [
        {"severity": "safety"},
        {"text": "The charger caught fire while my phone was charging."},
        {"text": "充电宝起火了"},
    ],
    ids=["stated", "English", "Chinese"],
)
def test_a_report_of_harm_is_red_before_its_bucket_closes(
    running: Installation, more: dict[str, str], request: pytest.FixtureRequest
) -> None:
    product = f"harm-{request.node.callspec.id}"
    running.send("complaints", [complaint(product, 0, **more)])

    def about(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one for one in objects if one["scope"].get("product") == product]

    running.until(lambda: about(running.incidents()), "an incident")
    assert [incident["colour"] for incident in about(running.incidents())] == ["red"]
    signals = about(running.signals())
    assert [(s["kind"], s["state"]) for s in signals] == [("trigger", "provisional")]


async def test_partitions_without_events_do_not_hold_time_back(running: Installation) -> None:
    topic = running.topics.prefix + "mentions"
    # A transaction that was given up leaves a record behind that no reader is shown.
    async with AIOKafkaProducer(
        bootstrap_servers=running.bootstrap, transactional_id=topic
    ) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"{}", partition=1)
        await producer.abort_transaction()
    before = marks(running, "mentions", 1)
    running.until(lambda: marks(running, "mentions", 1) >= before + 2, "marks of idleness")
    events = histories.surge(
        histories.mentions(1500, days=6, seed=5), 200, hour=120, hours=3, seed=6, product="heater"
    )
    running.send("mentions", events, partition=2)
    running.until(lambda: ("heater", "confirmed") in surges(running), "a confirmed surge")


def marks(running: Installation, topic: str, partition: int) -> int:
    """How often a partition was said to be idle."""
    return sum(
        counts.idle > 0 and (counts.topic, counts.partition) == (topic, partition)
        for counts in running.counts()
    )


def surges(running: Installation) -> set[tuple[str, str]]:
    return {
        (signal["scope"]["product"], signal["state"])
        for signal in running.signals()
        if signal["kind"] == "surge"
    }


def test_a_person_who_is_erased_leaves_the_dead_letters_and_the_archive(
    running: Installation,
) -> None:
    topic, person = running.topics.prefix + "complaints", "Zoë Gone"
    letter = json.dumps({"id": 7, "person": person}, ensure_ascii=False).encode()
    (offset,) = running.reader.send(topic, [letter], partition=3)
    (keyed,) = running.reader.send(topic, [b"{"], partition=3, key=person.encode())
    running.send("complaints", [complaint("gone", 1, person=person)], partition=3)
    await_people(running, "gone", 1)
    keys = {f"{topic}/3/{at}".encode() for at in (offset, keyed)}
    running.until(lambda: keys <= letters(running).keys(), "the dead letters")
    told = running.erased(person)
    assert "dead letters: 2 erased" in told
    assert f"not reached: the source topics {topic}" in told
    assert {letters(running)[key] for key in keys} == {None}


def test_a_person_who_is_erased_leaves_the_incidents_and_the_log_they_are_made_of(
    running: Installation,
) -> None:
    words, person = "Kabelbrand: my lamp caught fire tonight, said Yara Gone", "Yara Gone"
    report = complaint("torch", 1, person=person) | {"text": words, "severity": "safety"}
    running.send("complaints", [report], partition=3)
    inputs, changelog = running.topics.incident_inputs, Topics.changelog(
        running.settings, Role.RESPONSE
    )  # fmt: skip
    running.until(lambda: quoting(running, inputs, words), "the quote in the evidence")
    running.until(lambda: archived(running, person), "the report in the archive")
    running.until(lambda: words in shown(running), "the quote on the pages")
    told = running.erased(person)
    assert "incidents: they no longer quote the person" in told
    for topic in (running.topics.counts, running.topics.signals):
        assert re.search(rf"not reached: \d+ records? of {topic} quotes? the person until", told)
    start = running.reader.starts(inputs)[0]
    assert not [at for at in quoting(running, inputs, words) if at >= start]
    newest = {record.key: record for record in running.reader.topic(changelog)}
    assert not [key for key, record in newest.items() if words.encode() in (record.value or b"")]
    assert not quoting(running, running.topics.incidents, words)
    assert words not in shown(running)


def test_a_record_that_comes_late_reaches_the_archive_with_its_mark(running: Installation) -> None:
    """It closes no hour and adds nobody, so that nothing else here is changed by it."""
    topic, timely, tardy = (
        running.topics.prefix + "complaints", complaint("timely", 1), complaint("tardy", 1)
    )  # fmt: skip
    tardy["time"] -= 30 * 86_400
    running.send("complaints", [timely, tardy], partition=3)
    # Intake says it when it closes the chunk, which the next record of a later one lets it do.
    after = (timely["time"] + 2 * running.settings.intake.chunk_span.seconds) * 1000
    running.reader.send(topic, encoded("after", 1), partition=3, stamp=after)
    running.until(lambda: marked(running, "tardy") == [(True, False, False, False)], "the mark")
    running.until(lambda: marked(running, "timely") == [(False,) * 4], "the other's")
    assert "tardy" not in people(running)


def marked(running: Installation, product: str) -> list[tuple[Any, ...]] | None:
    """What intake said of the complaints about a product, as far as it has come to the archive."""
    return running.asked(
        'SELECT late, duplicate, "repeat", rejected FROM complaints WHERE product = ?', product
    )


def quoting(running: Installation, topic: str, words: str) -> list[int]:
    """Offsets of the records that hold these words."""
    return [r.offset for r in running.reader.topic(topic) if words.encode() in (r.value or b"")]


def shown(running: Installation) -> str:
    """All that the pages know."""
    view = View("run")
    for topic in Public:
        for record in running.reader.topic(running.topics.prefix + topic):
            view.apply(topic, Record(record.value, record.timestamp))
    view.reach = Reach.CURRENT
    return str([view.case(line.id) for line in view.lines()])


def archived(running: Installation, person: str) -> bool:
    return running.asked("SELECT count(*) FROM complaints WHERE person = ?", person) == [(1,)]


def letters(running: Installation) -> dict[bytes, bytes | None]:
    """By key what was written last under it."""
    return {record.key: record.value for record in running.dead_letters()}


def test_told_to_stop_the_workers_end_in_order(running: Installation) -> None:
    assert "begin, on Kafka at 127.0.0.1:" in running.log
    assert running.stop() == 0
    assert running.log.index("stopping intake, detection, response") < running.log.index("stopped;")
    for pid in running.pids().values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
