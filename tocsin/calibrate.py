"""tocsin calibrate: thresholds from a history of one's own."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from alerts.words import Words
from streams import mapping, marks, settings
from streams.archive.log import Log
from streams.calibration import written
from streams.calibration.search import Calibration, Search
from streams.calibration.trial import Play
from streams.history import History
from streams.settings import SettingsError
from tocsin import calibration_view, language, looking
from tocsin.backtest import PROBLEMS, Arrived, MapFile, Past, archive_of, milliseconds
from tocsin.errors import SettingsFile, one_line, progress


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
) -> None:
    """Find the thresholds with which a history has as many false alarms as the budget allows.

    The history is played several times, as tocsin backtest does. What is not marked as real
    counts as false. Says what is called now and would be, and prints the option to set; nothing is
    written without --apply.

    Example: tocsin calibrate complaints.jsonl --marks marks.csv
    """
    err, words = Console(stderr=True, highlight=False), language.words()
    with one_line(*PROBLEMS, marks.MarksError):
        chosen = settings.load(file)
        known = marks.load(marked, chosen.regions) if marked else []
        place = partial(marks.placed, marked or Path(), known)
        mapped = mapping.load(map_file) if map_file else None
        with progress(err) as bars:
            if (log := archive_of(paths or (), chosen, mapped, now)) is not None:
                play = _of_archive(bars, words, log)
            else:
                arrived, files = milliseconds(now), list(map(Path, paths or ()))
                history = looking.read(bars, words, chosen, files, mapped, now=arrived)
                play = _of_files(bars, words, history, now=arrived)
            found = Search(chosen, play, place).found()
        local = language.words(zone=chosen.detection.zone)
        calibration_view.show(err, found, chosen, local)
        _set(err, found, words, settings.file(file) if apply else None, asked=apply)


def _set(
    console: Console, found: Calibration, words: Words, file: Path | None, *, asked: bool
) -> None:
    """Print what is to be set, or set it."""
    if not found.changes:
        return
    if not asked:
        typer.echo(f"{written.SECTION}\n{written.option(found.times)}")
        return
    if file is None:
        raise SettingsError("--apply: must have a settings file to write into, got none")
    written.apply(file, found.times)
    console.print(words.say("set in {file}; workers take it up when they start", file=file))


def _of_files(bars: Progress, words: Words, history: History, *, now: int) -> Play:
    return lambda under, watch: (
        looking.play(bars, words, under, history, now=now, watch=watch).called
    )


def _of_archive(bars: Progress, words: Words, log: Log) -> Play:
    return lambda under, watch: looking.play_archive(bars, words, under, log, watch=watch).called
