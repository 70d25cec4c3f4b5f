"""tocsin backtest: what would have been called."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
import typer
from rich.console import Console

from alerts.words import Words
from streams import files, mapping, settings
from streams.backtest import Backtest
from streams.history import History
from tocsin import language
from tocsin.errors import SettingsFile, one_line, progress

Files = Annotated[list[Path], typer.Argument(help="JSONL or CSV, plain or gzipped.")]
MapFile = Annotated[
    Path | None, typer.Option("--map", help="A mapping, for other field names than ours.")
]


def backtest(
    paths: Files,
    *,
    signals: Annotated[Path, typer.Option(help="Where the signals go, as JSON lines.")],
    incidents: Annotated[
        Path | None, typer.Option(help="Where the incidents go, as JSON lines.")
    ] = None,
    map_file: MapFile = None,
    file: SettingsFile = None,
    now: Annotated[
        datetime | None, typer.Option(help="When the records arrived; the present without it.")
    ] = None,
) -> None:
    """Play files through detection and response, without Kafka.

    Example: tocsin backtest calls.csv.gz --map examples/montco911.toml --signals signals.jsonl
    """
    err, words = Console(stderr=True, highlight=False), language.words()
    problems = (settings.SettingsError, mapping.MappingError, files.FileError, OSError)
    with one_line(*problems), progress(err) as bars:
        chosen = settings.load(file)
        reading = bars.add_task(words.say("reading"), total=None)
        history = History(
            paths, mapping.load(map_file) if map_file else None, intake=chosen.intake,
            on_rows=lambda n: bars.advance(reading, n),
        )  # fmt: skip
        playing = bars.add_task(words.say("playing"), total=len(history))
        test = Backtest(chosen, now=_milliseconds(now))
        with _lines(signals) as signal_lines, _lines(incidents) as incident_lines:
            for outcome in test.play(history, on_events=lambda n: bars.advance(playing, n)):
                _write(signal_lines, outcome.signals)
                _write(incident_lines, outcome.incidents)
    _refusals(err, words, history)
    err.print(summary(words, history, test), soft_wrap=True)


def _milliseconds(moment: datetime | None) -> int:
    if moment is None:
        return time.time_ns() // 1_000_000
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def _lines(path: Path | None) -> BinaryIO:
    return Path("/dev/null").open("wb") if path is None else path.open("wb")


def _write(lines: BinaryIO, items: Iterable[Any]) -> None:
    lines.writelines(msgspec.json.encode(item) + b"\n" for item in items)


def _refusals(console: Console, words: Words, history: History) -> None:
    for refused in history.refused[:5]:
        why = refused.why
        said = words.say(
            "{field}: {rule}, got {value}",
            field=why.field, rule=why.rule, value=repr(why.value),
        )  # fmt: skip
        console.print(f"{refused.file}:{refused.row}: {said}", markup=False, soft_wrap=True)


def summary(words: Words, history: History, test: Backtest) -> str:
    rejected = len(history.refused) + test.rejected
    return words.say(
        "{events}, {duplicates}, {late} late, {rejected} rejected; {series}; {incidents} opened",
        events=words.numbered("{count} event", "{count} events", len(history)),
        duplicates=words.numbered("{count} duplicate", "{count} duplicates", test.duplicates),
        late=words.number(test.late),
        rejected=words.number(rejected),
        series=words.numbered("{count} series", "{count} series", test.series),
        incidents=words.numbered("{count} incident", "{count} incidents", test.opened),
    )
