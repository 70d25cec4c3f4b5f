"""Open files whose records Kafka no longer holds: no reading meets them again, to close them."""

import duckdb
import structlog

from streams.archive import leftovers, sheets
from streams.archive.layout import listed
from streams.archive.places import Place
from streams.transport.runs import Begin

log = structlog.get_logger(__name__)


def close(place: Place, partition: tuple[str, str, int], begin: Begin) -> None:
    """Copy each to a closed file, which makes a leftover of it; a damaged one stays.

    Args:
        place: of the files.
        partition: whose, as its files say it (`File.partition_of`).
        begin: of the reading, below which no record comes.

    Raises:
        PlaceError: where the place refuses.
    """
    if not begin.lost:
        return
    own = [file for file in listed(place.names()) if file.partition_of == partition]
    left = leftovers.found(place, own)
    for file in own:
        if file.end is None and file.first < begin.first and file not in left:
            try:
                sheets.close(place, file)
            except duckdb.Error as damaged:
                log.warning("archive_file_damaged", file=file.name, why=str(damaged))
