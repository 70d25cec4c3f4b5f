"""A person leaves the archive; what was counted of the person stays countable.

The person, and the ids of the person's events, become names that say nothing and that nobody can
compute again; texts, links and raw values go. So rows, people and repetitions count as before.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeVar, cast

import msgspec

from alerts.erasure import digest
from streams.archive import columns, leftovers, sheets
from streams.archive.columns import REJECTED
from streams.archive.layout import File, listed
from streams.archive.places import GoneError, Place, PlaceError, reading
from streams.erasure import errand, remains
from streams.erasure.errand import PERSON, QUOTE, Errand
from streams.events import completion
from streams.events.rejections import FAILURES
from streams.settings import Stream

# By stream the columns that name somebody or something, and what they name.
NAMING: Final[Mapping[str, Mapping[str, str]]] = {
    "complaints": {"person": PERSON, "id": "complaints"},
    "mentions": {
        "author": PERSON, "id": "mentions", "repost_of": "mentions", "root": "mentions",
    },
    "updates": {"complaint": "complaints", "id": "updates"},
}  # fmt: skip
OWNED: Final = {"complaints": "person", "mentions": "author", "updates": "complaint"}
TELLING: Final = ("raw", "text", "link", "note")
LISTINGS: Final = 5  # at most, before each file that is listed was there to be read
HAN: Final = "\u3400-\u9fff"  # which stand beside each other without a space between words
JOINED: Final = rf"[^\W{HAN}]|-"  # what beside a word makes it part of a longer one
WORD: Final = rf"(?:(?=[{HAN}])|(?<!{JOINED})){{}}(?:(?<=[{HAN}])|(?!{JOINED}))"

T = TypeVar("T")


class Erased(NamedTuple):
    """What was found and what became of it.

    Attributes:
        records: that told of the person and no longer do.
        files: written anew for that.
        fills: records in files that fill, whose worker has them in memory and writes them again,
            and in files that were closed or replaced meanwhile; another call reaches them.
    """

    records: int
    files: int
    fills: int


class Eraser:
    """Of one person from one archive.

    Args:
        place: of the files.
        person: as events name it.

    Attributes:
        quotes: digests of what signals may show of the person's events: texts and ids.

    Raises:
        PlaceError: where the files cannot be listed or read.
    """

    def __init__(self, place: Place, person: str) -> None:
        self._place, self._person = place, person
        self._memory = sheets.connected()
        place.attach(self._memory)
        self._errand = Errand(place, self._memory, person)
        self._gathered: set[File] = set()  # nothing is erased whose names are not known
        for stream in OWNED:
            self._gathered |= self._each({stream}, self._gather).keys()
        self.quotes = self._errand.names(QUOTE)

    def erase(self) -> Erased:
        """Write each file that tells of the person anew, and delete what closed files left.

        Raises:
            PlaceError: where one is refused; those before it are done, and another call does the
                rest as this one would have.
        """
        found = {file: at for file, at in self._each(NAMING, self._found).items() if at}
        if found:
            self._errand.keep()
        done = []
        for file in (file for file in found if file.end is not None and file in self._gathered):
            with suppress(GoneError), reading(self._place, file.name):
                self._write_anew(file, found[file])
                done.append(file)
        leftovers.clear(self._place)
        records, every = sum(len(found[file]) for file in done), sum(map(len, found.values()))
        return Erased(records, len(done), every - records)

    def finish(self) -> None:
        """No other call will be needed: nobody can tell any more whose the new names are.

        Raises:
            PlaceError: where that is refused.
        """
        self._errand.done()

    def _each(self, folders: Collection[str], work: Callable[[File], T]) -> dict[File, T]:
        """What the work makes of each file that counts.

        Beside a worker, files close and go: where one was not there any more, those that are there
        then are worked through as well.
        """
        made: dict[File, T] = {}
        for _ in range(LISTINGS):
            files = [file for file in listed(self._place.names()) if file.folder in folders]
            left = leftovers.found(self._place, files)
            files = [file for file in files if file not in left]
            for file in (file for file in files if file not in made):
                with suppress(GoneError), reading(self._place, file.name):
                    made[file] = work(file)
            if made.keys() >= set(files):
                return {file: made[file] for file in files}
        raise PlaceError(f"archive {self._place}: cannot be read: its files change too fast")

    def _gather(self, file: File) -> None:
        """Note the ids of the person's events in it, and what a signal may show of them."""
        stream = file.folder
        text, owner = "note" if stream == "updates" else "text", OWNED[stream]
        found = self._memory.execute(
            f"SELECT id, {text} FROM {self._scan(file)} "
            f"WHERE {_named(owner, NAMING[stream][owner])}"
        ).fetchall()
        self._errand.note(stream, [name for name, _ in found])
        shown = [(name, (said or "")[: completion.QUOTE]) for name, said in found]
        self._errand.note(QUOTE, [digest(one) for row in shown for one in row if one])

    def _found(self, file: File) -> list[int]:
        """Offsets of the records that tell of the person."""
        tests = " OR ".join(_named(*naming) for naming in NAMING[file.folder].items())
        events = self._memory.execute(
            f'SELECT "offset" FROM {self._scan(file)} WHERE {tests}'
        ).fetchall()
        refused = self._memory.execute(
            f'SELECT "offset", raw FROM {self._scan(file)} WHERE kind = ?', [REJECTED]
        ).fetchall()
        return [row[0] for row in events] + [at for at, raw in refused if names(raw, self._person)]

    def _write_anew(self, file: File, found: Sequence[int]) -> None:
        remains.note(self._memory, self._scan(file), cast("Stream", file.folder), found)
        query = (
            f"SELECT r.* REPLACE ({', '.join(self._changes(file))}) FROM {self._scan(file)} r "
            f'LEFT JOIN {remains.FOUND} f ON r."offset" = f.place ORDER BY r."offset"'
        )
        self._place.put(file.name, lambda path: sheets.copy(self._memory, query, path))

    def _changes(self, file: File) -> Iterator[str]:
        """Of the columns; names become others everywhere, what tells goes where it was found."""
        salt = sheets.text(self._errand.salt)
        for name, what in NAMING[file.folder].items():
            other = f"'erased-' || md5({salt} || {name})"
            yield f"CASE WHEN {_named(name, what)} THEN {other} ELSE {name} END AS {name}"
        there = columns.types(cast("Stream", file.folder))
        for name in (name for name in TELLING if name in there):
            yield f"CASE WHEN place IS NULL THEN {name} END AS {name}"
        yield from remains.changes(there)

    def _scan(self, file: File) -> str:
        return sheets.scan(self._place, file)


def _named(column: str, what: str) -> str:
    return f"{column} IN (SELECT name FROM {errand.ROWS} WHERE what = '{what}')"


def names(raw: bytes | None, person: str) -> bool:
    """Whether a record that is no event names the person: a value, or words in one or its bytes.

    Words, because a mapping may have cut the person out of a longer value, and by now there may be
    another mapping.
    """
    if not (raw and person):
        return False
    word = re.compile(WORD.format(re.escape(person)))
    try:
        values = list(_values(msgspec.json.decode(raw)))
    except FAILURES:
        values = [raw.decode(errors="replace")]
    texts = (one for one in values if isinstance(one, str))
    return person in map(str, values) or any(map(word.search, texts))


def _values(held: Any) -> Iterator[Any]:
    """All texts, numbers and names in a piece of JSON."""
    waiting = [held]
    while waiting:
        match waiting.pop():
            case dict(inner):
                waiting += [*inner, *inner.values()]
            case list(inner):
                waiting += inner
            case one:
                yield one
