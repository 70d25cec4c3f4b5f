"""`tocsin init` on files: what it finds, writes, says, and would have called."""

import csv
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from streams.events import mapping
from streams.settings import load
from tests.data import shared
from tocsin.cli import app

EXAMPLES = Path(__file__).parents[1] / "examples"
START = datetime(2026, 2, 1)  # noqa: DTZ001 - as a spreadsheet writes it
HEADER = ["投诉时间", "手机号", "产品型号", "生产批次", "投诉类别", "是否VIP", "投诉内容"]
SURGE = 24 * 9 + 14  # hours after the start


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def init(*arguments: str | Path, language: str = "en") -> Result:
    command = ["init", *map(str, arguments)]
    return CliRunner().invoke(
        app, command, env={"TOCSIN_LANGUAGE": language, "COLUMNS": "120"}, catch_exceptions=False
    )


def one_line(result: Result) -> str:
    """What a command that fails says last."""
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.splitlines()
    return line


def calls(days: int = 12) -> list[list[str]]:
    """Three calls an hour by day, and forty about one batch within two hours."""
    rows = [_call(hour, n) for hour in range(24 * days) if 8 <= hour % 24 < 20 for n in range(3)]
    surge = [_call(SURGE + n % 2, n, product="水壶", batch="B7") for n in range(40)]
    rows += surge if days * 24 > SURGE else []
    return sorted(rows, key=lambda row: datetime.strptime(row[0], "%Y/%m/%d %H:%M"))  # noqa: DTZ007


def _call(hour: int, n: int, product: str = "", batch: str = "") -> list[str]:
    at, mixed = START + timedelta(hours=hour, minutes=17 * n % 60), 7 * hour + 3 * n
    return [
        f"{at.year}/{at.month}/{at.day} {at.hour}:{at.minute:02d}", f"138{mixed:08d}",
        product or ("水壶", "风扇", "扫地机")[mixed % 3], batch or f"B{mixed % 40}",
        ("质量", "物流", "售后")[mixed // 3 % 3], ("否", "否", "是")[mixed % 3],
        f"底座用了几天就不转了，客服一直没有回复（第 {mixed} 单）",
    ]  # fmt: skip


def sheet(rows: Sequence[Sequence[str]], name: str = "calls.csv", **written: Any) -> Path:
    path = Path(name)
    encoding = written.pop("encoding", "utf-8")
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, **written).writerows([HEADER, *rows])
    return path


@pytest.mark.parametrize(
    "written", [{"encoding": "gbk"}, {"encoding": "utf-8-sig"}, {"delimiter": ";"}], ids=str
)
def test_a_chinese_sheet_is_connected_and_its_bad_batch_called(written: dict[str, str]) -> None:
    result = init(sheet(calls(), **written), "--zone", "Asia/Shanghai")
    assert result.exit_code == 0, result.stderr
    mapped = mapping.load(Path("map.toml"))
    assert {field: column.column for field, column in mapped.columns.items()} == {
        "time": "投诉时间", "person": "手机号", "product": "产品型号", "batch": "生产批次",
        "category": "投诉类别", "vip": "是否VIP", "text": "投诉内容",
    }  # fmt: skip
    assert mapped.columns["time"].format == "%Y/%m/%d %H:%M"
    assert mapped.columns["vip"].values == {"是": True, "否": False}
    assert [cut.name for cut in load().cuts] == [
        "category", "product", "product,category", "product,batch"
    ]  # fmt: skip
    assert "472 events from 2026-02-01 08:00 UTC+08:00" in result.stdout
    assert "would have been called" in result.stdout
    assert "水壶" in result.stdout.partition("would have been called")[2]
    following = result.stdout.partition("What comes next:")[2].splitlines()
    assert [line.partition("tocsin ")[2] for line in following if line and "#" not in line] == [
        "backtest --map map.toml calls.csv --signals signals.jsonl", "kafka up",
        "replay --map map.toml calls.csv", "check", "run", "serve",
    ]  # fmt: skip


