"""Errors and the command line's own sentences, said in the language of the reader."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from typer.testing import CliRunner

from alerts.words import Words
from streams import settings
from tocsin import phrases
from tocsin.cli import COMMANDS, app
from tocsin.phrases import ALL, OURS, said

ROOT = Path(__file__).parents[1]
ROOMS = ("dashboards", "streams", "tocsin")
HOLE = "\0"
ENGLISH, CHINESE = Words("en"), Words("zh")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
PHRASE = re.compile(r"[a-z]{2} [a-z]+ [a-z]{2}")
HAN = re.compile(r"[\u4e00-\u9fff]")
TOLD = (
    "streams/configuration", "streams/settings.py", "streams/events", "streams/files",
    "streams/broker", "streams/proposal", "streams/hindsight", "streams/rulesets",
    "streams/calibration", "streams/archive/places.py", "streams/archive/log.py",
    "streams/sources/replay.py", "streams/intake/again.py", "dashboards/grafana.py", "tocsin",
)  # fmt: skip
"""Whose errors are what a command ends with."""
BARE = {
    "Value error, {rule}",
    "[Errno {number}] {why}",
    "[Errno {number}] {why}: {file}",
    "'{names}' or '{last}'",
    "{field} {must}",
}
"""Phrases that are nothing but what is in them."""
GROUPS = ("rules", "kafka", "topics", "dashboards")


def test_each_phrase_of_ours_is_what_some_code_says() -> None:
    code = "\n".join(_texts())
    shapes = {phrase: re.escape(re.sub(r"\{\w+\}", HOLE, phrase).strip(HOLE)) for phrase in OURS}
    assert [phrase for phrase, shape in shapes.items() if not re.search(shape, code)] == []


@pytest.mark.parametrize("room", TOLD)
def test_each_error_that_ends_a_command_is_known_by_a_phrase(room: str) -> None:
    raised = [text for path in _files(room) for text in _raised(path)]
    told = {text: QUOTED.sub("", said(CHINESE, text)) for text in raised}
    assert [text for text, chinese in told.items() if PHRASE.search(chinese)] == []


def _files(room: str) -> list[Path]:
    found = ROOT / room
    return [found] if found.is_file() else sorted(found.rglob("*.py"))


def _raised(path: Path) -> Iterator[str]:
    """The texts of errors, 7 standing for what is filled in."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for argument in node.exc.args:
                if isinstance(argument, ast.JoinedStr | ast.Constant):
                    yield from _shown(argument)


def _shown(argument: ast.JoinedStr | ast.Constant) -> Iterator[str]:
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    texts = [str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts]
    if any(re.search("[a-z] [a-z]", text) for text in texts):
        yield "".join(texts)


def _texts() -> Iterator[str]:
    """All that our code writes, with a hole where it fills something in."""
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        if path != Path(phrases.__file__):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Constant(value=str(text)):
                        yield text
                    case ast.JoinedStr(values=parts):
                        yield re.sub(f"{HOLE}+", HOLE, "".join(map(_part, parts)))


def _part(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else HOLE


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("kafka.bootstrap: must be set", "kafka.bootstrap：必须设置"),
        ("serve.port: must be at most 65535, got 99999", "serve.port：不得大于 65535，实为 99999"),
        ("sources: topic must be unique, got ['a'] twice",
         "sources：topic 不得重复，['a'] 出现了两次"),
        ("a: must be set\nb: must be TOML", "a：必须设置\nb：须为 TOML"),
        ("map.toml: zone: Asia/Foo is no time zone; nearest: Asia/Tokyo",
         "map.toml：zone：Asia/Foo 不是时区；最接近的是 Asia/Tokyo"),
        ('x: header must be CSV: odd; if it is a table, save it as "CSV UTF-8"',
         'x：表头须为 CSV：odd；如果是表格，请另存为 "CSV UTF-8"'),
        ("settings file must be readable, got x: [Errno 2] No such file or directory: 'x'",
         "设置文件须可读，实为 x：[Errno 2] 没有这个文件或文件夹：'x'"),
        ("response.language: must be 'en' or 'zh', got 'fr'",
         "response.language：须为 'en' 或 'zh'，实为 'fr'"),
        ("topic x: does not exist at h:1; nearest: y, z",
         "topic x：在 h:1 不存在；最接近的有：y, z"),
    ],
)  # fmt: skip
def test_an_error_is_said_from_its_outer_phrase_to_the_inner_ones(text: str, chinese: str) -> None:
    assert said(CHINESE, text) == chinese
    assert said(ENGLISH, text) == text


