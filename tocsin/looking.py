"""Files and archives looked back at: what every command does that plays a history."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from alerts.words import Words
from streams.archive import places
from streams.archive.log import ArchiveError, Log
from streams.detection.stream import Watch
from streams.events import mapping
from streams.events.mapping import Mapping
from streams.files import inputs
from streams.files.history import Arrival, History
from streams.hindsight import called
from streams.hindsight.backtest import Outcome
from streams.hindsight.called import Hindsight, Past
from streams.settings import Settings, SettingsError
from tocsin.errors import progress
from tocsin.phrases import said


class NoEventsError(Exception):
    """Files without a single event; one line that names the first row's fault."""


PROBLEMS = (
    SettingsError, mapping.MappingError, inputs.FileError, NoEventsError,
    ArchiveError, places.PlaceError, OSError,
)  # fmt: skip


@dataclass(frozen=True)
class Material:
    """What is played.

    Attributes:
        paths: of files, or of one archive; none is the archive of the settings.
        mapping: of files.
        arrived: when the rows of files did.
    """

    paths: Sequence[str]
    mapping: Mapping | None
    arrived: datetime | None = None

    @cached_property
    def now(self) -> int:
        """Milliseconds."""
        if self.arrived is None:
            return time.time_ns() // 1_000_000
        zoned = self.arrived.replace(tzinfo=self.arrived.tzinfo or UTC)
        return int(zoned.timestamp() * 1000)


def look_back(
    console: Console, words: Words, settings: Settings, material: Material, *,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> Hindsight:  # fmt: skip
    """The console shows how far it is."""
    with progress(console) as bars:
        past = opened(bars, words, settings, material)
        return play(bars, words, settings, past, now=material.now, on_outcome=on_outcome)


def opened(bars: Progress, words: Words, settings: Settings, material: Material) -> Past:
    """The archive, or the events of the files, which must hold one.

    Raises ArchiveError, NoEventsError.
    """
    paths = material.paths
    if paths and not any(path.startswith(places.SCHEME) or Path(path).is_dir() for path in paths):
        return _read(bars, words, settings, material)
    if len(paths) > 1 or material.mapping is not None or material.arrived is not None:
        raise ArchiveError(
            f"archive {paths[0] if paths else 'of the settings'}: must be the only argument, "
            "without --map and --now; it holds events, and when they came"
        )
    return Log(places.at(paths[0], settings) if paths else places.place(settings))


def _read(bars: Progress, words: Words, settings: Settings, material: Material) -> History:
    reading = bars.add_task(words.say("reading"), total=None)
    history = History(
        [Path(path) for path in material.paths], material.mapping, intake=settings.intake,
        arrival=Arrival(material.now, settings.sources),
        on_rows=lambda n: bars.advance(reading, n),
    )  # fmt: skip
    if not len(history):
        raise NoEventsError(_nothing(words, history))
    return history


def play(
    bars: Progress, words: Words, settings: Settings, past: Past, *, now: int,
    on_outcome: Callable[[Outcome], None] = lambda _: None, watch: Watch | None = None,
) -> Hindsight:  # fmt: skip
    """What was opened, with a bar of its own."""
    return called.look_back(
        settings, past, now=now, on_events=playing(bars, words, past),
        on_outcome=on_outcome, watch=watch,
    )  # fmt: skip


def playing(bars: Progress, words: Words, past: Past) -> Callable[[int], None]:
    """Advances a bar that says how far it is played."""
    total = len(past) if isinstance(past, History) else None
    return partial(bars.advance, bars.add_task(words.say("playing"), total=total))


def _nothing(words: Words, history: History) -> str:
    if not history.refused:
        return words.say("there is no row in it")
    why = history.refused[0].why
    return words.say(
        "no row is an event: {field}: {rule}", field=why.field, rule=said(words, why.rule)
    )
