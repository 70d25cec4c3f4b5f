"""tocsin kafka: a local broker for trying Tocsin out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from alerts.words import Words
from streams import settings
from streams.broker import local
from tocsin import language
from tocsin.errors import one_line

app = typer.Typer(
    help="A local Kafka broker without anything installed.",
    no_args_is_help=True,
    add_completion=False,
)
console = Console(highlight=False)
PROBLEMS = (local.BrokerError, settings.SettingsError)

SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="The settings file; names the home directory.")
]


def _home(file: Path | None) -> Path:
    return settings.load(file).home


def _kept(words: Words, home: Path) -> None:
    said = words.say("its home is {home}", home=home)
    console.print(said, markup=False, soft_wrap=True)


@app.command()
def up(file: SettingsFile = None) -> None:
    """Start the local broker, or find it running; the first time downloads 44 MB.

    Example: tocsin kafka up
    """
    words = language.words()
    with one_line(*PROBLEMS):
        home = _home(file)
        with console.status(words.say("starting Kafka")):
            running = local.up(home)
    console.print(
        words.say(
            "Kafka answers at {address} (process {pid})",
            address=running.bootstrap, pid=running.pid,
        ),
        soft_wrap=True,
    )  # fmt: skip
    _kept(words, home)


@app.command()
def down(file: SettingsFile = None) -> None:
    """Stop the local broker; its data stays.

    Example: tocsin kafka down
    """
    with one_line(*PROBLEMS):
        stopped = local.down(_home(file))
    words = language.words()
    console.print(
        words.say("Kafka stopped") if stopped else words.say("Kafka was not running"),
        soft_wrap=True,
    )


@app.command()
def status(file: SettingsFile = None) -> None:
    """Say where the local broker is; exit code 1 where none runs.

    Example: tocsin kafka status
    """
    with one_line(*PROBLEMS):
        home = _home(file)
        running = local.status(home)
        if running is None:
            raise local.BrokerError('Kafka is not running; start it with "tocsin kafka up"')
    since = running.started.astimezone().isoformat(sep=" ", timespec="seconds")
    words = language.words()
    console.print(
        words.say(
            "Kafka answers at {address} (process {pid}, since {since})",
            address=running.bootstrap, pid=running.pid, since=since,
        ),
        soft_wrap=True,
    )  # fmt: skip
    _kept(words, home)
