"""The archive read back is the log that was read."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.archive import columns
from streams.archive.layout import File, day
from streams.archive.log import Log
from streams.archive.places import Folder, PlaceError
from streams.archive.sheets import Sheet, connected
from streams.events.columns import Answers, End, Parsed
from streams.events.forms import FORMS
from streams.events.parsing import parse_run
from streams.settings import Stream
from streams.transport.wire import Records
from tests.archive.bench import TOPIC, Bench
from tests.archive.records import START, Record, complaint, run

texts = st.none() | st.text(max_size=20)
numbers = st.none() | st.integers(0, 10**12)
EVENTS: dict[Stream, Any] = {
    "complaints": {
        "id": st.text(min_size=1, max_size=9), "time": st.integers(10**9, 10**10),
        "person": texts, "vip": st.none() | st.booleans(), "region": texts, "text": texts,
        "severity": st.sampled_from([None, "safety", "nonsense"]),
    },
    "mentions": {
        "id": st.text(min_size=1, max_size=9), "time": st.integers(10**9, 10**10),
        "followers": numbers, "engagement": numbers, "link": texts,
    },
    "updates": {
        "id": st.text(min_size=1, max_size=9), "time": st.integers(10**9, 10**10),
        "complaint": texts, "step": st.just("resolved"), "score": st.none() | st.floats(0, 10),
    },
}  # fmt: skip


@st.composite
def logs(draw: st.DrawFn) -> tuple[Stream, list[bytes]]:
    stream = draw(st.sampled_from(sorted(EVENTS)))
    events = st.fixed_dictionaries(EVENTS[stream]).map(lambda e: json.dumps(e).encode())
    return stream, draw(st.lists(events | st.binary(max_size=20), min_size=1, max_size=12))


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(logs())
def test_what_is_parsed_comes_back_as_it_was(
    tmp_path: Path, log: tuple[Stream, list[bytes]]
) -> None:
    stream, raws = log
    records = [Record(n, START + n, raw) for n, raw in enumerate(raws)]
    said: list[Parsed] = [*parse_run(stream, raws), End(START)]
    records.append(Record(len(raws), START, b""))
    place = Folder(tmp_path)
    place.delete(place.names())
    sheet = Sheet(
        connected(threads=1), File(stream, "topic", 0, day(START), 0), stamp=START,
        types=columns.types(stream),
    )  # fmt: skip
    sheet.add(columns.rows(stream, Records.of(records), Answers.of(said)))
    sheet.settle()
    place.put(sheet.file.name, sheet.save)
    (batch,) = Log(place).batches()
    assert spoken(stream, batch.answers) == said
    assert batch.offsets.tolist() == list(range(len(said)))
    assert batch.stamps.tolist() == [record.timestamp for record in records]


def spoken(stream: Stream, answers: Answers) -> list[Parsed]:
    """One answer a record, as they were before they became columns."""
    kind, said = FORMS[stream].kind, dict[int, Parsed](answers.odd)
    for at, place in enumerate(answers.places.tolist()):
        values = {name: answers.columns[name][at] for name in columns.fields(stream)[2:]}
        said[place] = kind(
            id=answers.columns["id"][at], time=int(answers.columns.times[at]), **values
        )
    return [said[place] for place in range(len(answers))]


def test_a_file_that_goes_while_the_log_is_read_is_named_in_one_line(bench: Bench) -> None:
    bench.take(run(TOPIC, [complaint(0), complaint(1)]))
    bench.write()
    log = Log(bench.place)
    for name in bench.place.names():
        bench.place.delete([name])
    with pytest.raises(PlaceError, match=TOPIC):
        list(log.batches())


def test_partitions_are_met_as_they_were_written(bench: Bench) -> None:
    slow, fast = [0, 9, 18], [1, 2, 3]
    bench.take(run(TOPIC, [complaint(n, stamp=START + at) for n, at in enumerate(slow)]))
    bench.take(run(TOPIC, [complaint(n, stamp=START + at) for n, at in enumerate(fast)],
                   partition=1))  # fmt: skip
    bench.write()
    met = [batch.partition for batch in Log(bench.place).batches()]
    assert met == [0, 1]
