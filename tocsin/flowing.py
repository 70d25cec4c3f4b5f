"""Text in lines as people read it: Chinese breaks between characters, other words stay whole."""

import re
from collections.abc import Iterator
from typing import Any, Final

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.containers import Lines
from rich.text import Text

OPENING, CLOSING = "（“‘《【「", "、，。；：！？）”’》】」…"
PIECE: Final = re.compile(rf"[{OPENING}]*(?:[!-~]+|[^\s{OPENING}])[{CLOSING}]*\s*|\s+|[{OPENING}]+")
"""What no line end comes into: a word or a character, with the marks that belong to it."""


class Flowing(Text):
    """Rich alone breaks at blanks, and where there is none within a word as well."""

    def wrap(self, console: Console, width: int, *args: Any, **options: Any) -> Lines:
        broken = Text("\n".join(lines(self.plain, width)), style=self.style)
        return broken.wrap(console, width, *args, **options)


def lines(text: str, width: int) -> Iterator[str]:
    """The text in lines of at most `width` cells; a word that is longer than that is cut."""
    for line in text.split("\n"):
        filled = ""
        for piece in PIECE.findall(line):
            if filled and cell_len(filled) + cell_len(piece.rstrip()) > width:
                yield filled.rstrip()
                filled = ""
            *whole, rest = chop_cells(piece, width) if cell_len(piece.rstrip()) > width else [piece]
            yield from whole
            filled += rest
        yield filled.rstrip()
