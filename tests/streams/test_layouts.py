"""Records that are written alike say together what each says alone."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.columnar.fields import Coded, Listed
from streams.columnar.spans import Spans, Values
from streams.events.bulk import RESTS, Bulk
from streams.events.columns import Answers
from streams.events.forms import FORMS
from streams.events.parsing import Reader
from streams.settings import Intake, Stream
from tests.parsed import parse

TIMES = ["2026-03-01T09:30:00.250Z", "2026-03-01T09:30:59.999Z", "2026-03-01T09:30:60.000Z", "soon"]
MENTION = {"repost_of": "p-0", "author": "a", "platform": "x", "link": "https://x.example/1"}
COMPLAINT = {"person": "p", "batch": "B1", "severity": "normal", "channel": "phone"}
BOTH = {"id": "c-1", "time": TIMES[0], "product": "水壶", "sentiment": "negative", "text": "broken"}
UPDATE = {"id": "u-1", "time": TIMES[0], "complaint": "c-1", "step": "resolved", "note": "done"}
STRINGS: dict[Stream, dict[str, str]] = {
    "complaints": BOTH | COMPLAINT, "mentions": BOTH | MENTION, "updates": UPDATE
}  # fmt: skip
SCALARS: dict[Stream, dict[str, Any]] = {
    "complaints": {"vip": True, "x": None}, "mentions": {"engagement": 7}, "updates": {"score": 2.5}
}  # fmt: skip
AMOUNTS: dict[Stream, list[str]] = {
    "complaints": ["number"], "mentions": ["followers", "number"],
    "updates": ["number"],
}  # fmt: skip
NUMERALS = [
    "0", "5", "10", "99999999999", "999999999999", "1000000000000", "1000000000001", "01", "00",
    "-1", "-0", "1.5", "5.0", "1e3", "1E1", "", "1 2", "true", "null", '"7"', "1" * 30, "[1, 22]",
    "{}", "+1",
]  # fmt: skip
ODDITIES = [
    "", " ", "\u3000", "\u00a0x", "x ", "a" * 200, "a" * 201, "水" * 200, "水" * 67, "safety",
    "leak", r"\n", r"\"", r"\\", "\\", "\x1f", "\x00", "\x7f", '"', '","id":"', "}", "{", "[", ":",
    "\n",
]  # fmt: skip
PIECES = st.sampled_from(["{", "}", '"', ",", ":", " ", "\\", "[", "]", '"x":{"id":"c"},'])


def numerals() -> st.SearchStrategy[str]:
    odd = st.sampled_from(NUMERALS)
    return st.integers(0, 9).flatmap(lambda n: st.integers(0, 10**13).map(str) if n else odd)


@st.composite
def layouts(draw: st.DrawFn, stream: Stream) -> tuple[list[tuple[str, str | None]], str, str]:
    """Fields in an order, with the text of those that are no strings, and what separates them."""
    scalars = {name: json.dumps(value) for name, value in SCALARS[stream].items()}
    others = dict.fromkeys([*STRINGS[stream], *AMOUNTS[stream], "extra"])
    fields = draw(st.permutations(list((others | scalars).items())))
    kept = {"id", "time", "complaint", "step"}
    chosen = [one for one in fields if one[0] in kept or draw(st.booleans())]
    if draw(st.integers(0, 9)) == 0:
        chosen.append(draw(st.sampled_from(fields)))
    return chosen, *draw(st.sampled_from([(",", ":"), (", ", ": ")]))


@st.composite
def records(draw: st.DrawFn, stream: Stream) -> list[bytes]:
    """Of at most two layouts, most values as they should be, a few bytes not."""
    written = [draw(layouts(stream)) for _ in range(draw(st.integers(1, 2)))]
    raws = []
    for number in range(draw(st.integers(1, 24))):
        fields, comma, colon = draw(st.sampled_from(written))
        odd = draw(st.sampled_from([*STRINGS[stream], *[None] * 20]))
        usual = STRINGS[stream] | {"id": f"c-{number}", "extra": "e", "time": TIMES[number % 2]}
        if odd is not None:
            usual[odd] = draw(st.sampled_from(TIMES if odd == "time" else ODDITIES))
        said = {name: f'"{value}"' for name, value in usual.items()}
        said |= {name: draw(numerals()) for name in AMOUNTS[stream]}
        pairs = (f'"{name}"{colon}{text or said[name]}' for name, text in fields)
        raw = "{" + comma.join(pairs) + "}"
        if draw(st.integers(0, 19)) == 0:
            at = draw(st.integers(0, len(raw)))
            raw = raw[:at] + draw(PIECES) + raw[at + draw(st.integers(0, 1)) :]
        raws.append(raw.encode())
        if draw(st.integers(0, 29)) == 0:
            raws[-1] = raws[-1].replace(b"o", b"\xe6\xb0")
    return raws


def said(stream: Stream, answers: Answers) -> list[object]:
    names = [name for name in FORMS[stream].kind.__struct_fields__ if name != "time"]
    columns = [answers.columns[name] for name in names]
    return [answers.odd, answers.places.tolist(), answers.columns.times.tolist(), *columns]


@given(st.data(), st.sampled_from(sorted(STRINGS)))
def test_a_run_says_what_each_of_its_records_does(data: st.DataObject, stream: Stream) -> None:
    reader, intake = Reader(stream, Intake(max_text=30)), Intake(max_text=30)
    for _ in range(2):  # the second time layouts and values are known
        raws = data.draw(records(stream))
        alone = Answers.of([parse(stream, raw, intake=intake) for raw in raws])
        assert said(stream, reader.run(raws)) == said(stream, alone)
        between = data.draw(st.sampled_from([b"", b'"', b'"\\\x00"{}\n', bytes(300)]))
        assert said(stream, reader.run(scattered(raws, between))) == said(stream, alone)


def scattered(raws: list[bytes], between: bytes) -> Values:
    """The same with other bytes before, between and behind them, as in what is fetched."""
    lengths = np.array([len(raw) for raw in raws])
    ends = np.cumsum(lengths + len(between))
    return Values(between.join([b"", *raws, b""]), ends - lengths, lengths)


def raw(number: int, **fields: Any) -> bytes:
    whole = {"id": f"c-{number}", "time": TIMES[0], "product": f"p{number % 3}", **fields}
    return json.dumps(whole, ensure_ascii=False).encode()


def test_values_of_records_written_alike_are_no_objects_until_asked_for() -> None:
    answers = Reader("complaints").run([raw(n, person="某人", vip=True) for n in range(100)])
    columns = answers.columns
    kinds = [type(columns.field(name)) for name in ("id", "person", "product", "vip")]
    assert kinds == [Spans, Spans, Coded, Listed]
    assert columns["id"] == [f"c-{n}" for n in range(100)]


def test_one_record_written_otherwise_does_not_hold_up_the_others() -> None:
    raws = [
        raw(n, extra=n / 7) if n == 50 else raw(n, text=r"\n") if n == 60 else raw(n)
        for n in range(99)
    ]
    form = FORMS["complaints"]
    bulk = Bulk(form, Intake(), example=form.decode, clean=lambda _: True)
    together, marks = bulk.read(raws)
    assert marks.tolist() == [n not in {50, 60} for n in range(99)]
    assert len(together) == 97


def test_records_that_differ_in_more_than_values_are_tried_again_after_some_runs() -> None:
    form = FORMS["complaints"]
    bulk = Bulk(form, Intake(), example=form.decode, clean=lambda _: True)
    alike = [raw(n) for n in range(99)]
    assert not bulk.read([raw(n, extra=n / 7) for n in range(99)]).marks.any()
    assert not any(bulk.read(alike).marks.any() for _ in range(RESTS))
    assert bulk.read(alike).marks.all()


def test_amounts_that_differ_are_read_all_at_once() -> None:
    raws = [raw(n, followers=n * n, other=[n, 7], engagement=10**n) for n in range(12)]
    form = FORMS["mentions"]
    bulk = Bulk(form, Intake(), example=form.decode, clean=lambda _: True)
    together, marks = bulk.read(raws)
    assert marks.all()
    assert together["followers"] == [n * n for n in range(12)]
    assert together.field("engagement").amounts().tolist() == [10**n for n in range(12)]


@pytest.mark.parametrize(("written", "value"), [(b"-0", 0), (b"5", 5)])
def test_an_amount_within_is_not_taken_for_the_one_that_counts(written: bytes, value: int) -> None:
    within = b'"meta": {"followers": %d}, "followers": ' + written
    raws = [raw(n, meta=0).replace(b'"meta": 0', within % n) for n in range(9)]
    assert Reader("mentions").run(raws).columns["followers"] == [value] * 9
