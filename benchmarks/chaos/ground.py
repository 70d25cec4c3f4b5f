"""The settings of the installation that is struck: where what is hard meets the blows."""

from pathlib import Path

from tests.kafka import siege
from tests.kafka.receiver import Receiver

# Partitions are soon idle; posts have reposts, which are known by other posts of the partition.
LASTING, SOON = 'idle_after = "1h"', 'idle_after = "1s"'
POSTS = """
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
    return besieged.replace(LASTING, SOON) + POSTS
