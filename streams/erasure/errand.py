"""What an erasure is about, kept beside the archive's files until all of it is done.

The names of a person's events stand in several files, each of which is written anew for itself.
Who is interrupted between two of them would not know the rest again, nor the names they became.
"""

import secrets
from collections.abc import Iterable
from typing import Final

import duckdb

from alerts.erasure import digest
from streams.archive import sheets
from streams.archive.places import Place

PERSON, QUOTE, SALT = ("person", "quote", "salt")  # beside the streams, whose events are named
ROWS: Final = "gone"  # the table of names by what they name


class Errand:
    """To erase one person, begun now or by a call that was interrupted.

    Args:
        place: of the archive.
        memory: a connection that the place is attached to; holds the names as the table ROWS.
        person: as events name it.

    Raises:
        PlaceError: where the files cannot be listed.
    """

    def __init__(self, place: Place, memory: duckdb.DuckDBPyConnection, person: str) -> None:
        self._place, self._memory = place, memory
        self._name = f"erasing/person/{digest(person)}/gone.parquet"
        memory.execute(f"CREATE TABLE {ROWS} (what VARCHAR, name VARCHAR)")
        if self._name in place.names():
            found = sheets.text(place.path(self._name))
            memory.execute(f"INSERT INTO {ROWS} SELECT what, name FROM read_parquet({found})")
        else:
            self.note(PERSON, [person])
            self.note(SALT, [secrets.token_hex(16)])

    def note(self, what: str, names: Iterable[str]) -> None:
        """Names that were found; one that is known already adds nothing."""
        self._memory.execute(
            f"INSERT INTO {ROWS} SELECT ?, unnest(?::VARCHAR[]) EXCEPT FROM {ROWS}",
            [what, list(names)],
        )

    def names(self, what: str) -> frozenset[str]:
        found = self._memory.execute(f"SELECT name FROM {ROWS} WHERE what = ?", [what])
        return frozenset(name for (name,) in found.fetchall())

    @property
    def salt(self) -> str:
        """What the names become others by."""
        (salt,) = self.names(SALT)
        return salt

    def keep(self) -> None:
        """For another call; raises PlaceError where that is refused."""
        self._place.put(
            self._name, lambda path: sheets.copy(self._memory, f"FROM {ROWS} ORDER BY ALL", path)
        )

    def done(self) -> None:
        """Nobody can compute the names again; raises PlaceError where that is refused."""
        self._place.delete([self._name])
