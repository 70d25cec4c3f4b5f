"""Marks: what people said of incidents, and which incidents of a run they are about."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.signal import Kind, Signal
from streams.files.regions import provinces
from streams.hindsight.called import Called, called
from streams.hindsight.marks import AROUND, Mark, MarksError, Ruling, akin, load, placed
from tests.alerts.samples import NOON, run, scoped, surge

HEADER = "incident,scope,at,mark,reason"
FIELDS = st.dictionaries(st.sampled_from(["product", "region", "batch"]), st.sampled_from("ab"))


def written(folder: Path, *rows: str) -> Path:
    path = folder / "marks.csv"
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return path


def incidents(*signals: Signal) -> list[Called]:
    _, decisions = run(signals)
    return called([line for decision in decisions for line in decision.incidents], signals)


def marked(scope: dict[str, str], at: datetime) -> Mark:
    return Mark(2, Ruling.REAL, scope=scope, at=at)


def test_an_incident_is_marked_by_its_id_or_by_scope_and_time(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "I-ABCDEFGH,,,not_a_crisis,a promotion",
        ",product=Kettle K3; batch=B1,2026-03-02T12:30+08:00,real,",
        ',"{""region"": ""Hainan""}",2026-03-02T12:30Z,real,storm',
    )
    first, second, third = load(path)
    assert first == Mark(2, Ruling.NOT_A_CRISIS, incident="I-ABCDEFGH", reason="a promotion")
    assert second.scope == {"product": "Kettle K3", "batch": "B1"}
    assert second.at == datetime.fromisoformat("2026-03-02T04:30+00:00")
    assert (third.scope, third.reason) == ({"region": "Hainan"}, "storm")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("I-A,,,crisis,", "row 2: mark: must be one of real, not_a_crisis, got 'crisis'"),
        (",,,real,", "row 2: incident: must be given, or scope and at in its place, got ''"),
        ("I-A,product=x,,real,", "row 2: scope: must be empty, as at, where incident is given"),
        (",product=x,2026-03-02,real,", "row 2: at: must be a time with its zone"),
        (",product=x,noon,real,", "row 2: at: must be a time with its zone"),
        (",product=x,0001-01-01T00:00+08:00,real,", "row 2: at: must be from the year 2000 to"),
        (",product=x,9999-12-31T23:59-08:00,real,", "row 2: at: must be from the year 2000 to"),
        (",product,2026-03-02T12:00Z,real,", "row 2: scope: must be such as product=Kettle K3;"),
        (",{},2026-03-02T12:00Z,real,", "row 2: scope: must be such as product=Kettle K3;"),
        (",{x,2026-03-02T12:00Z,real,", "row 2: scope: must be such as product=Kettle K3;"),
        (",town=x,2026-03-02T12:00Z,real,", "row 2: scope: fields must be of ["),
        (",stream=x,2026-03-02T12:00Z,real,", "row 2: scope: stream must be one of ["),
    ],
)
def test_a_row_that_is_wrong_is_named_with_column_rule_and_value(
    tmp_path: Path, row: str, said: str
) -> None:
    with pytest.raises(MarksError) as refusal:
        load(written(tmp_path, row))
    assert said in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


def test_all_wrong_rows_are_named_at_once_and_a_lacking_column_too(tmp_path: Path) -> None:
    with pytest.raises(MarksError) as refusal:
        load(written(tmp_path, *["I-A,,,maybe,"] * 30))
    assert str(refusal.value).splitlines()[-1].endswith("and more")
    path = tmp_path / "marks.csv"
    path.write_text("incident,mark\n", encoding="utf-8")
    with pytest.raises(MarksError, match="lacks"):
        load(path)


def test_a_mark_by_id_is_placed_where_its_incident_lies(tmp_path: Path) -> None:
    (one,) = found = incidents(surge("a", scope=scoped(product="kettle")))
    path = tmp_path / "marks.csv"
    (case,) = placed(path, [Mark(2, Ruling.REAL, incident=one.line.id)], found)
    assert case.scope == one.line.about
    assert case.calls(found) == [one]
    with pytest.raises(MarksError, match="row 3: incident: must be of an incident"):
        placed(path, [Mark(3, Ruling.REAL, incident="I-NOBODYS")], found)


@pytest.mark.parametrize(
    ("scope", "met"),
    [
        ({"product": "kettle"}, True),
        ({"product": "kettle", "batch": "B1"}, True),
        ({"product": "iron"}, False),
        ({"region": "Hainan"}, False),
    ],
)
def test_a_mark_by_scope_finds_what_holds_it_or_is_held_by_it(
    scope: dict[str, str], met: bool
) -> None:
    (one,) = found = incidents(surge("a", scope=scoped(product="kettle")))
    (case,) = placed(Path("m.csv"), [marked(scope, one.line.opened)], found)
    assert bool(case.calls(found)) is met


def test_a_mark_finds_each_of_the_regions_that_rise_together() -> None:
    scope = scoped(region="Hainan")
    found = incidents(surge("a", kind=Kind.SPATIAL, scope=scope, regions=("Hainan", "Guangdong")))
    at = found[0].line.opened
    places = [marked({"region": name}, at) for name in ("Hainan", "Guangdong", "Guangxi")]
    cases = placed(Path("m.csv"), places, found)
    assert [bool(case.calls(found)) for case in cases] == [True, True, False]


def test_a_region_is_marked_by_any_of_its_names(tmp_path: Path) -> None:
    path = written(tmp_path, ",region=海南省,2026-03-02T12:30Z,real,")
    assert load(path, provinces("en"))[0].scope == {"region": "Hainan"}
    assert load(path, provinces("zh"))[0].scope == {"region": "海南"}
    assert load(path)[0].scope == {"region": "海南省"}


@pytest.mark.parametrize(("days", "met"), [(-3, False), (0, True), (3, False)])
def test_a_mark_finds_what_is_of_its_time_alone(days: int, met: bool) -> None:
    (one,) = found = incidents(surge("a", scope=scoped(product="kettle")))
    at = one.line.opened + timedelta(days=days)
    (case,) = placed(Path("m.csv"), [marked({"product": "kettle"}, at)], found)
    assert bool(case.calls(found)) is met
    assert timedelta(days=3) > AROUND + (one.line.at - one.signal.onset)
    assert one.line.opened >= NOON - timedelta(days=1)


@given(one=FIELDS, other=FIELDS)
def test_kin_is_mutual_and_a_scope_is_akin_to_itself(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert akin(one, other) is akin(other, one)
    assert akin(one, one)


@given(one=FIELDS, more=FIELDS)
def test_a_narrower_scope_is_akin_to_the_one_that_holds_it(
    one: dict[str, str], more: dict[str, str]
) -> None:
    if one:
        assert akin(one, {**more, **one})
