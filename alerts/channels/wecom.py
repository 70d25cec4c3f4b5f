"""Messages to a WeCom group robot (企业微信群机器人), as plain text.

Text is chosen over markdown because users' words must not become links or mentions. The
robot takes 2,048 bytes a message and 20 messages a minute. The whole address is a secret: it
holds the key. A try that fails after its first part is followed by one that sends
that part again and says so.
"""

import httpx
import msgspec

from alerts.channels.exchange import ask, attempt
from alerts.channels.parts import in_bytes, parts
from alerts.channels.robots import Codes, verdict
from alerts.messages import Message

MOST_BYTES = 2_048

CODES = Codes(
    name="wecom",
    field="errcode",
    refused={
        40008: "kind of message refused",
        40058: "parameter refused",
        44004: "empty text",
        45002: "text too long",
        93000: "no such robot, or taken out of its group",
        93004: "robot switched off",
        93008: "robot not in the group",
    },
    busy={-1: "service busy", 45009: "more than 20 messages a minute"},
)


class WeCom:
    def __init__(self, url: str, *, client: httpx.AsyncClient) -> None:
        self._url = url
        self._client = client

    def __repr__(self) -> str:
        return "WeCom()"

    async def send(self, message: Message) -> None:
        async with attempt(CODES.name) as progress:
            for part in parts(message, limit=MOST_BYTES, size=in_bytes):
                verdict(await ask(self._client, self._url, payload(part)), CODES)
                progress.partly = True


def payload(text: str) -> bytes:
    return msgspec.json.encode({"msgtype": "text", "text": {"content": text}})
