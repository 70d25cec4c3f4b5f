"""All that the help of the command line says, as Babel takes it from an extractor."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import typer
from typer.core import TyperGroup

from tocsin import cli
from tocsin.spoken import COMMAND, EXAMPLE, FRAME, OPTIONS, USAGE, helped, paragraphs


def texts(command: Any) -> Iterator[str]:
    """All that the help of a command says, but for its examples, in English."""
    yield from (part for part in paragraphs(command.help or "") if not part.startswith(EXAMPLE))
    for param in helped(command):
        yield param.help
    for part in command.commands.values() if isinstance(command, TyperGroup) else ():
        yield from texts(part)


def extract(*_: Any, **__: Any) -> Iterator[tuple[int, str, str, list[str]]]:
    """The words of the frame and of each command's help."""
    commands = (typer.main.get_command(cli.app), *map(cli.built, cli.COMMANDS))
    frame = (*FRAME.values(), USAGE, OPTIONS, COMMAND, EXAMPLE)
    for text in chain(frame, chain.from_iterable(map(texts, commands))):
        yield 0, "gettext", text, []
