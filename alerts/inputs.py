"""The inputs of response: one log, one order.

Ticks and the `at` of attempts and outcomes are epoch milliseconds of the writer's clock.
Only ticks move the log's time; the others' `at` is kept for the record. Signals carry
event time, which may be years away from the ticks when history is replayed.
"""

from enum import StrEnum

import msgspec

from alerts.signal import Signal


class SignalInput(msgspec.Struct, frozen=True, tag_field="type", tag="signal"):
    signal: Signal


class Tick(msgspec.Struct, frozen=True, tag_field="type", tag="tick"):
    """The time; the log's first record is a tick, and nothing is due before it."""

    at: int


class Attempted(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="attempted"):
    """A worker's claim on one try; it sends only if this is the first read back for it.

    `worker` names one start of one process: a restarted worker is another.
    """

    delivery: str
    attempt: int
    worker: str
    at: int


class Result(StrEnum):
    """How a try ended; unknown: not taken as far as is known, but it may have arrived."""

    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Outcome(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="outcome"):
    delivery: str
    attempt: int
    result: Result
    at: int
    reason: str = ""
    permanent: bool = False


class Erased(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="erased"):
    """A person is erased: `quotes` are digests (`alerts.erasure`) of what signals may show."""

    quotes: tuple[str, ...]
    at: int


Input = SignalInput | Tick | Attempted | Outcome | Erased

FAILURES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class ForeignInputError(Exception):
    """No JSON object with a `type`: whoever wrote it, it was none of ours."""


class UnreadableInputError(Exception):
    """One of ours by its `type`, that a newer version wrote, or that is broken."""


class _Typed(msgspec.Struct):
    type: str


_DECODER = msgspec.json.Decoder(Input)


def decode(raw: bytes) -> Input:
    """Read one record; raises ForeignInputError or UnreadableInputError."""
    try:
        item: Input = _DECODER.decode(raw)
    except FAILURES as failure:
        raise UnreadableInputError(f"an input of type {_type(raw)!r}: {failure}") from None
    return item


def _type(raw: bytes) -> str:
    try:
        return msgspec.json.decode(raw, type=_Typed).type
    except FAILURES as failure:
        raise ForeignInputError(str(failure)) from None


def encode(item: Input) -> bytes:
    return msgspec.json.encode(item)
