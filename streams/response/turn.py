"""A stretch of the inputs, applied to the state before all that it leads to is written at once."""

from collections.abc import Sequence

from msgspec.structs import replace

from alerts import lifecycle
from alerts.deliveries import Delivery, DeliveryLine, DeliveryState, Recipient
from alerts.incident import IncidentLine
from alerts.inputs import Attempted, Input
from alerts.lifecycle import Incidents
from alerts.signal import Signal


class Turn:
    """What some inputs make of a state.

    Attributes:
        before: the state at its beginning.
        after: the state behind the inputs taken so far.
        following: one past the last input, None before the first.
        incidents: lines for the public topic, in their order.
        deliveries: the same.
        signals: the same; those that were quoting who is erased.
    """

    def __init__(self, before: Incidents, recipients: Sequence[Recipient]) -> None:
        self.before = self.after = before
        self.following: int | None = None
        self.incidents: list[IncidentLine] = []
        self.deliveries: list[DeliveryLine] = []
        self.signals: list[Signal] = []
        self._recipients = recipients
        self._attempted: dict[str, None] = {}  # in the order of the log, as they are sent

    def apply(self, item: Input, offset: int) -> None:
        self.after, done = lifecycle.step(
            self.after, item, offset=offset, recipients=self._recipients
        )
        self.incidents += done.incidents
        self.deliveries += done.deliveries
        self.signals += done.signals
        if isinstance(item, Attempted):
            self._attempted |= dict.fromkeys(told.id for told in done.deliveries)
        self.following = offset + 1

    def pass_over(self, offset: int) -> None:
        """Move the head alone, which no commit may be above."""
        if offset > self.after.offset:
            self.after = replace(self.after, offset=offset)
        self.following = offset + 1

    @property
    def changed(self) -> bool:
        return self.after.offset > self.before.offset

    def attempts(self, worker: str) -> list[Delivery]:
        """Those of this worker that the inputs let through, and that are not over again."""
        held = map(self.after.deliveries.get, self._attempted)
        return [
            one for one in held
            if one and one.worker == worker and one.state is DeliveryState.ATTEMPTED
        ]  # fmt: skip
