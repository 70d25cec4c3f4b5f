"""The rows of a file that fills."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from streams.archive import columns
from streams.archive.columns import moments
from streams.archive.layout import File, day
from streams.archive.sheets import TOGETHER, Sheet, connected
from streams.events.columns import Answers
from streams.events.parsing import parse_run
from streams.transport.wire import Records
from tests.archive.records import START, Record

TYPES = {"offset": "BIGINT", "stamp": "TIMESTAMP_MS", "raw": "BLOB"}


def filled(*ends: int) -> Sheet:
    """By runs that end before these offsets."""
    file = File("complaints", "topic", 0, day(START), 0)
    sheet = Sheet(connected(threads=1), file, stamp=START, types=TYPES)
    for first, end in zip((0, *ends), ends, strict=False):
        offsets = np.arange(first, end)
        raws = np.array([b"%d" % n if n % 3 else None for n in offsets], object)
        sheet.add({"offset": offsets, "stamp": moments(START + offsets), "raw": raws})
    return sheet


def saved(sheet: Sheet, path: Path) -> list[tuple[int, bytes | None]]:
    sheet.save(path)
    with connected(threads=1) as reader:
        query = f"SELECT \"offset\", raw FROM read_parquet('{path}')"
        return reader.execute(query).fetchall()


@pytest.mark.parametrize(
    "ends",
    [(1,), (1, 2, 7), (TOGETHER - 1, TOGETHER, TOGETHER + 1), (5, TOGETHER + 9, 2 * TOGETHER + 10)],
)
def test_rows_are_saved_once_and_in_their_order_however_they_came(
    tmp_path: Path, ends: tuple[int, ...]
) -> None:
    sheet = filled(*ends)
    sheet.settle()
    sheet.settle()
    found = saved(sheet, tmp_path / "file.parquet")
    assert found == [(n, b"%d" % n if n % 3 else None) for n in range(ends[-1])]
    assert (sheet.rows, sheet.end) == (ends[-1], ends[-1])


def test_a_number_far_above_all_others_is_kept_wherever_it_lies(tmp_path: Path) -> None:
    """DuckDB looks at some of a column's objects and takes the others to be like these."""
    count, odd = TOGETHER, TOGETHER // 2 + 1
    large = {odd: {"followers": 3_000_000_000}, odd + 1: {}}
    raws = [
        msgspec.json.encode({"id": f"{n}", "time": START} | large.get(n, {"followers": 17}))
        for n in range(count)
    ]
    records = Records.of([Record(n, START, raw) for n, raw in enumerate(raws)])
    rows = columns.rows("mentions", records, Answers.of(list(parse_run("mentions", raws))))
    file = File("mentions", "topic", 0, day(START), 0)
    sheet = Sheet(connected(threads=1), file, stamp=START, types=columns.types("mentions"))
    half = {name: (column[:odd], column[odd:]) for name, column in rows.items()}
    for part in range(2):
        sheet.add({name: parts[part] for name, parts in half.items()})
    sheet.settle()
    path = tmp_path / "file.parquet"
    sheet.save(path)
    with connected(threads=1) as reader:
        found = reader.execute(f"SELECT followers FROM read_parquet('{path}')").fetchall()
    assert found == [({odd: 3_000_000_000, odd + 1: None}.get(n, 17),) for n in range(count)]


def test_few_rows_wait_for_others_or_for_the_file_to_be_due(tmp_path: Path) -> None:
    assert saved(filled(1, 2), tmp_path / "few.parquet") == []
    assert len(saved(filled(TOGETHER, TOGETHER + 1), tmp_path / "many.parquet")) == TOGETHER
