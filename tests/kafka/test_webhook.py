"""What response has to tell arrives, though it was killed while it was telling."""

from tests.kafka.installation import Installation
from tests.kafka.siege import Siege


def deliveries(installation: Installation, *states: str) -> set[str]:
    """The deliveries that have come to one of these states."""
    return {line["id"] for line in installation.notifications() if line["state"] in states}


def test_every_notification_arrives_and_a_repeated_one_says_so(siege: Siege) -> None:
    installation, received = siege.installation, siege.receiver.received
    installation.until(
        lambda: (
            deliveries(installation, "wanted")
            <= deliveries(installation, "sent", "failed", "unknown")
        ),
        "an end of every delivery",
    )
    wanted = deliveries(installation, "wanted")
    assert len(wanted) > 10
    assert deliveries(installation, "sent") == wanted
    came: dict[str, list[bool]] = {}
    for message in received:
        assert message.genuine
        came.setdefault(message.delivery, []).append(message.repetition)
    assert came.keys() == wanted
    for repetitions in came.values():
        assert not repetitions[0]
        assert all(repetitions[1:])
    # The first waited for its answer when its sender was killed.
    assert came[received[0].delivery] == [False, True]
