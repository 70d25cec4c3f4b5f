"""`tocsin rules` as people use it: shown, compared, and changed only where nothing real is lost."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from tests import surged
from tests.archive.bench import Bench
from tests.archive.records import START as REPORTED
from tests.archive.records import complaint as reported
from tests.archive.records import run
from tests.streams.counts import SURGE, busy, stored
from tests.streams.logs import HOUR
from tests.surged import hour
from tocsin.cli import app

SETTINGS = f'home = "home"\n{surged.SETTINGS}'
STRICT = SETTINGS.replace("_week = 100", "_week = 1e-30")
CALLS = '[[sources]]\ntopic = "calls"\nstream = "complaints"\nkey = "person"\n'
MARKS = "incident,scope,at,mark,reason"
ENGLISH = {"TOCSIN_LANGUAGE": "en", "COLUMNS": "140"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A history of six days with a surge at its end, and the settings that call it."""
    monkeypatch.chdir(tmp_path)
    stored(surged.with_a_burn())
    written("tocsin.toml", SETTINGS)
    written("strict.toml", STRICT)
    written("marks.csv", f"{MARKS}\n,category=billing,{hour(SURGE + 1)},real,burnt hands\n")


def written(name: str, text: str) -> Path:
    Path(name).write_text(text, encoding="utf-8")
    return Path(name)


def rules(*arguments: str, language: str = "en") -> Result:
    environment = ENGLISH | {"TOCSIN_LANGUAGE": language}
    return CliRunner().invoke(app, ["rules", *arguments], env=environment)


def apply(*options: str, new: str = "strict.toml") -> Result:
    return rules("apply", new, "complaints.jsonl", *options)


def compared(*options: str, new: str = "strict.toml") -> dict[str, Any]:
    result = rules(
        "compare", "tocsin.toml", new, "complaints.jsonl", "--json", "out.json", *options
    )
    assert result.exit_code == 0, result.stderr
    return dict(json.loads(Path("out.json").read_bytes()))


def record() -> list[dict[str, Any]]:
    path = Path("home", "rules.jsonl")
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def test_what_each_set_calls_stands_side_by_side() -> None:
    found = compared("--marks", "marks.csv")
    burn, surge = found["incidents"]
    assert burn["old"]["id"] == burn["new"]["id"]
    assert (burn["later"], burn["marked"]) == (0, None)
    assert (surge["new"], surge["later"], surge["marked"]) == (None, None, "real")
    assert surge["old"]["scope"]["category"] == "billing"
    assert (found["old"]["called"], found["old"]["alone"]) == (2, 1)
    assert (found["new"]["called"], found["new"]["alone"]) == (1, 0)
    assert found["weeks"] == [{"name": "2024-W01", "old": 2, "new": 1}]
    assert found["old"]["version"] != found["new"]["version"]


def test_a_table_tells_people_the_same_in_their_language() -> None:
    marks = ("--marks", "marks.csv")
    told = rules("compare", "tocsin.toml", "strict.toml", "complaints.jsonl", *marks).stdout
    (line,) = [line for line in told.splitlines() if "not called" in line]
    assert "billing" in line
    assert line.split()[-1] == "real"
    assert "tocsin.toml: 2 called, 1 of them by it alone; strict.toml: 1 called, 0" in told
    chinese = rules(
        "compare", "tocsin.toml", "strict.toml", "complaints.jsonl", *marks, language="zh"
    )
    assert "未报出" in chinese.stdout


def test_a_set_that_calls_it_later_shows_by_how_much() -> None:
    later = STRICT.replace("1e-30", "1e-3")
    written("later.toml", later)
    _, surge = compared(new="later.toml")["incidents"]
    assert surge["later"] > 0
    told = rules("compare", "tocsin.toml", "later.toml", "complaints.jsonl").stdout
    assert f"+{surge['later'] // 60:.0f}m" in told or f"+{surge['later'] // 3600:.0f}h" in told


def test_sets_that_read_the_history_otherwise_each_read_it_themselves() -> None:
    written("short.toml", SETTINGS + "[intake]\nmax_text = 3\n")
    burn, *_ = compared(new="short.toml")["incidents"]
    assert burn["new"] is None  # its text is cut before the harm in it
    assert burn["old"]["scope"]["harm"] == "injury"


