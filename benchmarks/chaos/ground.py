"""The settings of the installation that is struck: where what is hard meets the blows."""

from pathlib import Path
from zlib import crc32

from streams.events.event import Complaint
from streams.files.course import Entry
from tests.kafka import siege
from tests.kafka.receiver import Receiver

# Partitions are soon idle; posts have reposts, which are known by other posts of the partition.
# Who calls does so again through a source where both calls may lie in different partitions.
LASTING, SOON = 'idle_after = "1h"', 'idle_after = "1s"'
# Each partition costs detection some records a second: two of a source are enough to be divided.
FOUR, TWO = 'key = "person"', 'key = "person"\npartitions = 2'
# What is sent at once, and may come to one partition later than to others, is of less than that.
KEYED, LATE = "\nkey = ", '\nlateness = "3h"\nkey = '
CALLERS = 5  # persons, of whom one calls
OTHERS = """
[[sources]]
topic = "calls"
stream = "complaints"
key = "id"
rekey = true
partitions = 2
[[sources]]
topic = "mentions"
stream = "mentions"
key = "root"
partitions = 2
[[cuts]]
stream = "mentions"
by = ["product"]
[[cuts]]
stream = "mentions"
by = ["product", "category"]
where = { sentiment = "negative" }
family = "product"
"""


def options(receiver: Receiver, folder: Path) -> str:
    """TOML; the secret of the webhook is put into the folder."""
    besieged = siege.options(receiver, folder)
    assert LASTING in besieged
    assert FOUR in besieged
    besieged = besieged.replace(LASTING, SOON).replace(FOUR, TWO)
    return (besieged + OTHERS).replace(KEYED, LATE)


def calls(person: str | None) -> bool:
    """Whether this person's complaints come in as calls, all of them."""
    return person is not None and crc32(person.encode()) % CALLERS == 0


def topic(stream: str, person: str | None) -> str:
    """Of the source that a person's event comes from."""
    return "calls" if stream == "complaints" and calls(person) else stream


def by_topic(entry: Entry) -> str:
    """The same of an event on its way."""
    event = entry.event
    return topic(entry.stream, event.person if isinstance(event, Complaint) else None)