def test_what_it_wrote_is_what_the_other_commands_take() -> None:
    init(sheet(calls(days=8)), "--zone", "Asia/Shanghai", "--out", "here")
    done = CliRunner().invoke(
        app, ["backtest", "calls.csv", "--map", "here/map.toml", "--settings", "here/tocsin.toml",
              "--signals", "signals.jsonl"],
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "288 events" in done.stderr


@pytest.mark.parametrize(("language", "said"), [("en", "by name"), ("zh", "名称相符")])
def test_it_speaks_the_readers_language_and_so_will_the_alerts(language: str, said: str) -> None:
    result = init(sheet(calls(days=4)), language=language)
    assert said in result.stdout
    assert load().response.language == language


def test_people_are_not_shown() -> None:
    result = init(sheet(calls(days=2)))
    assert "[phone]" in result.stdout
    assert "138000" not in result.output


def test_too_short_a_history_says_that_it_is() -> None:
    result = init(sheet(calls(days=2)[:60]))
    assert "are less than the 3 that a series learns at least" in result.stdout
    assert "Nothing would have been called." in result.stdout


def test_rows_that_are_no_events_are_counted_and_the_first_are_shown() -> None:
    result = init(sheet([*calls(days=4), ["gestern", *["x"] * 6], ["x"]]))
    assert result.exit_code == 0, result.stderr
    assert "2 rejected" in result.stdout
    assert "calls.csv:146: time: must be written as %Y/%m/%d %H:%M, got gestern" in result.stdout


def test_files_that_are_there_are_kept_unless_forced() -> None:
    path = sheet(calls(days=2))
    Path("map.toml").write_text("mine", encoding="utf-8")
    assert one_line(init(path)) == "map.toml is there already; --force overwrites it"
    assert one_line(init(path, "--yes")) == "map.toml is there already; --force overwrites it"
    assert Path("map.toml").read_text(encoding="utf-8") == "mine"
    assert not Path("tocsin.toml").exists()
    assert init(path, "--force").exit_code == 0
    assert mapping.load(Path("map.toml")).stream == "complaints"


def test_a_sheet_with_a_title_day_numbers_and_a_header_twice_is_connected_and_said() -> None:
    header = "投诉时间,客户姓名,产品型号,客户原话(脱敏),产品型号"
    rows = [
        f"{46082 + n / 24:.5f},{'王芳李娜'[n % 2 * 2 :][:2]},水壶,底座漏水 {n},x" for n in range(40)
    ]
    Path("a.csv").write_text("\n".join(["2026年投诉明细,,,,", header, *rows]), encoding="utf-8")
    said = {}
    for language in ("en", "zh"):
        result = init("a.csv", "--zone", "Asia/Shanghai", "--force", language=language)
        assert result.exit_code == 0, result.stderr
        said[language] = result.stdout
    mapped = mapping.load(Path("map.toml")).columns
    assert (mapped["time"].column, mapped["time"].format) == ("投诉时间", "excel")
    assert (mapped["person"].column, mapped["text"].column) == ("客户姓名", "客户原话(脱敏)")
    assert "2026-03-01 00:00 UTC+08:00 to 2026-03-02 15:00 UTC+08:00" in said["en"]
    assert "person: 2 names only in 40 rows; were they those of agents" in said["en"]
    assert "Several columns are named 产品型号; rename them to use one." in said["en"]
    assert "person: 40 行中只有 2 个名称" in said["zh"]
    assert "有数列同名：产品型号" in said["zh"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "empty.csv: must begin with a header that names its columns"),
        ("head.csv", b"time,text\n", "head.csv: has no rows"),
        ("empty.jsonl", b"", "empty.jsonl: has no rows"),
        ("people.csv", b"name,age\nx,7\n", "people.csv: no column holds times; tried ISO 8601"),
        ("binary.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "binary.csv: is a picture"),
        ("binary.jsonl", b"\x00\x01\n\x00", "binary.jsonl: no row can be read; binary.jsonl:1:"),
        ("sheet.xlsx", b"PK\x03\x04", "sheet.xlsx: is a workbook; open it where it was made and"),
        ("packed.csv.gz", b"not gzip", "packed.csv.gz: cannot be read to its end"),
        ("none.csv", None, "none.csv: cannot be read: No such file"),
    ],
)  # fmt: skip
def test_a_sample_that_cannot_be_used_is_one_line(
    name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    assert one_line(init(name)).startswith(said)
    assert not Path("map.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "which data? Give a file (CSV or JSON lines), or --topic NAME"),
        (["calls.csv", "--topic", "calls"], "files or --topic, not both"),
        (["calls.csv", "--zone", "Asia/Shanghi"],
         "--zone: Asia/Shanghi is no time zone; nearest: Asia/Shanghai"),
        (["--topic", "calls", "--bootstrap", "nowhere"],
         "bootstrap: must be \"host:port\", several with commas between, got 'nowhere'"),
        (["--topic", "calls"], 'no broker: set kafka.bootstrap or run "tocsin kafka up"'),
        (["--topic", "calls", "--settings", "none.toml"], "settings file must be readable"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_met_is_one_line(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_HOME", "nobody-here")
    sheet(calls(days=1))
    assert one_line(init(*arguments)).startswith(said)


def test_what_lies_in_the_future_is_rejected() -> None:
    at = START.replace(year=2099)
    late = [f"{at:%Y/%m/%d %H:%M}", *["x"] * 5, "否"]
    assert "1 rejected" in init(sheet([*calls(days=4), late])).stdout


@pytest.mark.parametrize(
    ("data", "example", "options"),
    [
        ("airline/airline_events.csv.gz", "airline.toml", ["--zone", "UTC"]),
        ("montco911/calls_to_2016-03.csv.gz", "montco911.toml", ["--zone", "America/New_York"]),
    ],
)  # fmt: skip
def test_real_data_are_read_as_the_examples_read_them(
    data: str, example: str, options: list[str]
) -> None:
    result = init(shared(*data.split("/")), *options)
    assert result.exit_code == 0, result.stderr
    ours, known = mapping.load(Path("map.toml")), mapping.load(EXAMPLES / example)
    assert (ours.stream, ours.zone) == (known.stream, known.zone)
    assert {f: c.column for f, c in ours.columns.items()} == {
        f: c.column for f, c in known.columns.items()
    }
    assert ours.columns.get("category") == known.columns.get("category")


def at_terminal(*answers: str, arguments: Sequence[str] = ()) -> tuple[int, str]:
    """Exit code and screen of somebody who answers so."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tocsin", "init", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
        screen = b""
        with suppress(OSError):  # the end of a terminal is an error
            while part := os.read(ours, 4096):
                screen += part
    os.close(ours)
    return process.returncode, screen.decode()


def test_at_a_terminal_it_asks_and_takes_corrections() -> None:
    sheet(calls(days=4))
    code, screen = at_terminal(
        "none.csv", "calls.csv", "China", "Asia/Shanghai", "colour=x", "vip=nowhere", "time=",
        "category", "vip=", "category=产品型号", "stream=mentions", "stream=complaints", "batch=",
        "",
    )  # fmt: skip
    assert code == 0, screen
    for said in (
        "There is no file 'none.csv'.", "China is no time zone", "Fields are: time,",
        "Columns are: ", "An event needs its time.", "A change is field=column", "your choice",
    ):  # fmt: skip
        assert said in screen
    columns = mapping.load(Path("map.toml")).columns
    assert "batch" not in columns
    assert "vip" in columns  # another stream is a new beginning


def test_at_a_terminal_it_asks_before_it_overwrites() -> None:
    sheet(calls(days=2))
    Path("map.toml").write_text("mine", encoding="utf-8")
    code, screen = at_terminal("n", arguments=["calls.csv"])
    assert code == 1
    assert screen.endswith(": nothing was written\r\n")
    code, screen = at_terminal("y", "Asia/Shanghai", "", arguments=["calls.csv"])
    assert code == 0, screen
    assert mapping.load(Path("map.toml")).stream == "complaints"


def test_a_column_that_is_blank_throughout_may_be_chosen() -> None:
    sheet([[*row[:-1], ""] for row in calls(days=2)])
    code, screen = at_terminal("UTC", "region=投诉内容", "", arguments=["calls.csv"])
    assert code == 0, screen
    assert mapping.load(Path("map.toml")).columns["region"].column == "投诉内容"
    assert "0 %" in screen


def test_a_choice_that_makes_no_event_is_one_line() -> None:
    sheet(calls(days=2))
    code, screen = at_terminal("UTC", "vip=投诉内容", "", arguments=["calls.csv"])
    assert code == 1
    assert screen.endswith("no row is an event: vip: Expected bool | null, got str\r\n")


def test_the_end_of_the_answers_ends_it() -> None:
    code, screen = at_terminal("\x04")
    assert code == 1
    assert "Aborted." in screen
