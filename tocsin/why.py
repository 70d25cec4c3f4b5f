"""tocsin why: which gate opened, and which did not, for a scope at a time."""

from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from alerts.doorman import Doorman
from alerts.gates import Answer
from streams import settings
from streams.events import mapping
from streams.hindsight import scopes, why
from streams.hindsight.why import Inquiry
from tocsin import language, looking
from tocsin.arguments import Arrived, MapFile, Past
from tocsin.errors import SettingsFile, one_line, progress
from tocsin.flowing import Flowing
from tocsin.looking import PROBLEMS, Material

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
        material = Material(paths or (), mapped, now)
        with progress(err) as bars:
            past = looking.opened(bars, words, chosen, material)
            answer = why.ask(
                chosen, inquiry, past, now=material.now,
                on_events=looking.playing(bars, words, past),
            )  # fmt: skip
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