def test_a_set_without_a_source_of_the_stream_calls_nothing_and_that_is_told() -> None:
    posts = '[[sources]]\ntopic = "mentions"\nstream = "mentions"\nkey = "root"\n'
    written("posts.toml", SETTINGS + posts)
    assert compared(new="posts.toml")["new"]["called"] == 0
    told = rules("compare", "tocsin.toml", "posts.toml", "complaints.jsonl").stdout
    assert "The sources differ" in told


def test_without_files_the_archive_of_the_first_set_is_played_under_both() -> None:
    bench = Bench(Path("home", "archive"))
    records = [reported(n, stamp=REPORTED + n * HOUR, severity="safety") for n in range(3)]
    bench.take(run("complaints", records))
    bench.write()
    written("calls.toml", SETTINGS + CALLS)
    played = rules("compare", "tocsin.toml", "strict.toml", "--json", "out.json")
    assert played.exit_code == 0, played.stderr
    found = json.loads(Path("out.json").read_bytes())
    assert (found["events"], found["old"]["called"], found["new"]["called"]) == (3, 1, 1)
    refused = rules("compare", "tocsin.toml", "calls.toml")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("calls.toml: archive ")
    assert "topic complaints must be one of the sources, got calls" in refused.stderr


def test_a_change_that_loses_what_is_real_is_refused_by_name() -> None:
    (surge,) = (one["old"] for one in compared()["incidents"] if one["new"] is None)
    result = apply("--marks", "marks.csv")
    assert result.exit_code == 1
    lost, how = result.stderr.splitlines()
    assert f"strict.toml loses {surge['id']}, which is real" in lost
    assert "billing; tocsin.toml called it at 2024-01-06" in lost
    assert lost.endswith("not called at all")
    assert "--reason" in how
    assert Path("tocsin.toml").read_text(encoding="utf-8") == SETTINGS
    assert record() == []


def test_a_reason_overrides_that_and_is_recorded() -> None:
    result = apply("--marks", "marks.csv", "--reason", "the kettle is sold no more", "--by", "ann")
    assert result.exit_code == 0, result.stderr
    (decision,) = record()
    assert (decision["who"], decision["reason"]) == ("ann", "the kettle is sold no more")
    (lost,) = decision["lost"]
    assert (lost["scope"]["category"], lost["why"]) == ("billing", "uncalled")
    assert decision["before"] != decision["after"]
    assert Path("tocsin.toml").read_text(encoding="utf-8") == STRICT
    assert Path(decision["former"]).read_text(encoding="utf-8") == SETTINGS
    assert "restart tocsin run" in result.stdout
    shown = rules("show").stdout
    assert "by ann" in shown
    assert "the kettle is sold no more" in shown
    assert lost["incident"] in shown


def test_a_blank_reason_is_none() -> None:
    assert apply("--marks", "marks.csv", "--reason", "  ").exit_code == 1
    assert record() == []


def test_a_change_that_loses_nothing_real_needs_no_reason() -> None:
    result = apply()
    assert result.exit_code == 0, result.stderr
    assert "Nothing is marked as real" in result.stdout
    (decision,) = record()
    assert (decision["lost"], decision["reason"]) == ([], "")


def test_what_is_no_crisis_may_be_lost() -> None:
    written("marks.csv", f"{MARKS}\n,category=billing,{hour(SURGE + 1)},not_a_crisis,a sale\n")
    assert apply("--marks", "marks.csv").exit_code == 0


def test_what_would_be_called_later_than_wanted_is_a_warning() -> None:
    written("later.toml", STRICT.replace("1e-30", "1e-3"))
    result = apply("--marks", "marks.csv", "--later", "1m", new="later.toml")
    assert result.exit_code == 0, result.stderr
    assert "is real, and later.toml would call it" in result.stdout
    written("tocsin.toml", SETTINGS)
    patient = apply("--marks", "marks.csv", "--later", "1d", new="later.toml")
    assert "would call it" not in patient.stdout


def test_a_mark_that_nothing_answers_to_is_named() -> None:
    written("marks.csv", f"{MARKS}\n,region=north,{hour(SURGE)},real,\n")
    result = apply("--marks", "marks.csv")
    assert result.exit_code == 0
    assert "region north at 2024-01-06 09:00 UTC is marked as real, but" in result.stdout
    written("tocsin.toml", SETTINGS)
    chinese = rules(
        "apply", "strict.toml", "complaints.jsonl", "--marks", "marks.csv", language="zh"
    )
    assert "地区 north（2024-01-06 09:00 UTC）" in chinese.stdout


