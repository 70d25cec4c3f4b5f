"""tocsin calibrate: thresholds from a history of one's own."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from alerts.signal import Kind
from alerts.words import Words
from streams import settings
from streams.calibration import written
from streams.calibration.search import Calibration, Search
from streams.calibration.trial import under
from streams.detection.stream import Watch
from streams.events import mapping
from streams.hindsight import marks
from streams.hindsight.called import Called
from streams.rulesets import change
from streams.rulesets.change import Change, ChangeError
from streams.settings import Settings, SettingsError
from tocsin import calibration_view, change_view, language, looking
from tocsin.arguments import Arrived, MapFile, Past
from tocsin.errors import SettingsFile, one_line, progress
from tocsin.looking import PROBLEMS, Material
from tocsin.who import user

CALIBRATION: Final = "tocsin calibrate"


def run(
    paths: Past = None,
    *,
    marked: Annotated[
        Path | None,
        typer.Option("--marks", help="A CSV file: incident,scope,at,mark,reason."),
    ] = None,
    map_file: MapFile = None,
    file: SettingsFile = None,
    now: Arrived = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the thresholds into the settings file.")
    ] = False,
    reason: Annotated[
        str, typer.Option(help="Why, although what is real is lost; it is recorded.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who sets them; else the user's name.")] = "",
) -> None:
    """Find the thresholds with which a history has as many false alarms as the budget allows.

    The history is played several times, as tocsin backtest does. What is not marked as real
    counts as false. Says what is called now and would be, and prints the option to set; nothing is
    written without --apply, which is recorded as a change by tocsin rules is, and refused as that
    is where it loses an incident marked as real.

    Example: tocsin calibrate complaints.jsonl --marks marks.csv
    """
    err, words = Console(stderr=True, highlight=False), language.words()
    with one_line(*PROBLEMS, marks.MarksError, ChangeError):
        chosen, target = settings.load(file), _target(file) if apply else None
        known = marks.load(marked, chosen.regions) if marked else []
        place = partial(marks.placed, marked or Path(), known)
        mapped = mapping.load(map_file) if map_file else None
        material = Material(paths or (), mapped, now)
        with progress(err) as bars:
            past = looking.opened(bars, words, chosen, material)

            def play(tried: Settings, watch: Watch | None) -> Sequence[Called]:
                seen = looking.play(bars, words, tried, past, now=material.now, watch=watch)
                return seen.called

            found = Search(chosen, play, place).found()
        local = language.words(zone=chosen.detection.zone)
        calibration_view.show(err, found, chosen, local)
        if found.changes and target is not None:
            lines = _set(found, chosen, target, local, who=by or user(), reason=reason.strip())
            _say(err, lines)
        elif found.changes:
            _say(err, change_view.losses(local, _names(settings.file(file), local), found.verdict))
            typer.echo(f"{written.SECTION}\n{written.option(found.times)}")


def _target(file: Path | None) -> Path:
    """The settings file to write into; one that cannot be is refused before the history is played.

    Raises SettingsError, OSError.
    """
    target = settings.file(file)
    if target is None:
        raise SettingsError("--apply: must have a settings file to write into, got none")
    written.content(target, {Kind.SURGE: 1.0})
    return target


def _set(
    found: Calibration, chosen: Settings, file: Path, words: Words, *, who: str, reason: str
) -> list[str]:
    """Set what was found, and record that; returns what is to be said of it.

    Raises ChangeError where it loses what is real and there is no reason for that.
    """
    verdict, names = found.verdict, _names(file, words)
    if not verdict.allowed and not reason:
        raise ChangeError("\n".join(change_view.refusals(words, names, verdict)))
    content, new = written.content(file, found.times), under(chosen, found.times)
    wanted = Change(file, file.read_bytes(), content, chosen, new)
    decision = change.decide(
        wanted, verdict, at=datetime.now(UTC), who=who, reason=reason or CALIBRATION
    )
    done = change_view.done(words, decision, change.make(wanted, decision))
    return [*change_view.weaker(words, names, verdict), *done]


def _names(file: Path | None, words: Words) -> tuple[str, str]:
    """Of what is in force, and of what is proposed."""
    return file.name if file else words.say("the present settings"), CALIBRATION


def _say(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(Text(line), soft_wrap=True)
