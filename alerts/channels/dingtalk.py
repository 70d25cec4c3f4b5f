"""Messages to a DingTalk custom robot (钉钉自定义机器人), as plain text, signed.

The robot takes 20,000 bytes a request and 20 messages a minute. The address is a secret: it
holds the access token. With the security option "sign" (加签) each request carries its time
and a signature; a keyword or an address list needs none. A try that fails after its first
part sends that part again.
"""

import base64
import hashlib
import hmac

import msgspec

from alerts.channels.exchange import Signed, ask, attempt
from alerts.channels.parts import in_json, parts
from alerts.channels.robots import Codes, verdict
from alerts.messages import Message

MOST_BYTES = 20_000
ENVELOPE = 200
"""Bytes kept free for what surrounds the text."""

CODES = Codes(
    name="dingtalk",
    field="errcode",
    refused={
        40035: "parameter refused",
        43004: "content type refused",
        300001: "no such token",
        300005: "no such token",
        310000: "signature, keyword or address refused",
        400013: "group dissolved",
        400101: "no such token",
        400102: "robot switched off",
        400105: "kind of message refused",
        400106: "no such robot",
        430101: "unsafe link",
        430102: "unsuitable text",
        430104: "unsuitable content",
        460101: "text too long",
    },
    busy={
        -1: "service busy",
        130101: "more than 20 messages a minute",
        410100: "sent too fast",
        660026: "sent too fast",
    },
)


class DingTalk(Signed):
    async def send(self, message: Message) -> None:
        async with attempt(CODES.name) as progress:
            for part in parts(message, limit=MOST_BYTES - ENVELOPE, size=in_json):
                signed = signature(self.secret, at=int(self.clock() * 1000))
                answer = await ask(self.client, self.url, payload(part), query=signed)
                verdict(answer, CODES)
                progress.partly = True


def payload(text: str) -> bytes:
    mentions_nobody = {"isAtAll": False}
    return msgspec.json.encode(
        {"msgtype": "text", "text": {"content": text}, "at": mentions_nobody}
    )


def signature(secret: str, *, at: int) -> dict[str, str]:
    """What the address is given besides; `at` is in epoch milliseconds."""
    if not secret:
        return {}
    digest = hmac.new(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256).digest()
    return {"timestamp": str(at), "sign": base64.b64encode(digest).decode()}
