"""`tocsin calibrate` as people use it."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alerts.signal import SignalState
from alerts.words import Words
from detectors.calibration import Interval
from streams import settings
from streams.calibration.attendance import Share
from streams.calibration.search import Calibration, Finding, Note
from streams.hindsight import marks
from streams.hindsight.called import called
from streams.hindsight.marks import Case, Mark, Ruling
from streams.rulesets import decisions
from streams.rulesets.acceptance import Loss
from streams.rulesets.change import ChangeError
from tests.alerts.samples import NOON, run, surge
from tests.streams.counts import busy, stored
from tocsin import calibrate as calibrate_command
from tocsin.cli import app

EXAMPLE = Path(__file__).parents[1] / "examples" / "marks.csv"
SETTINGS = """
[detection]
series = 100
false_alarms_per_week = 100 # many
[[cuts]]
stream = "complaints"
by = ["category"]
"""
HOUR = timedelta(hours=1)
SURGED = ",category=billing,2024-01-06T10:00Z,real,"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path / "home"))  # changes are recorded there
    stored(busy())
    Path("tocsin.toml").write_text(SETTINGS, encoding="utf-8")


def calibrate(*options: str, language: str = "en") -> Result:
    arguments = ["calibrate", "complaints.jsonl", *options]
    environment = {"TOCSIN_LANGUAGE": language, "COLUMNS": "120"}
    return CliRunner().invoke(app, arguments, env=environment)


def marked(*rows: str) -> str:
    text = "\n".join(["incident,scope,at,mark,reason", *rows, ""])
    Path("marks.csv").write_text(text, encoding="utf-8")
    return "--marks=marks.csv"


def test_thresholds_are_proposed_and_nothing_is_written() -> None:
    result = calibrate()
    assert result.exit_code == 0, result.stderr
    assert "False alarms a week; the budget is 100 over all methods" in result.stderr
    assert result.stdout.startswith("[detection]\nthresholds = { surge = 0.")
    assert Path("tocsin.toml").read_text(encoding="utf-8") == SETTINGS


def test_what_is_proposed_is_set_where_it_is_asked_for() -> None:
    result = calibrate("--apply")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    found = settings.load(Path("tocsin.toml")).detection
    assert 0 < found.thresholds["surge"] < 1  # type: ignore[index]  # a kind is its name
    assert "false_alarms_per_week = 100 # many" in Path("tocsin.toml").read_text(encoding="utf-8")


def test_what_is_set_is_recorded_and_what_was_in_force_lies_beside_it() -> None:
    assert calibrate("--apply", "--by", "ann").exit_code == 0
    made, broken = decisions.last(settings.load().home)
    assert made is not None
    assert (made.who, made.reason, broken) == ("ann", "tocsin calibrate", [])
    assert Path(made.former).read_text(encoding="utf-8") == SETTINGS
    assert made.after == decisions.edition(settings.load(), Path("tocsin.toml").read_bytes())


def lossy() -> Calibration:
    """What would lose an incident marked as real."""
    began, over = surge(at=NOON, onset=NOON), surge(at=NOON + HOUR, state=SignalState.CLEARED)
    _, decisions = run([began, over])
    one = called([line for one in decisions for line in one.incidents], [began, over])[0]
    mark = Mark(2, Ruling.REAL, incident=one.line.id)
    none = Interval(0.0, 0.0, 0.0)
    found = Finding("surge", Share(), 1, none, 1.0, 8.0, none, Note.FOUND)
    return Calibration([found], [Case(mark, one.line.about, NOON, NOON)], [one], [], [])


def set_by(reason: str) -> list[str]:
    chosen, file = settings.load(), Path("tocsin.toml")
    return calibrate_command._set(lossy(), chosen, file, Words("en"), who="ann", reason=reason)


def test_what_loses_an_incident_marked_as_real_is_refused_by_name() -> None:
    with pytest.raises(ChangeError) as refused:
        set_by("")
    first, last = str(refused.value).splitlines()
    assert first.startswith("tocsin calibrate loses I-")
    assert last.startswith("tocsin.toml stays in force; --reason")
    assert Path("tocsin.toml").read_text(encoding="utf-8") == SETTINGS


def test_a_reason_overrides_that_and_is_recorded_with_what_is_lost() -> None:
    assert set_by("sold no more")[0].startswith("given up: I-")
    made, _ = decisions.last(settings.load().home)
    assert made is not None
    assert (made.reason, [one.why for one in made.lost]) == ("sold no more", [Loss.UNCALLED])


def test_a_file_that_cannot_take_them_is_refused_before_the_history_is_played() -> None:
    other = SETTINGS.replace("[detection]", "[detection.thresholds]\nsurge = 2.0\n[detection]")
    Path("tocsin.toml").write_text(other, encoding="utf-8")
    result = calibrate("--apply")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "must be in one line below [detection]" in result.stderr


def test_marks_have_a_say_and_are_told_in_the_language_of_the_reader() -> None:
    told = marked(
        SURGED, ",category=staff,2024-01-03T10:00Z,real,", SURGED.replace("real", "not_a_crisis")
    )
    result = calibrate(told)
    assert result.exit_code == 0, result.stderr
    assert "category staff at 2024-01-03 10:00 UTC (row 3) is marked as real and is not" in (
        " ".join(result.stderr.split())
    )
    assert "Of 1 mark of no crisis 1 would still be called." in result.stderr
    chinese = calibrate(told, language="zh").stderr
    assert "每周误报" in chinese
    assert " at 2024" not in chinese


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("I-NOBODYS,,,real,", "marks.csv: row 2: incident: must be of an incident that these"),
        (",,,real,", "marks.csv: row 2: incident: must be given, or scope and at in its place"),
    ],
)
def test_a_mark_that_cannot_be_used_is_one_line(row: str, said: str) -> None:
    result = calibrate(marked(row))
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert said in result.stderr


def test_writing_needs_a_file_to_write_into(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("tocsin.toml").unlink()
    monkeypatch.setenv("TOCSIN_DETECTION__FALSE_ALARMS_PER_WEEK", "100")
    result = calibrate("--apply")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "--apply: must have a settings file to write into, got none"
    ]
    assert not Path("tocsin.toml").exists()


def test_the_example_of_marks_is_read() -> None:
    assert {mark.ruling for mark in marks.load(EXAMPLE)} == set(marks.Ruling)
