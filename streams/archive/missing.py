"""What Kafka no longer held when the archive came to read it, and that no file holds either."""

from streams.archive import sheets
from streams.archive.layout import Piece, listed, pieces
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
    reached = [begin.committed] if begin.committed is not None else []
    reached += [_reach(place, piece) for piece in pieces(own)[-1:]]
    return max(begin.earliest - max(reached), 0) if reached else 0


def _reach(place: Place, piece: Piece) -> int:
    """One past the last record; of the open file only it can say that itself."""
    if piece.file.end is not None:
        return piece.stop
    return max(piece.start, sheets.reach(place, piece.file))
