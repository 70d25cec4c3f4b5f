"""A stage that must not go on ends its process at once, and says what held it."""

import subprocess
import sys

from streams.transport.stopping import DIED

STAGE = """
import asyncio
from streams.transport.stopping import last_resort
from streams.workers import logs

async def stage():
    async with last_resort("calls[0] 7 to 9"):
        raise ValueError("no such thing")

logs.to_stderr()
try:
    asyncio.run(stage())
finally:
    print("went on")
"""


def test_what_stops_a_stage_is_said_by_name_with_the_records_and_nothing_goes_on() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STAGE], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (DIED, "")
    (said,) = (line for line in ended.stderr.splitlines() if "stage_stopped" in line)
    assert "why='ValueError: no such thing'" in said
    assert "at='calls[0] 7 to 9'" in said
