"""The command line's own words in the reader's language: help, its frame, and how it is misused.

Typer takes the words of its frame from constants. What is wrong with a command line it says in
sentences of its own, which `phrases` knows again.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from inspect import cleandoc
from typing import Any, Final

import typer
from rich.text import Text
from typer.core import TyperGroup

from alerts.words import Words
from tocsin import language
from tocsin.flowing import Flowing
from tocsin.phrases import said

FRAME: Final[Mapping[str, str]] = {
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
    "ERRORS_PANEL_TITLE": "Error",
    "ABORTED_TEXT": "Aborted.",
    "REQUIRED_LONG_STRING": "[required]",
    "DEFAULT_STRING": "[default: {value}]",
    "RICH_HELP": "Try [blue]'{command_path} {help_option}'[/] for help.",
}
"""By typer's constant what it says."""
USAGE: Final = "Usage: "
OPTIONS: Final = "[OPTIONS]"
COMMAND: Final = "COMMAND [ARGS]..."
EXAMPLE: Final = "Example: "


class Formatter(typer.Context.formatter_class):  # type: ignore[misc, valid-type]
    """Whatever is framed begins with the usage, so the frame gets its words here."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        words = language.words()
        _frame(words)
        super().write_usage(prog, args, prefix or words.text(USAGE))


class Context(typer.Context):
    formatter_class = Formatter


class Misuse(typer.BadParameter):
    """What is wrong with a command line, as a whole sentence."""

    def format_message(self) -> str:
        return self.message


def speak(command: Any, words: Words) -> None:
    """Put the help of a command, and of those that are part of it, into the reader's language."""
    command.help = "\n\n".join(_said(part, words) for part in paragraphs(command.help or ""))
    for param in helped(command):
        param.help = words.text(param.help)
    command.options_metavar, command.context_class = words.text(OPTIONS), Context
    if isinstance(command, TyperGroup):
        command.subcommand_metavar = words.text(COMMAND)
        for part in command.commands.values():
            speak(part, words)


@contextmanager
def retold() -> Iterator[None]:
    """Say in the reader's language what is wrong with a command line."""
    words = language.words()
    try:
        yield
    except typer.Abort:
        _frame(words)
        raise
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # whose message is the help
            raise
        _frame(words)
        raise Misuse(said(words, error.format_message()), ctx=vars(error).get("ctx")) from None


def helped(command: Any) -> list[Any]:
    """Its arguments and options that have a help text."""
    return [param for param in command.get_params(typer.Context(command)) if _help(param)]


def paragraphs(text: str) -> list[str]:
    """Of a help text, without the line ends within them, which mean nothing."""
    return [" ".join(part.split()) for part in cleandoc(text).split("\n\n")]


def _frame(words: Words) -> None:
    """Typer's rich_utils takes long to import, so only what prints a frame does."""
    typers: Any = import_module("typer.rich_utils")
    for constant, english in FRAME.items():
        setattr(typers, constant, words.text(english).replace("{value}", "{}"))
    typers.highlighter = _flowing(typers.OptionHighlighter())


def _flowing(highlighter: Callable[[str | Text], Text]) -> Callable[[str | Text], Text]:
    """Text without blanks would be cut where the column ends."""

    def flowing(text: str | Text) -> Text:
        shown = highlighter(text)
        return shown if shown.plain.isascii() else Flowing(shown.plain, style=shown.style)

    return flowing


def _help(param: Any) -> str | None:
    return getattr(param, "help", None)


def _said(paragraph: str, words: Words) -> str:
    if paragraph.startswith(EXAMPLE):
        return words.text(EXAMPLE) + paragraph.removeprefix(EXAMPLE)
    return words.text(paragraph)
