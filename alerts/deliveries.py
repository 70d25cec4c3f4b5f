"""The life of one delivery, as a pure function of the log.

wanted -> attempted (try, worker) -> sent | failed | unknown. The first attempt read back
for a try wins it. A failure that is not permanent is wanted again after a growing pause
with a jitter drawn from the delivery's id, until the tries are used up. Once a try may have
arrived, all that follow are marked as repetitions, and what does not end as sent ends as
unknown, never as failed. A try without any outcome is repeated once; a second such try ends
as unknown. All times are the log's, in epoch ms.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from alerts.colour import Colour
from alerts.inputs import Attempted, Outcome, Result
from alerts.notices import Notice, What
from alerts.signal import Instant

TRIES = 10
FIRST_PAUSE = 5_000
LONGEST_PAUSE = 900_000
PATIENCE = 60_000
"""How long an attempt may stay without an outcome; longer than any channel's timeout."""

NO_OUTCOME = f"no outcome within {PATIENCE // 1000} s"


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message goes and how it reads; `least` is the lowest colour that is sent.

    `rarity` is how many times the budget is greater than the recipient's own: what would not be
    called under that one is not sent, nor at 1 what is called beyond the budget. `pages` is the
    address below which incidents are shown; empty: messages have no link.
    """

    name: str
    channel: str
    language: str = "en"
    zone: str = "UTC"
    least: Colour = Colour.BLUE
    rarity: float = 1.0
    pages: str = ""

    def hears(self, *, peak: Colour, rarity: float) -> bool:
        """Whether an incident that is, or was, of such a colour and so rare is told at once."""
        return not self.least.above(peak) and self.rarity <= rarity


class DeliveryState(StrEnum):
    WANTED = "wanted"
    ATTEMPTED = "attempted"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message to one recipient that has not ended yet.

    `attempt` counts tries from 1. `since` is when the state began and `not_before` when the
    next try is due. `repetition` says that an earlier try may have arrived, `lost` that one has
    gone without an outcome.
    """

    id: str
    notice: Notice
    recipient: Recipient
    state: DeliveryState = DeliveryState.WANTED
    attempt: int = 0
    worker: str = ""
    since: int = 0
    not_before: int = 0
    repetition: bool = False
    lost: bool = False
    reason: str = ""

    @property
    def ended(self) -> bool:
        return self.state not in (DeliveryState.WANTED, DeliveryState.ATTEMPTED)


class DeliveryLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the public topic `notifications` carries: one line per change of a delivery.

    A worker sends when, and only when, it reads an `attempted` line with its own name. `due`
    is when the next try is, after one that did not succeed.
    """

    id: str
    incident: str
    what: What
    channel: str
    recipient: str
    state: DeliveryState
    attempt: int
    worker: str
    repetition: bool
    reason: str
    due: Instant | None = None


def line(delivery: Delivery) -> DeliveryLine:
    again = delivery.state is DeliveryState.WANTED and delivery.attempt > 0
    return DeliveryLine(
        id=delivery.id,
        incident=delivery.notice.incident.id,
        what=delivery.notice.what,
        channel=delivery.recipient.channel,
        recipient=delivery.recipient.name,
        state=delivery.state,
        attempt=delivery.attempt,
        worker=delivery.worker,
        repetition=delivery.repetition,
        reason=delivery.reason,
        due=datetime.fromtimestamp(delivery.not_before / 1000, UTC) if again else None,
    )


def wanted(notice: Notice, recipients: Iterable[Recipient], *, now: int) -> list[Delivery]:
    """One delivery for each recipient that hears of it, by what the incident is or has been."""
    return [
        Delivery(id=identity(notice, recipient), notice=notice, recipient=recipient, since=now)
        for recipient in recipients
        if recipient.hears(peak=notice.peak, rarity=notice.rarity)
    ]


def identity(notice: Notice, recipient: Recipient) -> str:
    """Stable over replays: incident, its state and revision, what is told, channel, name."""
    told = notice.incident
    parts = (told.id, told.state, str(told.revision), notice.what)
    key = msgspec.json.encode((*parts, recipient.channel, recipient.name))
    return hashlib.blake2b(key, digest_size=16).hexdigest()


def due(deliveries: Mapping[str, Delivery], *, now: int) -> list[Delivery]:
    """What to attempt now, each as try `attempt + 1`; nothing before the log's first tick."""
    if now == 0:
        return []
    return [
        delivery
        for delivery in deliveries.values()
        if delivery.state is DeliveryState.WANTED and delivery.not_before <= now
    ]


def attempted(delivery: Delivery, claim: Attempted, *, now: int) -> Delivery | None:
    """The delivery in the hands of the claim's worker; None when the try is taken or not due."""
    free = delivery.state is DeliveryState.WANTED and delivery.not_before <= now
    if not free or claim.attempt != delivery.attempt + 1:
        return None
    return msgspec.structs.replace(
        delivery,
        state=DeliveryState.ATTEMPTED,
        attempt=claim.attempt,
        worker=claim.worker,
        since=now,
        reason="",
    )


def concluded(delivery: Delivery, outcome: Outcome, *, now: int) -> Delivery | None:
    """The delivery after an outcome; None when it concerns no try, or one that is over.

    That a try was sent ends the delivery however late it is learnt.
    """
    if not 1 <= outcome.attempt <= delivery.attempt:
        return None
    if outcome.result is Result.SENT:
        return _in_state(delivery, DeliveryState.SENT, now=now, reason=outcome.reason)
    current = delivery.state is DeliveryState.ATTEMPTED and outcome.attempt == delivery.attempt
    if not current:
        return None
    repetition = delivery.repetition or outcome.result is Result.UNKNOWN
    if outcome.permanent or delivery.attempt >= TRIES:
        end = DeliveryState.UNKNOWN if repetition else DeliveryState.FAILED
        return _in_state(delivery, end, now=now, reason=outcome.reason)
    waiting = _in_state(delivery, DeliveryState.WANTED, now=now, reason=outcome.reason)
    return msgspec.structs.replace(waiting, repetition=repetition, not_before=now + pause(delivery))


def expired(delivery: Delivery, *, now: int) -> Delivery | None:
    """The delivery once its try has gone without an outcome for too long; None before that."""
    waiting = delivery.state is DeliveryState.ATTEMPTED
    if not waiting or now - delivery.since < PATIENCE:
        return None
    return _lost(delivery, now=now, reason=NO_OUTCOME)


def pause(delivery: Delivery) -> int:
    """Milliseconds after the failed try: tripling, from half to all of it by the id's jitter."""
    full: int = min(FIRST_PAUSE * 3 ** (delivery.attempt - 1), LONGEST_PAUSE)
    seed = f"{delivery.id}:{delivery.attempt}".encode()
    jitter = int.from_bytes(hashlib.blake2b(seed, digest_size=2).digest(), "big")
    return full // 2 + full * jitter // (2 * 65_536)


def _lost(delivery: Delivery, *, now: int, reason: str) -> Delivery:
    if delivery.lost:
        return _in_state(delivery, DeliveryState.UNKNOWN, now=now, reason=reason)
    again = _in_state(delivery, DeliveryState.WANTED, now=now, reason=reason)
    return msgspec.structs.replace(again, repetition=True, lost=True, not_before=now)


def _in_state(delivery: Delivery, state: DeliveryState, *, now: int, reason: str) -> Delivery:
    return msgspec.structs.replace(delivery, state=state, since=now, reason=reason)
