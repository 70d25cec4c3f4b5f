"""A sample is read from files as they are, and from what was fetched of a topic."""

import json
from pathlib import Path

import msgspec
import pytest

from streams.broker.records import Part, Record
from streams.configuration.sections import Kafka, Stream
from streams.events.event import Complaint, Mention
from streams.events.mapping import Mapping
from streams.events.translation import Column
from streams.proposal import sampling
from streams.settings import SettingsError

NOON = "2026-03-01T12:00:00Z"


def test_files_are_one_sample_with_all_their_columns(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.jsonl"
    first.write_text(f"time,text\n{NOON},x\n{NOON}\n", encoding="utf-8")
    second.write_text(f'{{"time": "{NOON}", "lot": 7}}\n[1]\n', encoding="utf-8")
    read: list[int] = []
    sample = sampling.of_files([first, second], "both", read.append)
    assert sample.columns == ["time", "text", "lot"]
    assert (len(sample.rows), sample.total) == (2, 4)
    assert [refused.place for refused in sample.refused] == ["a.csv:3", "b.jsonl:2"]


def test_columns_that_no_mapping_can_tell_apart_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,text,text,\n1,a,b,c\n", encoding="utf-8")
    sample = sampling.of_files([path], "a")
    assert (sample.columns, sample.twice) == (["time"], ["text"])


def part(*records: tuple[bytes | None, dict[str, object]]) -> Part:
    return Part(
        3, [Record(0, n, key, json.dumps(v).encode()) for n, (key, v) in enumerate(records)]
    )


def keyed_by(stream: Stream, *records: tuple[bytes | None, dict[str, object]]) -> str:
    fields = ("id", "time", "person" if stream == "complaints" else "author")
    columns = {field: Column(field) for field in fields}
    if stream == "mentions":
        columns["repost_of"] = Column("repost_of")
    return sampling.keyed_by(part(*records), Mapping(Path("m"), stream, columns, {}))


def call(n: int, **facts: object) -> dict[str, object]:
    return {"id": f"c{n}", "time": NOON, **facts}


def test_the_key_is_what_most_records_agree_with() -> None:
    people = [(f"p{n}".encode(), call(n, person=f"p{n}")) for n in range(20)]
    ids = [(f"c{n}".encode(), call(n, person=f"p{n}")) for n in range(20)]
    assert keyed_by("complaints", *people, ids[0]) == "person"
    assert keyed_by("complaints", *ids) == "id"
    assert keyed_by("complaints", *people, *ids) == "none"
    assert keyed_by("complaints", *[(None, value) for _, value in people]) == "none"
    assert keyed_by("complaints") == "none"


def test_posts_may_be_keyed_by_the_post_that_they_repeat() -> None:
    posts = [(b"c0", call(n, author="a", repost_of="c0" if n else None)) for n in range(9)]
    assert keyed_by("mentions", *posts) == "root"
    assert keyed_by("mentions", *[(b"a", value) for _, value in posts]) == "person"


def test_wire_records_are_keyed_as_our_own_producer_keys_them() -> None:
    complaint, post = Complaint(id="c", time=0, person="p"), Mention(id="m", time=0, author="p")
    assert msgspec.json.decode(msgspec.json.encode(complaint))["person"] == "p"
    assert keyed_by("complaints", (b"p", call(1, person="p"))) == "person"
    assert keyed_by("mentions", (post.id.encode(), call(1, id="m", author="p"))) == "root"


def test_another_broker_keeps_how_one_proves_who_one_is() -> None:
    kafka = Kafka(bootstrap="a:1", security_protocol="SSL")
    assert sampling.reached(kafka, None) is kafka
    other = sampling.reached(kafka, "b:2")
    assert (other.bootstrap, other.security_protocol) == ("b:2", "SSL")
    with pytest.raises(SettingsError, match='must be "host:port"'):
        sampling.reached(kafka, "nowhere")