@given(st.text())
def test_what_is_in_no_phrase_stays_as_it_is(text: str) -> None:
    assert said(ENGLISH, text) == text
    assert said(CHINESE, f"“{text}”").count("“") == text.count("“") + 1


def test_each_phrase_is_known_again_with_its_values() -> None:
    filled = {"count": "7", "number": "7", "choices": "'abc'", "must": "must be abc"}
    for phrase in ALL:
        values = {name: filled.get(name, "abc") for name in re.findall(r"\{(\w+)\}", phrase)}
        told = said(CHINESE, phrase.format(**values))
        assert HAN.search(told) or phrase in BARE, phrase
        assert "abc" in told or not values.keys() - {"count", "number"}, phrase


@pytest.mark.parametrize(
    ("arguments", "chinese"),
    [
        ("backtest", "缺少参数 'paths'。"),
        ("backtest x.csv", "缺少选项 '--signals'。"),
        ("backtest x.csv --signals", "选项 '--signals' 需要一个值。"),
        ("check --all", "没有这个选项：--all"),
        ("rules show --file x", "没有这个选项：--file"),
        ("nothing", "没有这个命令：'nothing'。"),
        ("kafka nothing", "没有这个命令：'nothing'。"),
        ("topics create a b", "多余的参数：a b"),
        ("init --yes=1 x.csv", "选项 '--yes' 不带值。"),
        ("init --records 0 x.csv", "'--records' 的值无效：不得小于 1"),
        ("generate --days x", "'--days' 的值无效：须为整数"),
        ("run --role x", "'--role' 的值无效：'x' 不在"),
        ("replay --speed 0 x", "值无效：须为 \"max\" 或大于 0 的数，实为 '0'"),
    ],
)
def test_a_misused_command_line_is_told_in_the_readers_language(
    arguments: str, chinese: str
) -> None:
    told = CliRunner().invoke(app, arguments.split(), env={"TOCSIN_LANGUAGE": "zh"})
    assert told.exit_code == 2
    assert chinese in told.output
    assert "错误" in told.output
    assert not re.search("Usage|Error|Try|Invalid|Missing|No such", told.output)


def test_in_english_a_misused_command_line_is_told_as_typer_says_it() -> None:
    told = CliRunner().invoke(app, ["backtest"], env={"TOCSIN_LANGUAGE": "en"})
    assert told.exit_code == 2
    assert re.search(r"Usage: .*Try .*Error.*Missing argument 'paths'\.", told.output, re.DOTALL)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_help_of_each_command_is_in_chinese_and_fits_a_screen(command: str) -> None:
    environment = {"TOCSIN_LANGUAGE": "zh", "COLUMNS": "80"}
    told = CliRunner().invoke(app, [*command.split(), "--help"], env=environment)
    assert told.exit_code == 0
    assert {"用法：", "─ 选项 ─", "显示本帮助后退出。"} <= _found(told.output)
    assert not re.search("Usage|Options|Arguments|Commands|required|Example", told.output)
    assert all(cell_len(line) <= 80 for line in told.output.splitlines())
    assert "…" not in told.output


def _found(text: str) -> set[str]:
    return set(re.findall("用法：|─ 选项 ─|显示本帮助后退出。", text))


def test_a_group_of_commands_without_one_shows_its_help() -> None:
    for group in ((), *((name,) for name in GROUPS)):
        told = CliRunner().invoke(app, [*group], env={"TOCSIN_LANGUAGE": "zh"})
        assert "─ 命令 ─" in told.output
        assert "─ 错误 ─" not in told.output


def test_settings_that_cannot_be_used_are_told_in_the_readers_language(tmp_path: Path) -> None:
    file = tmp_path / "tocsin.toml"
    file.write_text('colour = 1\n[detection]\nzone = "Asia/Sanghai"\n[[cuts]]\nstream = "x"\n')
    command = ["check", "--settings", str(file)]
    told = CliRunner().invoke(app, command, env={"TOCSIN_LANGUAGE": "zh"})
    assert told.exit_code == 1
    assert told.stderr.splitlines() == [
        "cuts[0].stream：须为 'complaints', 'mentions' 或 'updates'，实为 'x'",
        "cuts[0].by：必须设置",
        "detection.zone：须为 IANA 时区，例如 \"Asia/Shanghai\"，实为 'Asia/Sanghai'",
        "colour：没有这个选项；最接近的是 sources",
    ]
    with pytest.raises(settings.SettingsError, match="must be an IANA zone"):
        settings.load(file)
