"""Open files that are still there though a closed one has all that they hold.

Their worker deletes each when it closes the next, unless it ends before that.
"""

from collections.abc import Iterable

from streams.archive import sheets
from streams.archive.layout import File, listed
from streams.archive.places import Place


def found(place: Place, files: Iterable[File]) -> set[File]:
    """Which of these files they are; one that was read again may hold more than the closed one.

    One that cannot be read, of which 0 is said, may hold more as well.
    """
    files = list(files)
    ends: dict[File, int] = {}
    for file in files:
        if file.end is not None:
            begun = file._replace(end=None)
            ends[begun] = max(file.end, ends.get(begun, 0))
    return {file for file in ends.keys() & files if 0 < sheets.reach(place, file) <= ends[file]}


def clear(place: Place) -> None:
    """Delete them; raises PlaceError where that is refused."""
    place.delete([file.name for file in found(place, listed(place.names()))])
