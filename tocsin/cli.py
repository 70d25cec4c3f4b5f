"""The command line: one small file a command, imported when the command is asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

from tocsin import language
from tocsin.spoken import retold, speak

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("init", "init"),
    "check": ("check", "check"),
    "run": ("run", "run"),
    "backtest": ("backtest", "backtest"),
    "calibrate": ("calibrate", "run"),
    "why": ("why", "run"),
    "rules": ("rules", "app"),
    "replay": ("replay", "replay"),
    "generate": ("generate", "generate"),
    "dead-letters": ("dead_letters", "app"),
    "erase": ("erase", "erase"),
    "rebuild": ("rebuild", "run"),
    "serve": ("serve", "serve"),
    "kafka": ("kafka", "app"),
    "topics": ("topics", "app"),
    "dashboards": ("dashboards", "app"),
    "demo": ("demo", "run"),
}
"""By name the module of a command and what is the command in it."""


class Commands(TyperGroup):
    """All of them imported at once would take longer than most of them run."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        command = built(cmd_name)
        speak(command, language.words())
        return command

    def main(self, *args: Any, **extra: Any) -> Any:
        speak(self, language.words())
        return super().main(*args, **extra)

    def make_context(self, *args: Any, **extra: Any) -> Any:
        with retold():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        with retold():
            return super().invoke(ctx)


def built(name: str) -> Any:
    """A command as it stands in its module, in English."""
    module, found = COMMANDS[name]
    app = getattr(import_module(f"tocsin.{module}"), found)
    if not isinstance(app, typer.Typer):
        alone, function = typer.Typer(add_completion=False, pretty_exceptions_enable=False), app
        alone.command(name)(function)
        app = alone
    command = typer.main.get_command(app)
    command.name = name
    return command


app = typer.Typer(
    cls=Commands,
    help="Complaint early warning: says early, and rarely falsely, that something is not normal.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def begin() -> None:
    """Makes a group of it, though no command is registered beforehand."""


def main() -> None:
    app()
