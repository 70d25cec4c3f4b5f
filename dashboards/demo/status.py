"""Where the demonstration stands, in two lines."""

from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from alerts.channels.terminal import STYLES
from alerts.colour import Colour
from alerts.words import Words
from streams.demonstration.programme import DAYS, Phase, Played
from streams.workers.telemetry import Telemetry

WIDTH = 16


class Status(NamedTuple):
    played: Played
    telemetry: Telemetry
    rate: float  # events a second


def painted(words: Words, status: Status) -> RenderableType:
    """For a terminal."""
    played = status.played
    done = DAYS if _played_out(played) else played.day
    bar = ProgressBar(total=DAYS, completed=done, width=WIDTH)
    first = Table.grid(padding=(0, 2))
    first.add_row(Text(_phase(words, played)), bar, Text(_day(words, played)))
    second = Text(no_wrap=True, overflow="ellipsis").append(_figures(words, status)).append("  ")
    for colour, count in _opened(status):
        style = STYLES[colour] if count else "dim"
        second.append(f"{count} {words.name('colour', colour)} ", style)
    return Group(Text(), first, second)


def line(words: Words, status: Status) -> str:
    """Without colours, as one line."""
    counts = (f"{count} {words.name('colour', colour)}" for colour, count in _opened(status))
    parts = _phase(words, status.played), _day(words, status.played), _figures(words, status)
    return "  ".join((*parts, *counts))


def _phase(words: Words, played: Played) -> str:
    return words.name("phase", played.phase)


def _played_out(played: Played) -> bool:
    return played.phase in (Phase.VERDICTS, Phase.AFTERWARDS)


def _day(words: Words, played: Played) -> str:
    moment, sent = words.hour(played.moment), words.number(played.sent["all"])
    if played.phase is Phase.AFTERWARDS:
        return words.say("{moment}, {sent} sent", moment=moment, sent=sent)
    return words.say(
        "day {day} of {days}, {moment}, {sent} sent",
        day=played.day + 1, days=DAYS, moment=moment, sent=sent,
    )  # fmt: skip


def _figures(words: Words, status: Status) -> str:
    if not status.telemetry.ready:
        return words.say("the workers are starting")
    return words.say(
        "{rate} events/s, {series} series watched, open:",
        rate=words.number(round(status.rate)), series=words.number(status.telemetry.series),
    )  # fmt: skip


def _opened(status: Status) -> list[tuple[Colour, int]]:
    """Incidents by colour, the most urgent first; nothing is known while the workers start."""
    if not status.telemetry.ready:
        return []
    return [(colour, status.telemetry.open[colour]) for colour in reversed(Colour)]
