"""Errors that a user can mend, in one line and with exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="The settings file; else TOCSIN_SETTINGS, else ./tocsin.toml."),
]


def progress(console: Console) -> Progress:
    """Bars on a terminal, and nothing where there is none."""
    return Progress(console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def one_line(*expected: type[Exception]) -> Iterator[None]:
    """Say an expected error without a traceback."""
    try:
        yield
    except expected as error:
        Console(stderr=True, highlight=False).print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
