"""The sending of what the log has let through, each message beside the others."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog

from alerts import messages
from alerts.channels import Channel, DeliveryError
from alerts.deliveries import Delivery
from alerts.inputs import Outcome, Result
from streams import metrics

SWITCHED_OFF = "switched off"
STOOD_STILL = "not sent, the worker stood still"
# From the reading of an attempt to its try, ms: with an exchange of 30 s it ends before the log
# takes it for lost and somebody repeats it.
PROMPT = 20_000

log = structlog.get_logger(__name__)


class Courier:
    """Of one worker.

    Args:
        channels: by the name of the recipient.
        tell: where the outcome of each try goes.
        clock: epoch milliseconds.
    """

    def __init__(
        self, channels: Mapping[str, Channel], tell: Callable[[Outcome], Awaitable[None]],
        clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self.channels = channels
        self.under_way: set[asyncio.Task[None]] = set()
        self._tell, self._clock = tell, clock

    def set_out(self, delivery: Delivery, read: int) -> None:
        """Try what is attempted; its attempt was read from the log at this moment."""
        task = asyncio.create_task(self._try(delivery, read))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def _try(self, delivery: Delivery, read: int) -> None:
        result, reason, permanent = Result.FAILED, "", True
        recipient, began = delivery.recipient, time.monotonic()
        try:
            self._require_prompt(recipient.name, read)
            sender, message = self._channel(recipient.name), messages.compose(delivery)
            result = Result.UNKNOWN  # who fails from here on may have sent it
            await sender.send(message)
            result, permanent = Result.SENT, False
        except DeliveryError as error:
            result = Result.UNKNOWN if error.doubtful else Result.FAILED
            reason, permanent = str(error), error.permanent
        except Exception as error:  # a channel's defect must show on the incident
            log.exception("delivery_broke", delivery=delivery.id)
            reason = type(error).__name__
        metrics.DELIVERY_SECONDS.labels(recipient.name, result).observe(time.monotonic() - began)
        await self._tell(
            Outcome(
                delivery=delivery.id, attempt=delivery.attempt, result=result,
                reason=reason, permanent=permanent, at=self._clock(),
            )
        )  # fmt: skip

    def _require_prompt(self, name: str, read: int) -> None:
        """Raises DeliveryError where so much time has passed that an heir may send it by now."""
        if self._clock() - read > PROMPT:
            raise DeliveryError(f"{name}: {STOOD_STILL}", permanent=False)

    def _channel(self, name: str) -> Channel:
        """Raises DeliveryError where it was switched off while a message waited for it."""
        if name not in self.channels:
            raise DeliveryError(f"{name}: {SWITCHED_OFF}", permanent=True)
        return self.channels[name]
