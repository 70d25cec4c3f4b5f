"""The reference table of regions: what is read, what is refused, and how events are counted."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from alerts.names import PROVINCES
from streams.columnar.fields import Coded, Field, Listed
from streams.columnar.vocabulary import Names
from streams.configuration.sections import Cut, Tables
from streams.events.rejections import PROBLEMS
from streams.files import regions
from streams.files.regions import BUILT_IN, NAMED, NONE, Regions, provinces
from streams.files.tables import Table
from streams.settings import Settings, SettingsError, load
from tests.streams.logs import Partition, complaint, log, plan, settings, total
from tocsin.cli import app

EXAMPLE = Path(__file__).parents[1] / "examples" / "regions.csv"
HEADER = "region,parent,neighbours,aliases"
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20)


def written(folder: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    file = folder / "regions.csv"
    file.write_text("\n".join((header, *rows)), encoding=encoding)
    return file


def refusal(file: Path) -> list[str]:
    with pytest.raises(ValueError, match=file.name) as caught:
        regions.load(file)
    return str(caught.value).replace(f"{file}: ", "").splitlines()


def test_the_built_in_table_has_the_34_divisions_and_borders_written_from_both_sides() -> None:
    with BUILT_IN.open("rb") as content:
        rows = list(regions._rows(Table(iter(content)), "region", pytest.fail))
    assert len(rows) == 34
    bordering = {row.region: set(row.neighbours) for row in rows}
    for region, near in bordering.items():
        assert near
        for other in near:
            assert region in bordering[other], (region, other)
    assert bordering["广东"] == {"福建", "江西", "湖南", "广西", "海南", "香港", "澳门"}
    assert sum(map(len, bordering.values())) == 2 * 73


@pytest.mark.parametrize("language", NAMED)
@pytest.mark.parametrize(
    ("told", "zh", "en"),
    [
        ("广东省", "广东", "Guangdong"), ("粤", "广东", "Guangdong"),
        ("guangdong", "广东", "Guangdong"), (" Guangdong  PROVINCE", "广东", "Guangdong"),
        ("CN-GD", "广东", "Guangdong"), ("北京市", "北京", "Beijing"), ("京", "北京", "Beijing"),
        ("沪", "上海", "Shanghai"), ("内蒙古自治区", "内蒙古", "Inner Mongolia"),
        ("陕西", "陕西", "Shaanxi"), ("Shanxi", "山西", "Shanxi"), ("Xizang", "西藏", "Tibet"),
        ("新疆维吾尔自治区", "新疆", "Xinjiang"), ("Macau", "澳门", "Macao"),
    ],
)  # fmt: skip
def test_whatever_a_province_is_called_it_is_one(
    language: str, told: str, zh: str, en: str
) -> None:
    assert provinces(language).named(told) == {"zh": zh, "en": en}[language]


@pytest.mark.parametrize("told", ["宁", "新", "云", "秦", "吉林市", "广州", "Canton", "东", ""])
def test_what_may_be_something_else_stays_as_it_is(told: str) -> None:
    assert provinces("zh").named(told) == told


def test_both_languages_draw_the_same_map_and_messages_know_every_name() -> None:
    zh, en = provinces("zh"), provinces("en")
    assert zh.adjacent == en.adjacent
    assert dict(zip(zh.places, en.places, strict=True)) == PROVINCES


def test_who_names_a_neighbour_is_its_neighbour_too() -> None:
    table = regions.load(EXAMPLE)
    assert {name: set(near) for name, near in table.neighbours.items()} == {
        "North": {"East", "West"}, "East": {"North", "South"}, "South": {"East", "West"},
        "West": {"South", "North"}, "Export": set(),
    }  # fmt: skip
    assert table.areas == ((1, 2),)
    assert table.named("northern AREA") == "North"


def test_a_table_of_excel_in_china_is_read(tmp_path: Path) -> None:
    file = written(
        tmp_path, '"甲；";"";"乙、丙";""', "乙;;;二", "丙;;;三",
        header="region;parent;neighbours;aliases", encoding="gb18030",
    )  # fmt: skip
    assert regions.load(file).neighbours["甲；"] == {"乙", "丙"}


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([",,,"], []),
        (["N,,,", ",,,x"], ["row 3: region: must be 1 to 200 characters, got ''"]),
        (["N,,,", "n,,,"], [f"row 3: region: {regions.ALIAS_RULE}, got 'n'"]),
        (["N,,,a", "S,,,x;A"], [f"row 3: aliases: {regions.ALIAS_RULE}, got 'A'"]),
        (
            ["N,,S;E,", "S,,,"],
            ["row 2: neighbours: must be other regions of the table, got 'E'"],
        ),
        (["N,,n,"], ["row 2: neighbours: must be other regions of the table, got 'n'"]),
    ],
)
def test_a_refusal_names_row_column_rule_and_value(
    tmp_path: Path, rows: list[str], problem: list[str]
) -> None:
    file = written(tmp_path, *rows)
    if problem:
        assert refusal(file) == problem
    else:
        assert regions.load(file) == NONE


def test_what_is_no_such_table_is_refused_and_of_many_problems_some_are_told(
    tmp_path: Path,
) -> None:
    assert refusal(written(tmp_path, header="region,aliases"))[0].endswith(
        "lacks ['parent', 'neighbours']"
    )
    many = refusal(written(tmp_path, "N,,,", *["N,,,"] * 50))
    assert many[-1] == "and more"
    assert len(many) == PROBLEMS + 1
    large = [f"r{n},,," for n in range(regions.MOST + 5)]
    assert refusal(written(tmp_path, *large)) == ["must hold at most 1000 regions"]
    assert "cannot be read" in refusal(tmp_path / "absent.csv")[0]


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=5))
def test_any_table_is_symmetric_or_refused(rows: list[tuple[str, str, str]]) -> None:
    held = [
        regions._row(n, {"region": one, "neighbours": near, "aliases": other}, "region")
        for n, (one, near, other) in enumerate(rows)
    ]
    problems: list[str] = []
    table = regions._table(held, problems.append)
    for region, near in table.neighbours.items():
        assert region not in near
        assert all(region in table.neighbours[other] for other in near)
    if not problems:
        assert all(table.named(row.region) == row.region for row in held)


@given(st.lists(st.none() | TEXTS | st.sampled_from(["粤", "广东省", "Guangdong"]), max_size=8))
def test_a_column_says_what_each_of_its_values_does(values: list[str | None]) -> None:
    table, names, others = provinces("zh"), Names(), Names()
    wanted = [None if value is None else table.named(value) for value in values]
    fields: list[Field] = [Listed(values), Coded(others.numbers(values), others)]
    for field in fields:
        for _ in range(2):
            assert table.counted(field, names).values() == wanted


def test_the_table_is_asked_once_for_each_value() -> None:
    asked: list[str] = []

    class Asked(Regions):
        def named(self, value: str) -> str:
            asked.append(value)
            return super().named(value)

    known = provinces("en")
    table, names = Asked(known.neighbours, known.parents, known.aliases), Names()
    for _ in range(5):
        table.counted(Listed(["粤", "x"] * 1000), names)
    assert sorted(asked) == ["Guangdong", "x", "粤"]


def test_events_of_one_region_are_one_series_whatever_it_is_called() -> None:
    called = ["广东省", "Guangdong", None, "粤", "Guangzhou"]
    cut = Cut(stream="complaints", by=("region",))
    which = settings().model_copy(update={"cuts": (cut,)})
    counted = {
        "en": {"Guangdong": 3, "Guangzhou": 1}, "zh": {"广东": 3, "Guangzhou": 1},
        "off": {"广东省": 1, "Guangdong": 1, "粤": 1, "Guangzhou": 1},
    }  # fmt: skip
    for language, wanted in counted.items():
        options = {name: getattr(which, name) for name in Settings.model_fields}
        chosen = Settings.model_validate(options | {"tables": {"provinces": language}})
        partition = Partition(plan(chosen))
        partition.take(log([complaint(n, region=one) for n, one in enumerate(called)]))
        sums = total(partition.counts())
        assert {key: n for (number, key, _), n in sums.items() if number == 0 and key} == wanted


def test_another_table_is_another_version_of_the_settings(tmp_path: Path) -> None:
    file = written(tmp_path, "N,,,a")
    versions = {Settings().version, Settings(tables=Tables(regions=file)).version}
    versions |= {Settings(tables=Tables(provinces=one)).version for one in ("zh", "off")}
    file.write_text(f"{HEADER}\nN,,,b", encoding="utf-8")
    versions.add(Settings(tables=Tables(regions=file)).version)
    assert len(versions) == 5


def test_what_is_fixed_to_a_region_must_name_it_as_it_is_counted() -> None:
    cut = Cut(stream="complaints", by=("category",), where={"region": "广东省"})
    with pytest.raises(
        ValueError, match=r"cuts\[0\]\.where: region must be .* 'Guangdong' .*广东省"
    ):
        Settings(cuts=(cut,))
    assert Settings(cuts=(cut,), tables=Tables(provinces="off")).cuts == (cut,)


def test_the_scan_is_of_a_cut_by_region_alone() -> None:
    for facts in ({"by": ("product",)}, {"by": ("region",), "family": "region"}):
        with pytest.raises(ValueError, match="spatial"):
            Cut.model_validate({"stream": "complaints", "methods": ["spatial"], **facts})


def test_the_settings_name_the_table_and_check_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_LANGUAGE", "en")
    chosen = tmp_path / "tocsin.toml"
    chosen.write_text('home = "state"\n[tables]\nregions = "regions.csv"', encoding="utf-8")
    written(tmp_path, "N,,S,North", "S,,,")
    said = CliRunner().invoke(app, ["check", "--settings", str(chosen)]).output
    assert "2 regions in the table, with 3 names" in said
    file = written(tmp_path, "N,,E,", "S,,,s2;n")
    with pytest.raises(SettingsError) as caught:
        load(chosen)
    assert str(caught.value).splitlines() == [
        f"tables.regions: {file}: row 3: aliases: {regions.ALIAS_RULE}, got 'n'",
        f"tables.regions: {file}: row 2: neighbours: must be other regions of the table, got 'E'",
    ]
