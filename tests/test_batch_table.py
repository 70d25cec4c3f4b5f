"""The reference table of batches: what is read, what is refused, what stays unknown."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from streams.detection import batches
from streams.detection.batches import UNKNOWN, Batch, TableError
from streams.events.rejections import PROBLEMS
from streams.files.entries import RefusedError
from streams.settings import SettingsError, load
from tocsin.cli import app

EXAMPLE = Path(__file__).parents[1] / "examples" / "batches.csv"
HEADER = "product,batch,made,shipped,units"


def written(folder: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    file = folder / "batches.csv"
    file.write_text("\n".join((header, *rows)), encoding=encoding)
    return file


def refusal(file: Path) -> str:
    with pytest.raises(TableError) as caught:
        batches.load(file)
    return str(caught.value).replace(f"{file}: ", "")


def test_the_example_is_read_and_what_it_leaves_open_is_unknown() -> None:
    table = batches.load(EXAMPLE)
    assert table.of("kettle K3", "B2409-03") == Batch(date(2026, 2, 9), date(2026, 2, 23), 12_000)
    counted = {name[1]: batch.counted for name, batch in table.items()}
    assert counted == {
        "B2409-01": True, "B2409-02": True, "B2409-03": True, "B2409-04": False, "T-118": False,
    }  # fmt: skip


def test_a_batch_that_is_not_in_the_table_is_unknown_and_so_is_every_one_without_a_table() -> None:
    assert batches.load(EXAMPLE).of("kettle K3", "B1") == UNKNOWN
    assert batches.load(None).of("kettle K3", "B2409-03") == UNKNOWN
    assert not UNKNOWN.counted


def test_columns_come_in_any_order_with_others_and_as_excel_in_china_writes_them(
    tmp_path: Path,
) -> None:
    file = written(
        tmp_path, "12000;备注;2026-02-23;水壶;2026-02-09;B1",
        header="units;note;shipped;product;made;batch", encoding="gbk",
    )  # fmt: skip
    assert batches.load(file).of("水壶", "B1").units == 12_000


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("k,b,,,0", f"row 2: units: {batches.UNITS_RULE}, got '0'"),
        ("k,b,,,-3", f"row 2: units: {batches.UNITS_RULE}, got '-3'"),
        ("k,b,,,1e3", f"row 2: units: {batches.UNITS_RULE}, got '1e3'"),
        ("k,b,,,²", f"row 2: units: {batches.UNITS_RULE}, got '²'"),
        ("k,b,9 March,,1", f"row 2: made: {batches.DAY_RULE}, got '9 March'"),
        ("k,b,,2026-02-30,1", f"row 2: shipped: {batches.DAY_RULE}, got '2026-02-30'"),
        (
            "k,b,2026-03-02,2026-03-01,1",
            "row 2: shipped: must not be before made (2026-03-02), got '2026-03-01'",
        ),
        (",b,,,1", f"row 2: product: {batches.NAME_RULE}, got ''"),
        (f"k,{'b' * 201},,,1", f"row 2: batch: {batches.NAME_RULE}, got '{'b' * 200}'"),
    ],
)
def test_a_refusal_names_row_column_rule_and_value(tmp_path: Path, row: str, problem: str) -> None:
    assert refusal(written(tmp_path, row)) == problem


def test_all_that_is_wrong_is_told_at_once_up_to_a_limit(tmp_path: Path) -> None:
    file = written(tmp_path, "k,b,,,1", "k,b,,,1", "k,c,,,x")
    assert refusal(file).splitlines() == [
        "row 3: batch: must be once for each product, got 'b'",
        f"row 4: units: {batches.UNITS_RULE}, got 'x'",
    ]
    many = refusal(written(tmp_path, *["k,b,,,x"] * 50)).splitlines()
    assert many[-1] == "and more"
    assert len(many) == PROBLEMS + 1


def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, header="product,batch,units")
    assert refusal(file).endswith("lacks ['made', 'shipped']")
    assert "cannot be read" in refusal(tmp_path / "absent.csv")


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=30), max_size=5))
def test_any_row_is_a_batch_or_a_refusal(row: list[str]) -> None:
    known: dict[batches.Name, Batch] = {}
    texts = dict(zip(batches.COLUMNS, map(str.strip, row), strict=False))
    try:
        batches._put(dict.fromkeys(batches.COLUMNS, "") | texts, known)
    except RefusedError:
        assert not known
    else:
        assert len(known) == 1


def test_the_settings_name_the_table_and_check_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_LANGUAGE", "en")
    settings = tmp_path / "tocsin.toml"
    settings.write_text('home = "state"\n[tables]\nbatches = "batches.csv"', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"^tables\.batches: must be an existing file, got /"):
        load(settings)
    written(tmp_path, "k,b,2026-03-01,2026-03-02,10", "k,c,,,")
    assert load(settings).tables.batches == tmp_path / "batches.csv"
    said = CliRunner().invoke(app, ["check", "--settings", str(settings)]).output
    assert "2 batches in the table, 1 with units and day of shipping" in said
    written(tmp_path, "k,b,,,none")
    done = CliRunner().invoke(app, ["check", "--settings", str(settings)])
    assert done.exit_code == 1
    assert "row 2: units" in done.output
