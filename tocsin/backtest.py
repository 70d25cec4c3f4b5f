"""tocsin backtest: what would have been called."""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
import typer
from rich.console import Console

from streams import settings
from streams.archive import places
from streams.archive.log import ArchiveError, Log
from streams.events import mapping
from streams.events.mapping import Mapping
from streams.files import inputs
from streams.hindsight.backtest import Outcome
from streams.settings import Settings
from tocsin import hindsight_view, language, looking
from tocsin.arguments import Arrived, MapFile, Played
from tocsin.errors import SettingsFile, one_line

PROBLEMS = (
    settings.SettingsError, mapping.MappingError, inputs.FileError, looking.NoEventsError,
    ArchiveError, places.PlaceError, OSError,
)  # fmt: skip


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

            if (archive := archive_of(paths, chosen, mapped, now)) is not None:
                seen = looking.look_back_on(err, words, chosen, archive, on_outcome=write)
            else:
                seen = looking.look_back(
                    err, words, chosen, list(map(Path, paths)), mapped,
                    now=milliseconds(now), on_outcome=write,
                )  # fmt: skip
    hindsight_view.show(err, seen, language.words(zone=chosen.detection.zone))


def archive_of(
    paths: Sequence[str], chosen: Settings, mapped: Mapping | None, now: datetime | None
) -> Log | None:
    """The archive that the only path names, without one that of the settings; None for files."""
    if paths and not any(path.startswith(places.SCHEME) or Path(path).is_dir() for path in paths):
        return None
    if len(paths) > 1 or mapped is not None or now is not None:
        raise ArchiveError(
            f"archive {paths[0] if paths else 'of the settings'}: must be the only argument, "
            "without --map and --now; it holds events, and when they came"
        )
    return Log(places.at(paths[0], chosen) if paths else places.place(chosen))


def milliseconds(moment: datetime | None) -> int:
    if moment is None:
        return time.time_ns() // 1_000_000
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def _lines(path: Path | None) -> BinaryIO:
    return Path("/dev/null").open("wb") if path is None else path.open("wb")


def _write(lines: BinaryIO, items: Iterable[Any]) -> None:
    lines.writelines(msgspec.json.encode(item) + b"\n" for item in items)
