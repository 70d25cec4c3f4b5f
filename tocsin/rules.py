"""tocsin rules: what is judged and how, what another set would call, and changing it safely."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from streams import settings
from streams.configuration import durations
from streams.events import mapping
from streams.hindsight import marks
from streams.rulesets import acceptance, change, decisions
from streams.rulesets.change import ChangeError
from streams.rulesets.comparison import compare, named
from streams.rulesets.side_by_side import told
from streams.settings import Settings
from tocsin import change_view, comparing, comparison_view, language, rules_view
from tocsin.arguments import Arrived, MapFile, Past
from tocsin.comparing import Side, Weighed
from tocsin.errors import OutputError, SettingsFile, one_line, writable
from tocsin.looking import PROBLEMS, Material
from tocsin.who import user

REFUSALS = (*PROBLEMS, marks.MarksError, OutputError)

Marks = Annotated[
    Path | None,
    typer.Option("--marks", help="A CSV of what people said: incident,scope,at,mark,reason."),
]

app = typer.Typer(
    help="What is judged by which rules, what others would call, and changing them safely.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command()
def show(file: SettingsFile = None) -> None:
    """Show what is counted, by which methods it is judged, and from which limits on.

    Example: tocsin rules show --settings tocsin.toml
    """
    with one_line(*REFUSALS):
        chosen = settings.load(file)
        found = settings.file(file)
        console = Console(highlight=False)
        words = language.words(zone=chosen.detection.zone)
        rules_view.show(console, chosen, words)
        content = found.read_bytes() if found else b""
        digest = decisions.edition(chosen, content).digest
        for line in rules_view.decided(decisions.last(chosen.home), words, digest=digest):
            console.print(Text(line), soft_wrap=True)


@app.command(name="compare")
def beside(
    old: Annotated[Path, typer.Argument(help="A settings file.")],
    new: Annotated[Path, typer.Argument(help="Another one.")],
    paths: Past = None,
    *,
    map_file: MapFile = None,
    marks_file: Marks = None,
    now: Arrived = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Where it goes as one JSON object, too.")
    ] = None,
) -> None:
    """Play the same history under two settings files, and show what each would have called.

    Example: tocsin rules compare tocsin.toml stricter.toml calls.csv.gz --map map.toml
    """
    with one_line(*REFUSALS):
        if json_file is not None:
            writable(json_file, option="--json")
        sides = _sides(old, settings.load(old), new, settings.load(new))
        mapped = mapping.load(map_file) if map_file else None
        weighed = _weigh(sides, Material(paths or (), mapped, now), marks_file)
        if json_file is not None:
            json_file.write_bytes(_json(weighed))
    _show(Console(highlight=False), weighed)


@app.command()
def apply(
    new: Annotated[Path, typer.Argument(help="The settings file that is to be in force.")],
    paths: Past = None,
    *,
    map_file: MapFile = None,
    marks_file: Marks = None,
    now: Arrived = None,
    later: Annotated[
        str, typer.Option(help="Warn where what is real would be called later by more than this.")
    ] = durations.text(acceptance.LATEST),
    reason: Annotated[
        str, typer.Option(help="Why, although what is real is lost; it is recorded.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who changes them; else the user's name.")] = "",
    file: SettingsFile = None,
) -> None:
    """Put another settings file in force, unless that loses an incident marked as real.

    Both are played over the same history first. What was in force is kept beside it, and who
    changed it, when and why is recorded.

    Example: tocsin rules apply stricter.toml --marks marks.csv
    """
    with one_line(*REFUSALS, ChangeError):
        latest, wanted = _latest(later), change.read(file, new)
        words = language.words(zone=wanted.old.detection.zone)
        mapped = mapping.load(map_file) if map_file else None
        sides = _sides(wanted.file, wanted.old, new, wanted.new)
        weighed = _weigh(sides, Material(paths or (), mapped, now), marks_file)
        _show(Console(highlight=False), weighed)
        verdict = acceptance.judge(weighed.comparison, weighed.real, latest=latest)
        _say(change_view.warnings(words, weighed, verdict))
        if not verdict.allowed and not reason.strip():
            raise ChangeError("\n".join(change_view.refusals(words, weighed.names, verdict)))
        decision = change.decide(
            wanted, verdict, at=datetime.now(UTC), who=by or user(), reason=reason.strip()
        )
        record = change.make(wanted, decision)
    _say(change_view.done(words, decision, record))


def _weigh(sides: tuple[Side, Side], material: Material, marks_file: Path | None) -> Weighed:
    regions = comparing.regions(sides)
    said = marks.load(marks_file, regions) if marks_file else []
    err, words = Console(stderr=True, highlight=False), language.words()
    seen = comparing.look_back(err, words, sides, material)
    comparison = compare(*([named(one, regions) for one in side.called] for side in seen))
    called = [*comparison.new, *comparison.old]
    cases = marks.placed(marks_file, said, called) if marks_file else []
    return Weighed(sides, seen, comparison, cases)


def _show(console: Console, weighed: Weighed) -> None:
    zone = weighed.sides[0].settings.detection.zone
    comparison_view.show(console, language.words(zone=zone), weighed)


def _json(weighed: Weighed) -> bytes:
    chosen = [side.settings for side in weighed.sides]
    whole = told(weighed.names, chosen, weighed.seen[0], weighed.comparison, weighed.rulings)
    return msgspec.json.encode(whole)


def _say(lines: Iterable[str]) -> None:
    console = Console(highlight=False)
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def _sides(old: Path, before: Settings, new: Path, after: Settings) -> tuple[Side, Side]:
    """Names are as short as tells them apart."""
    one, other = (old.name, new.name) if old.name != new.name else (str(old), str(new))
    return Side(one, before), Side(other, after)


def _latest(text: str) -> timedelta:
    try:
        return durations.parse(text)
    except ValueError as error:
        raise ChangeError(f"--later {error}") from None
