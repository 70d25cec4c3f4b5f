"""The only part of alerts that talks to the outside: one file a channel."""

from typing import Protocol

from alerts.messages import Message


class DeliveryError(Exception):
    """A message was not delivered; `permanent` says that trying again cannot help.

    Its text is "channel: what was met", in parts with a colon between; the parts that are known
    beforehand have their words in `alerts.names`, by which pages say them in other languages.
    """

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class Channel(Protocol):
    """Sends one message; returning means that the other side accepted it."""

    async def send(self, message: Message) -> None:
        """Raise DeliveryError when the message was not, or perhaps not, accepted."""
