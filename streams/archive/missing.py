"""What Kafka no longer held when the archive came to read it, and that no file holds either."""

from collections.abc import Iterable

from streams.archive import sheets
from streams.archive.layout import File, Piece, listed, pieces
from streams.archive.places import Place
from streams.transport.runs import Begin


def missing(place: Place, partition: tuple[str, str, int], begin: Begin) -> int:
    """How many records of the log lie between what is archived and what is read from now on.

    The commit alone does not say: it follows closed files, and is behind what the open one holds.

    Args:
        place: of the files.
        partition: whose, as its files say it (`File.partition_of`).
        begin: of the reading; none where nothing was committed and no file is there.

    Raises:
        PlaceError: where the files cannot be listed.
    """
    if not begin.lost:
        return 0
    own = [file for file in listed(place.names()) if file.partition_of == partition]
    done = [begin.committed] if begin.committed is not None else []
    done += reached(place, own).values()
    return max(begin.earliest - max(done), 0) if done else 0


def reached(place: Place, files: Iterable[File]) -> dict[tuple[str, str, int], int]:
    """By partition (`File.partition_of`) one past the last record that its files hold."""
    last = {piece.file.partition_of: piece for piece in pieces(files)}
    return {partition: _reach(place, piece) for partition, piece in last.items()}


def _reach(place: Place, piece: Piece) -> int:
    """One past the last record; of the open file only it can say that itself."""
    if piece.file.end is not None:
        return piece.stop
    return max(piece.start, sheets.reach(place, piece.file))