def test_what_people_wrote_moves_no_cursor() -> None:
    written("marks.csv", f"{MARKS}\n,region=no\x1b[2Jrth,{hour(SURGE)},real,\n")
    result = apply("--marks", "marks.csv", "--by", "an\x1b[2Jn")
    assert result.exit_code == 0, result.stderr
    assert "is marked as real, but" in result.stdout
    assert "\x1b" not in result.stdout + rules("show").stdout


def test_a_mark_names_a_region_by_any_of_its_names() -> None:
    stored(msgspec.structs.replace(event, region="广东省") for event in busy())
    by_region = '[[cuts]]\nstream = "complaints"\nby = ["region"]\n'
    cuts = SETTINGS.index("[[cuts]]")
    written("tocsin.toml", SETTINGS[:cuts] + by_region)
    written("strict.toml", STRICT[: STRICT.index("[[cuts]]")] + by_region)
    written("marks.csv", f"{MARKS}\n,region=广东,{hour(SURGE + 1)},real,\n")
    refused = apply("--marks", "marks.csv")
    assert refused.exit_code == 1
    assert "Guangdong" in refused.stderr


def test_regions_counted_by_other_names_are_the_same_regions() -> None:
    stored(msgspec.structs.replace(event, region="广东省") for event in busy())
    by_region = '[[cuts]]\nstream = "complaints"\nby = ["region"]\n'
    english = SETTINGS[: SETTINGS.index("[[cuts]]")] + by_region
    written("tocsin.toml", english)
    for names in ("zh", "off"):
        written("other.toml", f'{english}[tables]\nprovinces = "{names}"\n')
        for pair in (("tocsin.toml", "other.toml"), ("other.toml", "tocsin.toml")):
            result = rules("compare", *pair, "complaints.jsonl", "--json", "out.json")
            assert result.exit_code == 0, result.stderr
            (surge,) = json.loads(Path("out.json").read_bytes())["incidents"]
            assert surge["old"]["scope"] == surge["new"]["scope"] != {}


def test_a_record_that_a_crash_cut_off_is_passed_over_and_said_so() -> None:
    Path("home").mkdir()
    Path("home", "rules.jsonl").write_text('{"who": "half')
    assert "rules.jsonl, being no decision, as a crash may leave: line 1" in rules("show").stdout
    result = apply("--marks", "marks.csv", "--reason", "sold no more", "--by", "ann")
    assert result.exit_code == 0, result.stderr
    shown = rules("show").stdout
    assert "by ann" in shown
    assert "passed over" not in shown


def test_another_number_of_cuts_asks_for_a_rebuild() -> None:
    more = '[[cuts]]\nstream = "complaints"\nby = ["region"]\n'
    written("more.toml", SETTINGS + more)
    result = apply("--marks", "marks.csv", new="more.toml")
    assert result.exit_code == 0, result.stderr
    assert "tocsin rebuild" in result.stdout


def test_paths_of_the_new_file_are_seen_from_where_it_is_to_lie() -> None:
    Path("drafts").mkdir()
    written("map.toml", 'stream = "complaints"\n[fields]\ntime = "time"\n')
    new = written("drafts/new.toml", SETTINGS + CALLS + 'map = "map.toml"\n')
    assert apply(new=str(new)).exit_code == 0
    assert rules("show").exit_code == 0
    assert not Path("drafts", "home").exists()


def test_a_file_changed_by_hand_is_told_apart() -> None:
    assert apply().exit_code == 0
    assert "the file is another one since" not in rules("show").stdout
    written("tocsin.toml", SETTINGS)
    assert "the file is another one since" in rules("show").stdout


def test_all_that_judges_is_shown() -> None:
    rule = (
        '[[rules]]\nname = "thrice"\nstream = "complaints"\nby = ["category"]\npeople = 15\n'
        'within = "4h"\ntimes = 3.0\nholds = "2h"\n'
    )
    written("tocsin.toml", SETTINGS + rule)
    shown = rules("show").stdout
    lines = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    assert "15 people within 4h, × 3 of 7d before" in lines["thrice"]
    assert "2h" in lines["thrice"]
    assert lines["surge"].split()[-1] == "168"
    assert "weekly" not in lines
    assert "budget of false alarms: 100 a week over 100 places" in shown
    assert "no change was made by tocsin rules apply yet" in shown
    assert "规则" in rules("show", language="zh").stdout


