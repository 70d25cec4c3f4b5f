"""tocsin why: which gate opened, and which did not, for a scope at a time."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from alerts.gates import Answer, Doorman
from streams import settings
from streams.archive.log import Log
from streams.events import mapping
from streams.events.mapping import Mapping
from streams.hindsight import scopes, why
from streams.hindsight.why import Inquiry
from streams.settings import Settings
from tocsin import language, looking
from tocsin.arguments import Arrived, MapFile, Past
from tocsin.backtest import PROBLEMS, archive_of, milliseconds
from tocsin.errors import SettingsFile, one_line, progress
from tocsin.flowing import Flowing

OPEN, CLOSED = ("✓ ", "green"), ("✗ ", "red")


def run(
    scope: Annotated[
        str, typer.Argument(help='Such as "complaints, product=Kettle K3", or as it is shown.')
    ],
    time: Annotated[str, typer.Argument(help="ISO 8601, within the hour that is asked about.")],
    paths: Past = None,
    *,
    map_file: MapFile = None,
    file: SettingsFile = None,
    now: Arrived = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead.")] = False,
) -> None:
    """Say why a scope was called in an hour, or why it was not.

    The history is played up to that hour, as tocsin backtest does; then each gate on the way to
    an alarm is told with its numbers. A time without a zone is in detection.zone.

    Example: tocsin why "complaints, category=billing" 2026-03-02T12:30
    """
    err, words = Console(stderr=True, highlight=False), language.words()
    with one_line(*PROBLEMS, scopes.ScopeError):
        chosen = settings.load(file)
        zone = ZoneInfo(chosen.detection.zone)
        inquiry = Inquiry(chosen.regions.scope(scopes.scope_of(scope)), why.moment(time, zone))
        mapped = mapping.load(map_file) if map_file else None
        if (log := archive_of(paths or (), chosen, mapped, now)) is not None:
            answer = _of_archive(err, chosen, inquiry, log)
        else:
            files = list(map(Path, paths or ()))
            answer = _of_files(err, chosen, inquiry, files, mapped, now=milliseconds(now))
    if as_json:
        typer.echo(msgspec.json.encode(answer))
    else:
        show(Console(highlight=False), answer, Doorman(words.language, zone))


def show(console: Console, answer: Answer, words: Doorman) -> None:
    """A line for each gate, whether it opened first."""
    told = words.say(
        "{scope}, in the hour from {hour} on:",
        scope=words.fields(answer.scope), hour=words.moment(answer.hour),
    )  # fmt: skip
    console.print(Flowing(told), style="bold")
    for gate in answer.gates:
        first, *rest = words.told(gate).splitlines()
        console.print(Text.assemble(OPEN if gate.open else CLOSED, first))
        for line in rest:
            console.print(Flowing(f"  {line}"))
    if answer.nearest:
        console.print(words.say("The nearest that are counted:"))
        for scope in answer.nearest:
            console.print(Flowing(f"  {words.fields(scope)}"))


def _of_archive(console: Console, chosen: Settings, inquiry: Inquiry, log: Log) -> Answer:
    with progress(console) as bars:
        playing = bars.add_task(language.words().say("playing"), total=None)
        return why.ask_of(chosen, inquiry, log, on_events=lambda n: bars.advance(playing, n))


def _of_files(
    console: Console, chosen: Settings, inquiry: Inquiry, files: list[Path],
    mapped: Mapping | None, *, now: int,
) -> Answer:  # fmt: skip
    words = language.words()
    with progress(console) as bars:
        history = looking.read(bars, words, chosen, files, mapped, now=now)
        playing = bars.add_task(words.say("playing"), total=len(history))
        return why.ask(
            chosen, inquiry, history, now=now, on_events=lambda n: bars.advance(playing, n)
        )
