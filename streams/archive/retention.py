"""Whole files leave the archive when the day they begin on is too long ago."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from streams.archive.layout import listed
from streams.archive.places import Place, PlaceError

LOOK: Final = 3600.0  # seconds

log = structlog.get_logger(__name__)


def expired(names: Iterable[str], *, kept: timedelta, now: datetime) -> list[str]:
    """Files all of whose records are older than what is kept."""
    oldest = (now - kept).date()
    return [file.name for file in listed(names) if file.day < oldest]


async def retire(place: Place, kept: timedelta) -> None:
    """Delete them; what the place refuses is tried again the next time."""
    try:
        gone = expired(await asyncio.to_thread(place.names), kept=kept, now=datetime.now(UTC))
        await asyncio.to_thread(place.delete, gone)
    except PlaceError as failure:
        log.warning("archive_not_retired", why=str(failure))
    else:
        if gone:
            log.info("archive_retired", files=len(gone))
