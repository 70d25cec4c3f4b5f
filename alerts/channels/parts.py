"""A message as plain text, in as many parts as a service's limit on size asks for.

Parts end at line ends; a line that is too long by itself ends after a whole character.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

import msgspec

from alerts.messages import Message

Size = Callable[[str], int]

WIDEST_MARK = "(999/999) "


def in_bytes(text: str) -> int:
    return len(text.encode())


def in_json(text: str) -> int:
    """Bytes of the text as JSON, quotes and escapes included."""
    return len(msgspec.json.encode(text))


def parts(message: Message, *, limit: int, size: Size) -> list[str]:
    """The title and lines, each part of at most `limit` by `size`.

    Where there are several, each begins with its number and the title: "(1/2) ...". A title
    that would fill more than half a part is shortened.
    """
    whole = "\n".join((message.title, *message.lines))
    if size(whole) <= limit:
        return [whole]
    title = next(_pieces(message.title, limit // 2 - size(WIDEST_MARK), size))
    texts = _packed(message.lines, limit - size(f"{WIDEST_MARK}{title}\n"), size)
    return [f"({n}/{len(texts)}) {title}\n{text}" for n, text in enumerate(texts, start=1)]


def _packed(lines: Iterable[str], room: int, size: Size) -> list[str]:
    texts: list[str] = []
    for piece in (piece for line in lines for piece in _pieces(line, room, size)):
        joined = f"{texts[-1]}\n{piece}" if texts else piece
        if texts and size(joined) <= room:
            texts[-1] = joined
        else:
            texts.append(piece)
    return texts


def _pieces(line: str, room: int, size: Size) -> Iterator[str]:
    """The line in pieces that fit; a single character that does not is left whole."""
    while size(line) > room and len(line) > 1:
        fit = bisect_right(range(1, len(line)), room, key=lambda end: size(line[:end]))
        yield line[: max(fit, 1)]
        line = line[max(fit, 1) :]
    yield line
