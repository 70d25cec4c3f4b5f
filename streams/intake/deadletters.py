"""What is no event waits here, whole, with the reason in its headers."""

from typing import Any, NamedTuple

from streams.events.event import Rejected

MOST_BYTES = 4 << 20  # of a record kept whole; what source topics of ours can hold
KEPT = 64 << 10  # bytes kept of a longer one


class DeadLetter(NamedTuple):
    """A refused record: where it lay, why it was refused, its raw bytes."""

    topic: str
    partition: int
    offset: int
    why: Rejected
    raw: bytes

    @classmethod
    def of(
        cls, topic: str, partition: int, offset: int, raw: bytes | None, why: Rejected
    ) -> "DeadLetter":
        return cls(topic, partition, offset, why, raw or b"")

    def record(self) -> dict[str, Any]:
        """As it is produced: the key names its place, so that a repetition can be told."""
        cut = len(self.raw) > MOST_BYTES
        place = f"{self.topic}/{self.partition}/{self.offset}"
        return {
            "key": place.encode(),
            "value": self.raw[:KEPT] if cut else self.raw,
            "headers": {
                "topic": self.topic.encode(),
                "partition": str(self.partition).encode(),
                "offset": str(self.offset).encode(),
                "field": self.why.field.encode(),
                "value": self.why.value.encode(),
                "rule": self.why.rule.encode(),
                "whole": b"no" if cut else b"yes",
            },
        }
