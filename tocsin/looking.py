"""Files and archives looked back at: what every command does that plays a history."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from alerts.words import Words
from streams.archive.log import Log
from streams.detection.stream import Watch
from streams.events.mapping import Mapping
from streams.files.history import Arrival, History
from streams.hindsight import called
from streams.hindsight.backtest import Outcome
from streams.hindsight.called import Hindsight
from streams.settings import Settings
from tocsin.errors import progress
from tocsin.phrases import said


class NoEventsError(Exception):
    """Files without a single event; one line that names the first row's fault."""


def look_back(
    console: Console, words: Words, settings: Settings, paths: Sequence[Path],
    mapping: Mapping | None, *, now: int, on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> Hindsight:  # fmt: skip
    """`now` (ms) is when the rows come in; the console shows how far it is."""
    with progress(console) as bars:
        history = read(bars, words, settings, paths, mapping, now=now)
        return play(bars, words, settings, history, now=now, on_outcome=on_outcome)


def read(
    bars: Progress, words: Words, settings: Settings, paths: Sequence[Path],
    mapping: Mapping | None, *, now: int,
) -> History:  # fmt: skip
    """The events of files, which must hold one; raises NoEventsError."""
    reading = bars.add_task(words.say("reading"), total=None)
    history = History(
        paths, mapping, intake=settings.intake, arrival=Arrival(now, settings.sources),
        on_rows=lambda n: bars.advance(reading, n),
    )  # fmt: skip
    if not len(history):
        raise NoEventsError(_nothing(words, history))
    return history


def look_back_on(
    console: Console, words: Words, settings: Settings, archive: Log, *,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> Hindsight:  # fmt: skip
    """Over an archive; the console shows how far it is."""
    with progress(console) as bars:
        return play_archive(bars, words, settings, archive, on_outcome=on_outcome)


def play(
    bars: Progress, words: Words, settings: Settings, history: History, *, now: int,
    on_outcome: Callable[[Outcome], None] = lambda _: None, watch: Watch | None = None,
) -> Hindsight:  # fmt: skip
    """What was read, with a bar of its own."""
    playing = bars.add_task(words.say("playing"), total=len(history))
    return called.look_back(
        settings, history, now=now, on_events=partial(bars.advance, playing),
        on_outcome=on_outcome, watch=watch,
    )  # fmt: skip


def play_archive(
    bars: Progress, words: Words, settings: Settings, archive: Log, *,
    on_outcome: Callable[[Outcome], None] = lambda _: None, watch: Watch | None = None,
) -> Hindsight:  # fmt: skip
    """An archive, which must hold an event; raises NoEventsError."""
    playing = bars.add_task(words.say("playing"), total=None)
    seen = called.look_back_on(
        settings, archive, on_events=partial(bars.advance, playing),
        on_outcome=on_outcome, watch=watch,
    )  # fmt: skip
    if seen is None:
        raise NoEventsError(words.say("there is no event in the archive"))
    return seen


def _nothing(words: Words, history: History) -> str:
    if not history.refused:
        return words.say("there is no row in it")
    why = history.refused[0].why
    return words.say(
        "no row is an event: {field}: {rule}", field=why.field, rule=said(words, why.rule)
    )
