"""What is no event waits here, whole, with the reason in its headers."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from streams.events.event import Rejected

MOST_BYTES = 4 << 20  # of a record kept whole; what source topics of ours can hold
KEPT = 64 << 10  # bytes kept of a longer one, and at most of a record's key and headers
KEY: Final = "key"  # header: the key that the record had
HEADER: Final = "header."  # begins the names of the headers that the record had
AGAIN: Final = "again"  # header: where the record was sent again to
VALUE: Final = "value"  # header: a part of the record, as it was refused
REASON: Final = ("field", VALUE, "rule")  # headers: why it was refused
FIRST: Final = "tocsin-resent"  # header of a record that is sent again: its place the first time

Header = tuple[str, bytes]
Headers = Sequence[tuple[str, bytes | None]]  # as Kafka has them


class DeadLetter(NamedTuple):
    """A refused record: where it lay, why it was refused, its raw bytes.

    Attributes:
        key: as it was, where it had one.
        headers: as they were; one without a value has an empty one, as not every client sends none.
        whole: whether all of it is here.
        again: TOPIC/PARTITION/OFFSET that it was sent again to; its bytes are there, not here.
    """

    topic: str
    partition: int
    offset: int
    why: Rejected
    raw: bytes
    key: bytes | None = None
    headers: Sequence[Header] = ()
    whole: bool = True
    again: str = ""

    @classmethod
    def of(
        cls, topic: str, partition: int, offset: int, raw: bytes | None, why: Rejected, *,
        key: bytes | None = None, headers: Headers = (),
    ) -> "DeadLetter":  # fmt: skip
        """Of what is too large the beginning."""
        raw, named = raw or b"", tuple((name, value or b"") for name, value in headers)
        around = len(key or b"") + sum(len(name.encode()) + len(value) for name, value in named)
        if len(raw) <= MOST_BYTES and around <= KEPT:
            return cls(topic, partition, offset, why, raw, key, named)
        return cls(topic, partition, offset, why, raw[:KEPT], whole=False)

    @classmethod
    def read(cls, raw: bytes, held: Headers) -> "DeadLetter | None":
        """As `record` wrote it; None of what anybody else did."""
        said = {name: value or b"" for name, value in held if not name.startswith(HEADER)}
        try:
            topic, *why = (said[name].decode() for name in ("topic", *REASON))
            partition, offset = int(said["partition"]), int(said["offset"])
            again = said.get(AGAIN, b"").decode()
        except (KeyError, ValueError):
            return None
        return cls(
            topic, partition, offset, Rejected(*why), raw, said.get(KEY),
            tuple((n.removeprefix(HEADER), v or b"") for n, v in held if n.startswith(HEADER)),
            whole=said.get("whole") != b"no", again=again,
        )  # fmt: skip

    @property
    def place(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def first(self) -> str:
        """Its place the first time, where it was sent again and refused once more."""
        return next((value for name, value in self.headers if name == FIRST), b"").decode()

    def record(self) -> dict[str, Any]:
        """As it is produced: the key names its place, so that a repetition can be told."""
        return {"key": self.place.encode(), "value": self.raw, "headers": self._headers()}

    def sent(self, place: str) -> "DeadLetter":
        """Once its record lies there: nothing of what it held, for that goes with the record."""
        return self._replace(
            why=replace(self.why, value=""), raw=b"", key=None, headers=(), again=place
        )

    def _headers(self) -> list[Header]:
        said: list[Header] = [
            ("topic", self.topic.encode()),
            ("partition", str(self.partition).encode()),
            ("offset", str(self.offset).encode()),
            *((name, getattr(self.why, name).encode()) for name in REASON),
            ("whole", b"yes" if self.whole else b"no"),
        ]
        said += [] if self.key is None else [(KEY, self.key)]
        said += [(AGAIN, self.again.encode())] if self.again else []
        return said + [(HEADER + name, value) for name, value in self.headers]


def personal(held: Headers) -> list[bytes]:
    """Of a dead letter's headers what the refused record's were, and what it was refused for."""
    return [v or b"" for name, v in held if name in (KEY, VALUE) or name.startswith(HEADER)]
