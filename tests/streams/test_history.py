"""Files as one history, and where its events would lie in Kafka."""

import gzip
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import DefaultPartitioner

from streams.configuration.sections import Intake, Source
from streams.events import mapping
from streams.events.columns import Columns
from streams.events.event import Complaint, Event, Mention, Update
from streams.files.course import BATCH
from streams.files.history import Arrival, History, source_of
from streams.sources.keys import partition_of, partitions_of
from tests.streams.logs import DAY, HOUR, START, complaint, mention


class Cluster:
    """What a partitioner asks of the broker's metadata."""

    def __init__(self, partitions: int) -> None:
        self._partitions = set(range(partitions))

    def topics(self) -> set[str]:
        return {"t"}

    def partitions_for_topic(self, _: str) -> set[int]:
        return self._partitions

    available_partitions_for_topic = partitions_for_topic


def kafkas(key: str, partitions: int) -> int:
    """The choice of a producer with the default partitioner."""
    raw = key.encode()
    chosen = DefaultPartitioner().partition("t", raw, raw, b"", b"", Cluster(partitions))
    return int(chosen)


def wrote(folder: Path, name: str, events: Sequence[Event]) -> Path:
    path = folder / name
    path.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in events))
    return path


def history(*paths: Path) -> History:
    return History(paths, None, intake=Intake())


def ids(held: History) -> list[str]:
    return [entry.event.id for batch in held.batches() for entry in batch]


def test_files_are_merged_by_event_time(tmp_path: Path) -> None:
    one = wrote(tmp_path, "complaints-1.jsonl", [complaint(n, START + n) for n in (1, 5, 3)])
    other = wrote(tmp_path, "mentions.jsonl", [mention(n, START + n) for n in (4, 2)])
    held = history(one, other)
    assert ids(held) == ["1", "2", "3", "4", "5"]
    assert set(held.ends) == {"complaints", "mentions"}
    assert len(held) == 5


def test_events_of_one_moment_keep_the_order_of_the_files(tmp_path: Path) -> None:
    one = wrote(tmp_path, "complaints-b.jsonl", [complaint(n) for n in "ba"])
    other = wrote(tmp_path, "complaints-a.jsonl", [complaint(n) for n in "dc"])
    assert ids(history(one, other)) == ["b", "a", "d", "c"]


def test_a_mapping_that_knows_the_arrival_merges_by_it_so_that_the_late_stay_late(
    tmp_path: Path,
) -> None:
    (tmp_path / "map.toml").write_text(
        'stream = "complaints"\n[fields]\nid = { column = "id" }\n'
        'time = { column = "at" }\nreceived = { column = "got" }\n'
    )
    rows = tmp_path / "rows.csv"
    day = "2024-01-01T"
    rows.write_text(f"id,at,got\nlate,{day}00:00Z,{day}02:00Z\nsoon,{day}00:01Z,{day}00:02Z\n")
    held = History([rows], mapping.load(tmp_path / "map.toml"), intake=Intake())
    assert ids(held) == ["soon", "late"]
    assert held.ends == {"complaints": START + HOUR}


def test_rows_that_are_no_events_are_set_aside_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "complaints.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "1", "time": 1704067200}\n{"id": "2"}\n'))
    held = history(path)
    (refused,) = held.refused
    assert (refused.file, refused.row, refused.why.field) == (path, 2, "time")
    assert ids(held) == ["1"]


@pytest.mark.parametrize(
    ("last", "end"), [(START, START + HOUR), (START + HOUR - 1, START + HOUR),
                      (START + HOUR, START + 2 * HOUR)]
)  # fmt: skip
def test_each_stream_ends_with_the_bucket_of_its_last_event(
    tmp_path: Path, last: int, end: int
) -> None:
    filed = wrote(tmp_path, "complaints.jsonl", [complaint(1, last), complaint(2)])
    posted = wrote(tmp_path, "mentions.jsonl", [mention(3, last + DAY)])
    held = history(filed, posted)
    assert held.ends == {"complaints": end, "mentions": end + DAY}
    assert all(isinstance(moment, int) for moment in held.ends.values())


def test_batches_hold_every_event_once_and_may_be_read_again(tmp_path: Path) -> None:
    events = [complaint(n, START + n) for n in range(BATCH + 10)]
    held = history(wrote(tmp_path, "complaints.jsonl", events))
    assert [len(batch) for batch in held.batches()] == [BATCH, 10]
    assert ids(held) == ids(held) == [event.id for event in events]