def test_a_small_share_is_shown_as_it_is_set() -> None:
    rule = (
        '[[rules]]\nname = "rare"\nstream = "complaints"\nby = ["category"]\npeople = 15\n'
        'share = 0.005\nwhere = { sentiment = "negative" }\n'
    )
    part = (
        '[[cuts]]\nstream = "complaints"\nby = ["category"]\nwhere = { sentiment = "negative" }\n'
    )
    written("tocsin.toml", SETTINGS + part + rule)
    result = rules("show")
    assert "0.5 % of all" in result.stdout, result.stderr


def test_thresholds_of_a_calibration_are_shown() -> None:
    calibrated = SETTINGS.replace("series = 100", "series = 100\nthresholds = { surge = 0.5 }")
    written("tocsin.toml", calibrated)
    assert "thresholds as calibrated: surge ×0.5" in rules("show").stdout


def test_a_method_is_shown_where_a_cut_asks_for_it_with_the_score_its_judge_goes_by() -> None:
    asked = 'by = ["category"]\nmethods = ["weekly"]'
    written("tocsin.toml", SETTINGS.replace('by = ["category"]', asked, 1))
    weekly = rules("show").stdout
    assert [line.split()[-1] for line in weekly.splitlines() if line.startswith("weekly")] == ["1"]
    written("tocsin.toml", SETTINGS)
    assert "slow rise, by the week" in weekly
    assert "slow rise, by the week" not in rules("show").stdout


def test_what_judges_batches_and_combinations_is_shown_by_what_it_alarms_at() -> None:
    batches = '[[cuts]]\nstream = "complaints"\nby = ["product", "batch"]\nmethods = ["batches"]\n'
    asked = 'group = "category"\nmethods = ["surge", "novelty"]\n'
    written("tocsin.toml", SETTINGS.replace('group = "category"\n', asked) + batches)
    shown = rules("show").stdout
    assert "more complaints than its units in the field explain" in shown
    assert "a combination that never was before" in shown
    written("tocsin.toml", SETTINGS)
    assert "units in the field" not in rules("show").stdout


def test_where_the_decision_cannot_be_recorded_nothing_is_changed() -> None:
    Path("home").touch()
    result = apply("--marks", "marks.csv", "--reason", "sold no more")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "home" in result.stderr
    assert Path("tocsin.toml").read_text(encoding="utf-8") == SETTINGS


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["apply", "none.toml", "complaints.jsonl"], "none.toml"),
        (["apply", "strict.toml", "none.jsonl"], "none.jsonl: cannot be read"),
        (["apply", "strict.toml"], "there is no event in the archive"),
        (["apply", "tocsin.toml", "complaints.jsonl"], "must differ from tocsin.toml"),
        (["apply", "wrong.toml", "complaints.jsonl"], "detection.series"),
        (["apply", "strict.toml", "complaints.jsonl", "--marks", "none.csv"], "none.csv"),
        (["apply", "strict.toml", "complaints.jsonl", "--marks", "wrong.csv"], "wrong.csv: row 2"),
        (["apply", "strict.toml", "complaints.jsonl", "--later", "soon"], "--later must be"),
        (["compare", "none.toml", "strict.toml", "complaints.jsonl"], "none.toml"),
        (
            ["compare", "tocsin.toml", "strict.toml", "complaints-none.jsonl"],
            "there is no row in it",
        ),
        (["compare", "tocsin.toml", "strict.toml", "--now", "2026-01-01"], "without --map and"),
        (["show", "--settings", "none.toml"], "none.toml"),
        (
            ["compare", "tocsin.toml", "strict.toml", "none.jsonl", "--json", "none/out.json"],
            "--json: must be a file in a folder that is there, got none/out.json",
        ),
    ],
)
def test_what_cannot_be_used_is_one_line(arguments: Sequence[str], said: str) -> None:
    written("wrong.toml", "[detection]\nseries = 0")
    written("wrong.csv", f"{MARKS}\n,category=billing,noon,real,\n")
    Path("complaints-none.jsonl").touch()
    result = rules(*arguments)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr
    assert Path("tocsin.toml").read_text(encoding="utf-8") == SETTINGS


def test_without_settings_in_force_nothing_can_be_replaced() -> None:
    Path("tocsin.toml").unlink()
    result = apply()
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "no settings file is in force" in result.stderr
