"""Whole files leave the archive when the day they begin on is too long ago, and halves soon."""

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

import structlog

from streams.archive.layout import listed
from streams.archive.places import Place, PlaceError

LOOK: Final = 3600.0  # seconds

log = structlog.get_logger(__name__)


def oldest(kept: timedelta, now: datetime) -> date:
    """The first day whose files are kept."""
    return (now - kept).date()


def expired(names: Iterable[str], *, kept: timedelta, now: datetime) -> list[str]:
    """Files all of whose records are older than what is kept."""
    return [file.name for file in listed(names) if file.day < oldest(kept, now)]


async def retire(place: Place, kept: timedelta | None) -> None:
    """Delete them; what the place refuses is tried again the next time.

    Args:
        place: of the files; what nobody goes on writing there is cleared away too.
        kept: None keeps all that is whole.
    """
    try:
        await asyncio.to_thread(place.clear, now=time.time())
        gone = [] if kept is None else await asyncio.to_thread(_retired, place, kept)
    except PlaceError as failure:
        log.warning("archive_not_retired", why=str(failure))
    else:
        if gone:
            log.info("archive_retired", files=len(gone))


def _retired(place: Place, kept: timedelta) -> list[str]:
    gone = expired(place.names(), kept=kept, now=datetime.now(UTC))
    place.delete(gone)
    return gone
