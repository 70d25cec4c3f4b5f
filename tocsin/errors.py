"""Errors that a user can mend, in one line and with exit code 1."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tocsin import language
from tocsin.phrases import said

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="The settings file; else TOCSIN_SETTINGS, else ./tocsin.toml."),
]


class OutputError(Exception):
    """A file that could not be written; one line."""


def writable(path: Path, *, option: str) -> None:
    """Before hours of work go into it; raises OutputError."""
    folder = path.absolute().parent
    if path.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise OutputError(f"{option}: must be a file in a folder that is there, got {path}")


def progress(console: Console) -> Progress:
    """Bars on a terminal, and nothing where there is none."""
    return Progress(console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def one_line(*expected: type[Exception]) -> Iterator[None]:
    """Say an expected error without a traceback."""
    try:
        yield
    except expected as error:
        tell(str(error))
        raise typer.Exit(1) from None


def tell(problem: str) -> None:
    """On standard error, in the reader's language."""
    console, line = Console(stderr=True, highlight=False), said(language.words(), problem)
    console.print(line, markup=False, soft_wrap=True)
