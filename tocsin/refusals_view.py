"""Rows that are no events, as people look at them in a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from alerts.words import Words
from streams.files.history import Refused
from tocsin.phrases import said
from tocsin.proposal_view import more

MOST = 5  # rows that are listed


def show(console: Console, words: Words, refused: Sequence[Refused]) -> None:
    for one in refused[:MOST]:
        why = one.why
        line = words.say(
            "{field}: {rule}, got {value}",
            field=why.field, rule=said(words, why.rule), value=words.plain(why.value),
        )  # fmt: skip
        console.print(Text(f"  {one.file.name}:{one.row}: {line}"), soft_wrap=True)
    for line in more(words, len(refused) - MOST):
        console.print(f"  {line}")
