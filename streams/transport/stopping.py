"""What must not be passed over ends the process, and says by name what it was."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

DIED = 70  # exit code of a stage that must not go on

log = structlog.get_logger(__name__)


@asynccontextmanager
async def last_resort(at: str = "") -> AsyncIterator[None]:
    """End the process on any error, before what caused it is left behind.

    Faust would commit past it. What is not durable is read again after the restart; `at` names
    the records that are held.
    """
    try:
        yield
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        log.critical("stage_stopped", why=why, **({"at": at} if at else {}), exc_info=True)
        sys.stderr.flush()
        os._exit(DIED)
