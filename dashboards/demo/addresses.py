"""Where a demonstration that stays up can be reached."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from alerts.words import Words
from streams.broker.topics import Role
from streams.configuration.sections import url
from streams.demonstration import sandbox
from streams.settings import Settings


def addresses(words: Words, chosen: Settings, bootstrap: str, token: str) -> RenderableType:
    lines = Table.grid(padding=(0, 2))
    for what, where in _lines(words, chosen, bootstrap, token):
        lines.add_row(Text(what), Text(where, overflow="fold"))
    return Group(Text(), lines, Text(), Text(words.say("Ctrl-C stops it all.")))


def _lines(words: Words, chosen: Settings, bootstrap: str, token: str) -> Iterator[tuple[str, str]]:
    yield words.say("pages"), url(chosen.serve.host, chosen.serve.port)
    yield words.say("token, for this run alone"), token
    for role in Role:
        yield words.say("metrics of {role}", role=role), chosen.operations.metrics(role)
    yield words.say("Kafka"), bootstrap
    yield words.say("for other commands"), f"--settings {sandbox.file(chosen.home)}"
