"""tocsin topics: the topics that Tocsin reads and writes."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams import settings
from streams.broker import local, topics
from tocsin import language
from tocsin.errors import one_line

app = typer.Typer(
    help="The topics that Tocsin reads and writes.", no_args_is_help=True, add_completion=False
)
console = Console(highlight=False)


@app.callback()
def topics_group() -> None:
    """The topics that Tocsin reads and writes."""


@app.command()
def create(
    file: Annotated[Path | None, typer.Option("--settings", help="The settings file.")] = None,
) -> None:
    """Create the topics that are missing, with the partitions and limits of the settings.

    Example: tocsin topics create --settings tocsin.toml
    """
    with one_line(local.BrokerError, settings.SettingsError, topics.TopicError):
        loaded = settings.load(file)
        created = topics.create(loaded, local.address(loaded))
    words = language.words()
    for name in created:
        console.print(words.say("created {topic}", topic=name), soft_wrap=True)
    created_all = words.numbered("{count} topic created", "{count} topics created", len(created))
    console.print(created_all if created else words.say("every topic is there"), soft_wrap=True)
