"""tocsin backtest: what would have been called."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
import typer
from rich.console import Console

from streams import settings
from streams.events import mapping
from streams.hindsight.backtest import Outcome
from tocsin import hindsight_view, language, looking
from tocsin.arguments import Arrived, MapFile, Played
from tocsin.errors import SettingsFile, one_line
from tocsin.looking import PROBLEMS, Material


def backtest(
    paths: Played,
    *,
    signals: Annotated[Path, typer.Option(help="Where the signals go, as JSON lines.")],
    incidents: Annotated[
        Path | None, typer.Option(help="Where the incidents go, as JSON lines.")
    ] = None,
    map_file: MapFile = None,
    file: SettingsFile = None,
    now: Arrived = None,
) -> None:
    """Play files through detection and response, without Kafka.

    An archive is played as it came in, each record at its own time and in its own partition.

    Example: tocsin backtest calls.csv.gz --map examples/montco911.toml --signals signals.jsonl
    """
    err, words = Console(stderr=True, highlight=False), language.words()
    with one_line(*PROBLEMS):
        chosen = settings.load(file)
        mapped = mapping.load(map_file) if map_file else None
        with _lines(signals) as signal_lines, _lines(incidents) as incident_lines:

            def write(outcome: Outcome) -> None:
                _write(signal_lines, outcome.signals)
                _write(incident_lines, outcome.incidents)

            material = Material(paths, mapped, now)
            seen = looking.look_back(err, words, chosen, material, on_outcome=write)
    hindsight_view.show(err, seen, language.words(zone=chosen.detection.zone))


def _lines(path: Path | None) -> BinaryIO:
    return Path("/dev/null").open("wb") if path is None else path.open("wb")


def _write(lines: BinaryIO, items: Iterable[Any]) -> None:
    lines.writelines(msgspec.json.encode(item) + b"\n" for item in items)
