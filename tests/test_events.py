"""What comes in as bytes leaves as an event or as a refusal that names field and rule."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # publishes no types
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.broker.schemas import schemas
from streams.events.columns import Answers
from streams.events.event import (
    EARLIEST,
    LATEST,
    Complaint,
    Event,
    Mention,
    Rejected,
    Update,
)
from streams.events.forms import FORMS
from streams.events.instants import instant, instants
from streams.events.parsing import BLOCK, Reader, Tally, parse_run, unknown_fields
from streams.events.rejections import shown
from streams.settings import Intake, Stream
from tests.parsed import parse

SCHEMAS = Path(__file__).parents[1] / "docs" / "schemas"
TIME = "2026-03-01T09:30:00.250Z"
MILLISECONDS = 1772357400250
SOON = datetime.fromisoformat("2026-03-01")
SHORT: dict[Stream, dict[str, str]] = {
    "complaints": {},
    "mentions": {},
    "updates": {"complaint": "c-1", "step": "resolved"},
}


def raw(**fields: Any) -> bytes:
    return json.dumps({"id": "c-1", "time": TIME, **fields}).encode()


def complaint(**fields: Any) -> Complaint:
    event = parse("complaints", raw(**fields))
    assert isinstance(event, Complaint), event
    return event


def refusal(record: bytes, stream: Stream = "complaints") -> Rejected:
    answer = parse(stream, record)
    assert isinstance(answer, Rejected), answer
    assert answer.field
    assert answer.rule
    assert answer.value.isprintable()
    assert len(answer.value) <= 200
    return answer


def test_full_complaint_keeps_every_field() -> None:
    fields: dict[str, Any] = {
        "channel": "phone", "person": "p-7", "vip": True, "product": "水壶", "batch": "B12",
        "region": "north", "category": "billing", "demand": "compensation", "severity": "leak",
        "sentiment": "negative", "text": "漏水了",
    }  # fmt: skip
    assert complaint(**fields) == Complaint(id="c-1", time=MILLISECONDS, **fields)


def test_id_and_time_alone_make_a_complaint_and_a_mention() -> None:
    assert parse("complaints", raw()) == Complaint(id="c-1", time=MILLISECONDS)
    assert parse("mentions", raw()) == Mention(id="c-1", time=MILLISECONDS)


def test_update_without_its_complaint_or_step_is_refused() -> None:
    assert refusal(raw(step="resolved"), "updates").field == "complaint"
    assert refusal(raw(complaint="c-9"), "updates").field == "step"
    assert refusal(raw(complaint=" ", step="resolved"), "updates").rule == "is required"
    update = parse("updates", raw(complaint="c-9", step="called_back", score=8))
    assert update == Update(
        id="c-1", time=MILLISECONDS, complaint="c-9", step="called_back", score=8.0
    )


@pytest.mark.parametrize(
    "time",
    [
        TIME,
        "2026-03-01T17:30:00.250+08:00",
        "2026-03-01 17:30:00.250+0800",
        "2026-03-01T09:30:00.250999Z",
        MILLISECONDS,
        float(MILLISECONDS),
        1772357400.25,
    ],
)
def test_one_moment_however_written_is_one_number_of_milliseconds(time: object) -> None:
    assert complaint(time=time).time == MILLISECONDS


def test_a_time_never_moves_into_the_next_millisecond_or_minute() -> None:
    assert instant("2026-03-01T23:59:59.9999Z") == instant("2026-03-02T00:00:00Z") - 1
    assert instant(1075987407.896) == 1075987407896


def test_whole_seconds_are_told_from_milliseconds_by_size() -> None:
    assert complaint(time=1772357400).time == 1772357400000


@pytest.mark.parametrize(
    ("time", "rule"),
    [
        ("2026-03-01T09:30:00", "must carry its zone"),
        ("2026-03-01", "must carry its zone"),
        ("yesterday", "must be ISO 8601"),
        ("2026-02-30T00:00:00Z", "must be ISO 8601"),
        ("1970-01-01T00:00:00Z", "between the years 2000 and 9999"),
        ("1999-12-31T23:59:59Z", "between the years 2000 and 9999"),
        ("0001-01-01T00:00:00+14:00", "between the years 2000 and 9999"),
        ("9999-12-31T23:59:59-14:00", "between the years 2000 and 9999"),
        (0, "between the years 2000 and 9999"),
        (10**11 + 1, "between the years 2000 and 9999"),
        (-1, "Expected int >= 0"),
        (10**30, "Expected int <= 253402300799999"),
        (1e300, "Expected float <= 253402300799999.0"),
        (True, "Expected int | float | str, got bool"),
        ([], "Expected int | float | str, got array"),
        ("", "is required"),
        ("  ", "is required"),
    ],
)
def test_a_time_that_cannot_be_is_refused_by_name(time: object, rule: str) -> None:
    answer = refusal(raw(time=time))
    assert answer.field == "time"
    assert rule in answer.rule


@pytest.mark.parametrize(
    ("record", "field", "rule"),
    [
        (b"", "event", "truncated"),
        (b'{"id":"c-1"', "event", "truncated"),
        (b"not json", "event", "malformed"),
        (raw() + b"x", "event", "malformed"),
        (b"null", "event", "Expected object"),
        (b"[1]", "event", "Expected object"),
        (b'"text"', "event", "Expected object"),
        (b'{"time":"2026-03-01T00:00:00Z"}', "id", "is required"),
        (b'{"id":"c-1"}', "time", "is required"),
        (raw(id=""), "id", "is required"),
        (raw(id=" \t "), "id", "is required"),
        (raw(id="x" * 201), "id", "length <= 200"),
        (raw(id=5), "id", "Expected str"),
        (raw(product="x" * 201), "product", "length <= 200"),
        (raw(region={"a": 1}), "region", "Expected str"),
        (raw(vip="maybe"), "vip", "Expected bool"),
        (raw(demand="money"), "demand", "must be one of compensation, explanation"),
        (raw(severity="bad"), "severity", "must be one of safety, leak, regulated, normal"),
        (raw(sentiment="cross"), "sentiment", "must be one of negative, neutral, positive"),
        (raw(sentiment=1.5), "sentiment", "<= 1.0"),
        (raw(category="a\x1fb"), "category", "U+001F"),
        (raw(category="\x1f"), "category", "U+001F"),
        (raw(batch="a\0"), "batch", "U+0000"),
        (b'{"id":"c-1","time":1772323200,"text":"\xff"}', "event", "UTF-8"),
        (b'{"id":"c-1","time":1772323200,"text":"\\ud800"}', "text", "surrogate"),
        (b'{"id":"c-1","time":1772323200,"text":"\\udc00 x"}', "text", "surrogate"),
        (b'{"id":"c-1","time":1e999}', "time", "out of range"),
        (b'{"id":"c-1","time":NaN}', "event", "malformed"),
        (b'{"id":"c-1","time":1772323200,"vip":' + b"[" * 50_000, "vip", "got array"),
        (b'{"id":"c-1","time":1772323200,"x":' + b"[" * 50_000, "event", "nested"),
    ],
)  # fmt: skip
def test_what_is_no_complaint_is_refused_by_field_and_rule(
    record: bytes, field: str, rule: str
) -> None:
    answer = refusal(record)
    assert answer.field == field
    assert rule in answer.rule


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"followers": -1}, "followers"), ({"followers": 10**13}, "followers"),
     ({"engagement": 1.5}, "engagement"), ({"link": "x" * 2001}, "link"),
     ({"platform": "\0"}, "platform"), ({"followers": 10**40}, "followers")],
)  # fmt: skip
def test_what_is_no_mention_is_refused_by_field(fields: dict[str, Any], field: str) -> None:
    assert refusal(raw(**fields), "mentions").field == field


def test_a_score_outside_0_to_10_is_refused() -> None:
    for score in (-1, 10.5):
        record = raw(complaint="c-9", step="called_back", score=score)
        assert refusal(record, "updates").field == "score"


def test_an_event_larger_than_the_limit_is_refused_before_it_is_decoded() -> None:
    answer = refusal(b"{" + b"x" * 5_000_000)
    assert answer.field == "event"
    assert answer.value == "5000001 bytes"
    assert "intake.max_event_bytes" in answer.rule


def test_a_long_text_is_cut_and_counted() -> None:
    tally = Tally()
    intake = Intake(max_text=10)
    runs = [raw(text="x" * 10), raw(text="漏" * 11)]
    short, long = parse_run("complaints", runs, intake=intake, tally=tally)
    assert isinstance(short, Complaint)
    assert isinstance(long, Complaint)
    assert (short.text, long.text) == ("x" * 10, "漏" * 10)
    assert tally.texts_cut == 1


BLANKS = ["", " ", "\t\n", "\u3000", "\u00a0 "]


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_value_is_an_absent_one_in_every_optional_field(blank: str) -> None:
    for stream, form in FORMS.items():
        short = {"id": "c-1", "time": TIME, **SHORT[stream]}
        for name in set(form.kind.__struct_fields__) - set(short):
            record = json.dumps({**short, name: blank}).encode()
            assert parse(stream, record) == parse(stream, json.dumps(short).encode()), name


def test_keys_lose_the_blanks_around_them_and_share_a_series() -> None:
    runs = [raw(product=" kettle "), raw(product="kettle"), raw(product="\u3000kettle")]
    assert {event.product for event in parse_run("complaints", runs)} == {"kettle"}  # type: ignore[union-attr]  # all are sound


def test_control_characters_of_text_and_identities_are_data() -> None:
    event = complaint(id="a\nb", person="\x1bp", text="line\nline\x00")
    assert (event.id, event.person, event.text) == ("a\nb", "\x1bp", "line\nline\x00")


def test_a_refused_value_stays_on_one_short_line() -> None:
    assert shown("a\nb\x1b\u2028" + "x" * 300).startswith("a\\nb\\x1b\\u2028xxx")
    assert len(shown("\n" * 300)) == 200
    assert refusal(raw(demand="a\nb")).value == "a\\nb"


def test_a_sentiment_score_becomes_its_word() -> None:
    words = [complaint(sentiment=score).sentiment for score in (-1, -0.05, -0.01, 0, 0.04, 0.5)]
    assert words == ["negative", "negative", "neutral", "neutral", "neutral", "positive"]


def test_unknown_fields_are_passed_over_and_can_be_named() -> None:
    record = raw(priority=1, Channel="phone")
    assert parse("complaints", record) == complaint()
    assert unknown_fields("complaints", record) == {"priority", "Channel"}
    assert unknown_fields("complaints", raw(channel="phone")) == frozenset()
    assert unknown_fields("complaints", b"\xff") == frozenset()


def test_one_bad_record_leaves_its_run_in_order() -> None:
    answers = parse_run("complaints", [raw(id="a"), b"{", raw(id="b")])
    assert [type(answer) for answer in answers] == [Complaint, Rejected, Complaint]


# Text a producer can write: no lone surrogates. Names: not blank, no blanks around them.
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50).filter(
    lambda text: bool(text.strip())
)
names = texts.filter(lambda text: text == text.strip() and not {"\x1f", "\0"} & set(text))
times = st.integers(EARLIEST, LATEST)


def optional(kind: type[Event]) -> dict[str, st.SearchStrategy[Any]]:
    """A strategy for each field of a kind but id and time."""
    fields: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(kind.__struct_fields__, names)
    fields |= {
        "vip": st.booleans(),
        "demand": st.sampled_from(["compensation", "explanation", "improvement", "emotional"]),
        "severity": st.sampled_from(["safety", "leak", "regulated", "normal"]),
        "sentiment": st.sampled_from(["negative", "neutral", "positive"]),
        "step": st.sampled_from(["accepted", "plan_offered", "called_back", "reopened"]),
        "followers": st.integers(0, 10**12),
        "engagement": st.integers(0, 10**12),
        "score": st.floats(0, 10),
        **dict.fromkeys(["text", "note", "person", "author", "root", "repost_of"], texts),
    }
    return {name: fields[name] for name in kind.__struct_fields__ if name not in ("id", "time")}


def made(kind: type[Event], required: tuple[str, ...] = ()) -> st.SearchStrategy[Event]:
    fields = optional(kind)
    always = {name: fields.pop(name) for name in required}
    return st.fixed_dictionaries({"id": texts, "time": times, **always}, optional=fields).map(
        lambda values: kind(**values)
    )


valid = st.one_of(
    st.tuples(st.just("complaints"), made(Complaint)),
    st.tuples(st.just("mentions"), made(Mention)),
    st.tuples(st.just("updates"), made(Update, ("complaint", "step"))),
)


@given(valid)
def test_every_event_survives_the_wire(case: tuple[Stream, Event]) -> None:
    stream, event = case
    assert parse(stream, msgspec.json.encode(event)) == event


@given(st.sampled_from(["complaints", "mentions", "updates"]), st.binary(max_size=200))
def test_no_bytes_raise(stream: Stream, record: bytes) -> None:
    answer = parse(stream, record)
    unknown_fields(stream, record)
    assert not isinstance(answer, Rejected) or (answer.field and answer.rule)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
known = sorted(
    {*Complaint.__struct_fields__, *Mention.__struct_fields__, *Update.__struct_fields__}
)


@given(
    st.sampled_from(["complaints", "mentions", "updates"]),
    st.dictionaries(st.sampled_from(known) | st.text(), anything, max_size=6),
    st.booleans(),
)
def test_no_record_of_known_fields_with_odd_values_raises(
    stream: Stream, record: dict[str, Any], complete: bool
) -> None:
    fields = {"id": "c-1", "time": TIME, **SHORT[stream]} if complete else {}
    answer = parse(stream, json.dumps({**fields, **record}).encode())
    if isinstance(answer, Rejected):
        assert answer.field
        assert answer.rule
        assert answer.value.isprintable()
    else:
        assert parse(stream, msgspec.json.encode(answer)) == answer


def test_published_schemas_are_those_of_the_wire_types() -> None:
    published = {path.stem: path.read_text(encoding="utf-8") for path in SCHEMAS.glob("*.json")}
    assert published == schemas(), "write each of streams.broker.schemas.schemas() to docs/schemas"


def test_published_schemas_accept_what_parses_and_refuse_what_does_not() -> None:
    schema = json.loads(schemas()["complaints"])
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    for time in (TIME, 1772323200, 1772323200.5):
        assert judge.is_valid(json.loads(raw(time=time, sentiment=-0.5, extra=1)))
    for bad in (raw(demand="money"), raw(id=""), raw(vip="maybe"), raw(sentiment=2), b'{"id":"a"}'):
        assert not judge.is_valid(json.loads(bad))


@given(st.lists(st.datetimes(timezones=st.timezones() | st.none()), min_size=1, max_size=5))
def test_many_times_read_at_once_are_the_same_as_one_by_one(moments: list[datetime]) -> None:
    written = [moment.isoformat() for moment in moments]
    together = instants(written)
    assert together is None or together.tolist() == list(map(instant, written))


def _or_none(text: str) -> int | None:
    try:
        return instant(text)
    except ValueError:
        return None


@given(
    moments=st.lists(st.datetimes(SOON.replace(year=1999), SOON.replace(year=2096)), min_size=1),
    form=st.sampled_from(
        ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S.%f+08:00", "%Y-%m-%dT%H:%M:%S.%f-03:30",
         "%Y-%m-%dT%H:%M:60Z", "%Y-02-%dT%H:%M:%SZ", "%Y-%m-%dT24:%M:%SZ", "%Y-%m-%dT%H:%M:%S"]
    ),
    digits=st.integers(1, 6),
)  # fmt: skip
def test_times_written_alike_are_read_at_once_and_refused_if_one_of_them_is(
    moments: list[datetime], form: str, digits: int
) -> None:
    written = [
        re.sub(r"(\.\d{6})", lambda f: f[0][: digits + 1], m.strftime(form)) for m in moments
    ]
    expected = list(map(_or_none, written))
    together = instants(written)
    assert (None if together is None else together.tolist()) == (
        None if None in expected else expected
    )


def test_times_written_in_different_ways_are_read_at_once_too() -> None:
    together = instants([TIME, "2026-03-01T17:30:00.250+08:00"])
    assert together is not None
    assert together.tolist() == [MILLISECONDS, MILLISECONDS]


sound = st.builds(msgspec.json.encode, made(Complaint))
written = st.builds(
    lambda n, time: raw(id=f"c-{n}", time=time),
    st.integers(0, 9),
    st.sampled_from([TIME, "2026-03-01", "2099-12-31T23:59:59.999999Z", 5, MILLISECONDS]),
)
odd = st.sampled_from(
    [
        b"", b"{", b"}", b"null", b"[{}]", b" " + raw() + b" ", raw() + raw(),
        raw() + b"\n" + raw(), raw(text="two\nlines").replace(b"\\n", b"\n"),
        raw(sentiment=-0.5), raw(text="", person=" "),
        b'{"id":"c-1","text":"}', b'{","time":1772357400}', b'{"id":"c-1","x":{}',
        raw(product=" kettle "), b'{"id":"c-1",\n"time":1772357400}',
    ]
)  # fmt: skip


@given(st.lists(sound | written | odd, max_size=8))
def test_a_run_is_read_as_each_of_its_records_alone_would_be(raws: list[bytes]) -> None:
    alone = [parse("complaints", raw) for raw in raws]
    assert parse_run("complaints", raws) == alone
    assert said(Reader("complaints").run(raws)) == said(Answers.of(alone))


def said(answers: Answers) -> list[object]:
    columns = [answers.columns[field] for field in Complaint.__struct_fields__ if field != "time"]
    return [answers.odd, answers.places.tolist(), answers.columns.times.tolist(), *columns]


def test_a_run_of_several_blocks_keeps_its_order_around_a_bad_record() -> None:
    raws = [raw(id=f"c-{n}") for n in range(3 * BLOCK + 1)]
    raws[BLOCK] = raws[2 * BLOCK - 1] = b"{"
    answers = parse_run("complaints", raws)
    assert answers == [parse("complaints", raw) for raw in raws]
    assert said(Reader("complaints").run(raws)) == said(Answers.of(answers))
    assert [n for n, one in enumerate(answers) if isinstance(one, Rejected)] == [
        BLOCK, 2 * BLOCK - 1
    ]  # fmt: skip


def test_two_objects_in_one_record_do_not_make_up_for_one_split_over_two() -> None:
    split = [b'{"id":"c-1","text":"}', b'{","time":1772357400}']
    raws = [raw(), *split, raw() + raw()]
    answers = parse_run("complaints", raws)
    assert [type(answer) for answer in answers] == [Complaint, Rejected, Rejected, Rejected]
