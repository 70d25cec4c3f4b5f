"""Messages as JSON to a URL, signed where there is a secret.

The receiver then checks `Tocsin-Signature`: `sha256=` and the hex HMAC-SHA256, under the shared
secret, of the `Tocsin-Timestamp` header's bytes, a full stop, and the body as received. It
refuses old timestamps and drops an `Idempotency-Key` it has already seen;
`Tocsin-Repetition: true` says beforehand that it may have.
"""

import hashlib
import hmac

import msgspec

from alerts.channels.exchange import Signed, attempt, judge, post
from alerts.messages import Message

NAME = "webhook"


class Webhook(Signed):
    async def send(self, message: Message) -> None:
        body = payload(message)
        signed = headers(message, body, secret=self.secret, at=int(self.clock()))
        async with attempt(NAME):
            judge(await post(self.client, self.url, body, headers=signed), NAME)


def payload(message: Message) -> bytes:
    """The body: the message with its incident, keys in the order of the struct."""
    return msgspec.json.encode(message)


def headers(message: Message, body: bytes, *, secret: str, at: int) -> dict[str, str]:
    told = {
        "Content-Type": "application/json",
        "Idempotency-Key": message.delivery,
        "Tocsin-Repetition": "true" if message.repetition else "false",
        "Tocsin-Timestamp": str(at),
    }
    return told | {"Tocsin-Signature": sign(body, secret=secret, at=at)} if secret else told


def sign(body: bytes, *, secret: str, at: int) -> str:
    signed = str(at).encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
