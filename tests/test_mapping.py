"""Records with field names of their own become events, by a mapping that is checked first."""

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.event import Complaint, Event, Mention, Rejected
from streams.events.mapping import Mapping, MappingError, load
from streams.events.parsing import Tally
from tests.data import shared

EXAMPLES = Path(__file__).parents[1] / "examples"
SHORT = 'stream = "complaints"\n[fields]\ntime = "at"\n'
NOON = "2026-03-01T12:00:00Z"
NOON_MS = 1772366400000


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Writes a mapping and loads it."""

    def written(text: str) -> Mapping:
        path = tmp_path / "map.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return written


def event(mapping: Mapping, **row: object) -> Event:
    answer = mapping.translation().row(row, id="own")
    assert not isinstance(answer, Rejected), answer
    return answer


def refusal(mapping: Mapping, **row: object) -> Rejected:
    answer = mapping.translation().row(row, id="own")
    assert isinstance(answer, Rejected), answer
    return answer


def time_of(write: Any, written: object, format: str = "", zone: str = "") -> int | str:  # noqa: A002
    """Milliseconds, or the rule that is broken."""
    zoned = f'zone = "{zone}"\n' if zone else ""
    column = f'{{ column = "at", format = "{format}" }}' if format else '"at"'
    mapping = write(f'stream = "complaints"\n{zoned}[fields]\ntime = {column}\n')
    answer = mapping.translation().row({"at": written}, id="own")
    return answer.rule if isinstance(answer, Rejected) else answer.time


def test_columns_patterns_values_and_constants_make_an_event(write: Any) -> None:
    mapping = write("""
        stream = "complaints"
        zone = "America/New_York"
        [fields]
        id = "number"
        time = { column = "created_at", format = "%Y-%m-%d %H:%M:%S" }
        category = { column = "reason", pattern = "^([^/]+)" }
        region = { column = "twp" }
        severity = { column = "grade", values = { A = "safety", "?" = "" } }
        vip = { column = "tier", values = { gold = true, silver = false } }
        [constants]
        channel = "phone"
        """)
    row = {"number": 7, "created_at": "2015-12-10 17:40:00", "reason": "GAS-ODOR/LEAK"}
    full = event(mapping, **row, twp=" NORRISTOWN ", grade="A", tier="gold")
    assert full == Complaint(
        id="7", time=1449787200000, category="GAS-ODOR", region="NORRISTOWN",
        severity="safety", vip=True, channel="phone",
    )  # fmt: skip
    assert event(mapping, **row, twp="", grade="?") == Complaint(
        id="7", time=1449787200000, category="GAS-ODOR", channel="phone"
    )


def test_a_record_without_an_id_takes_the_one_of_its_place(write: Any) -> None:
    assert event(write(SHORT), at=NOON).id == "own"
    with_column = write(SHORT + 'id = "number"\n')
    assert event(with_column, at=NOON, number=" ").id == "own"
    assert event(with_column, at=NOON, number="n-1").id == "n-1"


def test_a_pattern_without_a_match_leaves_the_field_out_and_is_counted(write: Any) -> None:
    mapping = write(SHORT + "category = { column = 'reason', pattern = 'code=(\\d+)|(x)' }\n")
    tally = Tally()
    translate = mapping.translation(tally=tally)
    rows = [{"at": NOON, "reason": reason} for reason in ("code=5", "none", "x", "", None)]
    answers = [translate.row(row, id="own") for row in rows]
    assert [a.category for a in answers if isinstance(a, Complaint)] == ["5", *[None] * 4]
    assert tally.unmatched == Counter(category=2)


def test_numbers_and_truths_in_text_are_read_and_wrong_ones_refused(write: Any) -> None:
    mapping = write(
        'stream = "mentions"\n[fields]\ntime = "at"\nfollowers = "fans"\nsentiment = "mood"\n'
    )
    assert event(mapping, at=NOON, fans="12", mood="-0.5") == Mention(
        id="own", time=NOON_MS, followers=12, sentiment="negative"
    )
    assert event(mapping, at=NOON, fans=12.0) == event(mapping, at=NOON, fans="12.0")
    assert refusal(mapping, at=NOON, fans="many").field == "followers"
    assert refusal(mapping, at=NOON, fans=["1"]) == Rejected(
        "followers", "an array", "must be text, a number, true or false"
    )
    assert "sentiment" in refusal(mapping, at=NOON, mood="cross").field


@pytest.mark.parametrize(
    ("written", "format", "zone"),
    [
        (NOON, "", ""),
        (NOON, "iso", "Asia/Shanghai"),
        ("2026-03-01T20:00:00+08:00", "", "America/New_York"),
        ("2026-03-01T20:00:00", "", "Asia/Shanghai"),
        ("2026-03-01 20:00:00", "%Y-%m-%d %H:%M:%S", "Asia/Shanghai"),
        ("2026-03-01 20:00", "%Y-%m-%d %H:%M", "Asia/Shanghai"),
        ("2026-3-1 20:0:0", "%Y-%m-%d %H:%M:%S", "Asia/Shanghai"),
        ("01.03.2026 20:00", "%d.%m.%Y %H:%M", "Asia/Shanghai"),
        ("2026-03-01 12:00:00 +0000", "%Y-%m-%d %H:%M:%S %z", ""),
        ("1772366400", "epoch", ""),
        ("1772366400.0", "epoch", ""),
        (1772366400, "epoch", ""),
        ("1772366400000", "epoch_ms", ""),
        ("46082.83333", "excel", "Asia/Shanghai"),
        (46082.833333333336, "excel", "Asia/Shanghai"),
        (NOON_MS, "", ""),
    ],
)
def test_one_moment_in_any_format_is_one_time(
    write: Any, written: object, format: str, zone: str  # noqa: A002
) -> None:  # fmt: skip
    assert time_of(write, written, format, zone) == NOON_MS


@pytest.mark.parametrize(
    ("written", "format", "zone", "rule"),
    [
        ("2026-03-01T12:00:00", "", "", "must carry its zone, or the mapping must name one"),
        ("2026-03-01 12:00:00", "%Y-%m-%d %H:%M:%S", "", "must carry its zone"),
        ("2026-03-01 12:00+01", "%Y-%m-%d %H:%M:%S", "Asia/Shanghai", "must be written as %Y-%m"),
        ("2026-03-01T12:00:00", "%Y-%m-%d %H:%M:%S", "Asia/Shanghai", "must be written as %Y-%m"),
        ("soon", "", "", "must be ISO 8601 with a zone, or epoch"),
        ("soon", "", "Asia/Shanghai", "must be ISO 8601, or epoch"),
        ("46082.5", "excel", "", "must carry its zone, or the mapping must name one"),
        ("45213x", "excel", "Asia/Shanghai", "must be a number"),
        ("1e299", "excel", "Asia/Shanghai", "between the years 2000 and 9999"),
        ("36000", "excel", "Asia/Shanghai", "between the years 2000 and 9999"),
        ("soon", "%d.%m.%Y", "Asia/Shanghai", "must be written as %d.%m.%Y"),
        ("01.01.1971", "%d.%m.%Y", "Asia/Shanghai", "between the years 2000 and 9999"),
        ("0001-01-01 00:00:00", "%Y-%m-%d %H:%M:%S", "Asia/Shanghai", "between the years 2000"),
        ("9999-12-31 23:59:59", "%Y-%m-%d %H:%M:%S", "America/New_York", "between the years 2000"),
        ("1e400", "epoch", "", "must be a number"),
        ("nan", "epoch_ms", "", "must be a number"),
        ("-5", "epoch", "", "between the years 2000 and 9999"),
        (-(10**400), "", "", "between the years 2000 and 9999"),
        ("", "", "", "is required"),
        (None, "epoch", "", "is required"),
        ([1], "%d.%m.%Y", "", "must be text, a number"),
    ],
)
def test_a_time_that_cannot_be_read_is_refused(
    write: Any, written: object, format: str, zone: str, rule: str  # noqa: A002
) -> None:  # fmt: skip
    assert rule in str(time_of(write, written, format, zone))


def test_local_times_follow_the_clocks_of_their_zone(write: Any) -> None:
    def new_york(written: str) -> int | str:
        return time_of(write, written, "%Y-%m-%d %H:%M:%S", "America/New_York")

    spring_before, spring_left_out, spring_after = (
        new_york(f"2016-03-13 {clock}") for clock in ("01:59:59", "02:30:00", "03:30:00")
    )
    assert spring_before == 1457852399000
    assert spring_left_out == spring_after
    assert new_york("2016-11-06 01:30:00") == 1478410200000  # the first of the two, summer time


def test_received_is_read_beside_the_event(write: Any) -> None:
    mapping = write(SHORT + 'received = { column = "came", format = "epoch" }\n')
    translate = mapping.translation()
    assert translate.received({"at": NOON, "came": "1772366460"}) == NOON_MS + 60_000
    assert translate.received({"at": NOON, "came": "later"}) is None
    assert translate.received({"at": NOON}) is None
    assert write(SHORT).translation().received({"at": NOON}) is None


def test_records_of_a_topic_are_translated_in_order(write: Any) -> None:
    mapping = write(SHORT + 'region = "ort"\n')
    raws = [json.dumps({"at": NOON, "ort": "北区"}).encode(), b"{", b"[]", b'{"ort":"x"}']
    first, *others = mapping.parse_run(raws, [f"calls-0-{n}" for n in range(4)])
    assert first == Complaint(id="calls-0-0", time=NOON_MS, region="北区")
    assert [r.field for r in others if isinstance(r, Rejected)] == ["event", "event", "time"]


def test_an_oversized_record_of_a_topic_is_refused(write: Any) -> None:
    (answer,) = write(SHORT).parse_run([b"x" * 5_000_000], ["a"])
    assert isinstance(answer, Rejected)
    assert "intake.max_event_bytes" in answer.rule


@given(st.binary(max_size=200))
def test_no_bytes_raise(raw: bytes) -> None:
    (answer,) = load(EXAMPLES / "montco911.toml").parse_run([raw], ["a"])
    assert not isinstance(answer, Rejected) or (answer.field and answer.rule)


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
cells = values | st.lists(values, max_size=2) | st.dictionaries(st.text(), values, max_size=2)


@given(st.dictionaries(st.sampled_from(["created_at", "dept", "reason", "twp"]), cells))
def test_no_row_raises(row: dict[str, Any]) -> None:
    answer = load(EXAMPLES / "montco911.toml").translation().row(row, id="own")
    assert not isinstance(answer, Rejected) or (answer.field and answer.rule)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("stream = ", "must be TOML"),
        ('[fields]\ntime = "at"', "missing required field stream"),
        ('stream = "calls"\n[fields]', "stream: must be one of complaints, mentions, updates"),
        ('stream = "complaints"\n[fields]', "fields.time: is required"),
        (SHORT + "[other]", "unknown field other"),
        (SHORT + 'categry = "c"', "fields.categry: is not a field of complaints; they are: cat"),
        (SHORT + 'region = { colum = "c" }', "fields.region: Object contains unknown field colum"),
        (SHORT + "region = { pattern = '(x)' }", "fields.region: Object missing required field"),
        (SHORT + "region = { column = 'c', pattern = 'x' }", "fields.region.pattern: must have a"),
        (SHORT + "region = { column = 'c', pattern = '(' }", "fields.region.pattern: must be a r"),
        (SHORT + "region = { column = 'c', format = 'iso' }", "fields.region.format: is for time"),
        (SHORT + "region = ''", "fields.region.column: must name a column"),
        (SHORT + "received = { column = 'c', format = 'rfc' }", "fields.received.format: must be"),
        (SHORT + "received = { column = 'c', format = '%Q' }", "fields.received.format: must be"),
        (SHORT + "received = { column = 'c', pattern = '(x)' }", "fields.received.pattern, values"),
        (SHORT + "[constants]\nchanel = 'x'", "constants.chanel: is not a field of complaints"),
        (SHORT + "[constants]\nid = 'x'", "constants.id: must differ from event to event"),
        (SHORT + "[constants]\ndemand = 'x'", "constants.demand: must be one of compensation"),
        (SHORT + "region = 'r'\n[constants]\nregion = 'x'", "constants.region: has a column too"),
        ('zone = "Asia/Shangai"\n' + SHORT, "zone: Asia/Shangai is no time zone; nearest: Asia"),
        ('zone = "/etc/passwd"\n' + SHORT, "zone: /etc/passwd is no time zone"),
        ('stream = "updates"\n[fields]\ntime = "at"\ncomplaint = "c"', "fields.step: is required"),
    ],
)  # fmt: skip
def test_a_faulty_mapping_is_refused_by_file_field_and_rule(
    write: Any, text: str, problem: str
) -> None:
    with pytest.raises(MappingError) as caught:
        write(text)
    (line,) = str(caught.value).splitlines()
    assert "map.toml: " in line
    assert problem in line


def test_all_faults_are_told_at_once(write: Any) -> None:
    with pytest.raises(MappingError) as caught:
        write(SHORT + "region = ''\nchanel = 'c'\n[constants]\nvip = 'maybe'\n")
    assert len(str(caught.value).splitlines()) == 3


def test_a_mapping_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="No such file"):
        load(tmp_path / "none.toml")
    with pytest.raises(MappingError, match="cannot be read"):
        load(tmp_path)


def test_a_missing_column_says_which_there_are_nearest_first(write: Any) -> None:
    mapping = write(SHORT + 'category = "reasn"\n')
    with pytest.raises(MappingError) as caught:
        mapping.check(["id", "at", "reason", "twp"], "complaints.csv")
    assert str(caught.value).endswith(
        'map.toml: fields.category: column "reasn" is not in complaints.csv; '
        "it has: reason, at, id, twp"
    )
    mapping.check(["reasn", "at"], "complaints.csv")


def test_a_list_of_columns_that_is_cut_says_how_many_more_there_are(write: Any) -> None:
    mapping = write(SHORT + 'category = "reason"\n')
    with pytest.raises(MappingError) as caught:
        mapping.check(["id", "at", *(f"c{n}" for n in range(13))], "complaints.csv")
    assert str(caught.value).endswith(" and 3 more")


@pytest.mark.parametrize(
    ("example", "data"),
    [
        ("montco911.toml", ("montco911", "calls_to_2016-03.csv.gz")),
        ("airline.toml", ("airline", "airline_events.csv.gz")),
    ],
)
def test_examples_name_columns_that_their_data_has(example: str, data: tuple[str, str]) -> None:
    with gzip.open(shared(*data), "rt", encoding="utf-8") as lines:
        load(EXAMPLES / example).check(lines.readline().strip().split(","), data[1])


def test_the_mapping_in_the_document_loads_and_reads_what_it_says(write: Any) -> None:
    document = (EXAMPLES.parent / "docs" / "own-data.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", document, re.DOTALL)
    row = {
        "工单号": "1",
        "投诉时间": "2026/3/5 14:02",
        "分类": "质量/漏水",
        "是否VIP": "是",
        "涉及安全": "否",
    }
    assert event(write(text), **row) == Complaint(
        id="1", time=1772690520000, category="质量", vip=True, severity="normal", channel="phone"
    )