def test_equal_values_of_all_files_are_held_once(tmp_path: Path) -> None:
    one = wrote(tmp_path, "complaints-1.jsonl", [complaint(1), complaint(2)])
    other = wrote(tmp_path, "complaints-2.jsonl", [complaint(3), complaint(4)])
    (batch,) = history(one, other).batches()
    products = [entry.event.product for entry in batch if isinstance(entry.event, Complaint)]
    assert len(products) == 4
    assert len(set(map(id, products))) == 1


def test_progress_is_told_in_rows(tmp_path: Path) -> None:
    path = wrote(tmp_path, "complaints.jsonl", [complaint(n) for n in range(3)])
    told: list[int] = []
    History([path], None, intake=Intake(), on_rows=told.append)
    assert sum(told) == 3


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(TEXTS, st.none() | TEXTS, st.integers(1, 300))
def test_a_complaint_lies_where_kafkas_default_partitioner_puts_its_person(
    name: str, person: str | None, partitions: int
) -> None:
    source = Source(topic="complaints", stream="complaints", key="person")
    event = Complaint(id=name, time=START, person=person)
    wanted = kafkas(person or name, partitions)
    assert partition_of(source, event, partitions) == wanted
    assert partitions_of(source, Columns.of([event]), partitions).tolist() == [wanted]


@given(st.lists(TEXTS, max_size=20))
def test_a_batch_is_parted_like_its_events_one_by_one(names: list[str]) -> None:
    source = Source(topic="complaints", stream="complaints", key="id")
    events = [complaint(name) for name in names]
    assert partitions_of(source, Columns.of(events), 13).tolist() == [
        kafkas(name, 13) for name in names
    ]


def test_the_hash_is_that_of_kafkas_java_client() -> None:
    known = {"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536}
    source = Source(topic="complaints", stream="complaints", key="id")
    events = [complaint(name) for name in known]
    wanted = [(n & 0x7FFFFFFF) % 1009 for n in known.values()]
    assert partitions_of(source, Columns.of(events), 1009).tolist() == wanted


@pytest.mark.parametrize(
    ("key", "event", "value"),
    [
        ("root", Mention(id="m", time=START, author="a", repost_of="r"), "r"),
        ("root", Mention(id="m", time=START, author="a", repost_of="r", root="0"), "0"),
        ("root", Mention(id="m", time=START), "m"),
        ("person", Mention(id="m", time=START, author="a"), "a"),
        ("id", Mention(id="m", time=START, author="a"), "m"),
        ("none", Mention(id="m", time=START, author="a"), "m"),
        ("id", Update(id="u", time=START, complaint="c", step="accepted"), "u"),
        ("person", Update(id="u", time=START, complaint="c", step="accepted"), "c"),
    ],
)
def test_each_source_is_parted_by_its_own_key(key: str, event: Event, value: str) -> None:
    stream = "updates" if isinstance(event, Update) else "mentions"
    source = Source.model_validate({"topic": "t", "stream": stream, "key": key})
    assert partition_of(source, event, 97) == kafkas(value, 97)
    assert partitions_of(source, Columns.of([event]), 97).tolist() == [kafkas(value, 97)]


def test_a_streams_files_go_to_its_first_source() -> None:
    sources = [
        Source.model_validate({"topic": topic, "stream": stream, "key": "id"})
        for topic, stream in [("u", "updates"), ("a", "complaints"), ("b", "complaints")]
    ]
    assert source_of(sources, "complaints") is sources[1]
    assert source_of(sources, "mentions") is None


def arrived(folder: Path, *times: int, future: timedelta = timedelta(hours=1)) -> History:
    """Complaints of some times that come in at START."""
    path = wrote(folder, "complaints.jsonl", [complaint(n, time) for n, time in enumerate(times)])
    sources = (Source(topic="complaints", stream="complaints", key="id", future=future),)
    return History([path], None, intake=Intake(), arrival=Arrival(START, sources))


def test_a_row_from_the_future_is_refused_by_name_and_moves_no_end(tmp_path: Path) -> None:
    held = arrived(tmp_path, START - 5 * HOUR, START + 300 * DAY)
    (refused,) = held.refused
    assert (refused.row, refused.why.field) == (2, "time")
    assert refused.why.rule == "must be at most 1h after its record's timestamp"
    assert held.ends == {"complaints": START - 4 * HOUR}


def test_an_hour_that_is_not_over_has_not_ended(tmp_path: Path) -> None:
    assert arrived(tmp_path, START + 10_000).ends == {"complaints": START}


def test_a_source_may_allow_more_of_the_future(tmp_path: Path) -> None:
    assert not arrived(tmp_path, START + 300 * DAY, future=timedelta(days=365)).refused
