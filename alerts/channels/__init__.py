"""The only part of alerts that talks to the outside: one file a channel."""

from typing import Protocol

from alerts.messages import Message


class DeliveryError(Exception):
    """A message was not delivered; `permanent` says that trying again cannot help.

    `doubtful` says that the other side may have it, or a part of it, all the same: a request that
    is not answered in time may have been taken, so the next try has to say that it may repeat.

    Its text is "channel: what was met", in parts with a colon between; the parts that are known
    beforehand have their words in `alerts.names`, by which pages say them in other languages.
    """

    def __init__(self, message: str, *, permanent: bool, doubtful: bool = False) -> None:
        super().__init__(message)
        self.permanent, self.doubtful = permanent, doubtful


class Channel(Protocol):
    """Sends one message; returning means that the other side accepted it."""

    async def send(self, message: Message) -> None:
        """Raise DeliveryError when the message was not, or perhaps not, accepted."""
