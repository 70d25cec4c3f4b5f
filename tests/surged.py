"""What commands are tried on: six days of complaints, a surge at their end, and settings for it."""

from datetime import UTC, datetime

from streams.events.event import Complaint
from tests.streams.counts import busy
from tests.streams.logs import BURN, HOUR, START, complaint

SETTINGS = """
[detection]
series = 100
false_alarms_per_week = 100
[[cuts]]
stream = "complaints"
by = ["category"]
[[cuts]]
stream = "complaints"
by = ["product", "category"]
family = "product"
group = "category"
"""


def with_a_burn() -> list[Complaint]:
    """On the second day somebody is hurt."""
    burn = complaint("burn", START + 30 * HOUR, product="iron", text=BURN)
    return sorted([*busy(), burn], key=lambda event: event.time)


def hour(number: int) -> str:
    """Of the history, as people write it."""
    return datetime.fromtimestamp((START + number * HOUR) / 1000, UTC).isoformat()
