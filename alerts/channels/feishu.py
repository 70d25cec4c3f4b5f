"""Messages to a Feishu custom bot (飞书自定义机器人), as text without markup, signed.

The kind "post" is used with its "text" elements: in the kind "text", a user's `<at ...>`
would call people. The bot takes 20 KB a request, 5 a second and 100 a minute. The address is
a secret: it holds the token. A try that fails after its first part sends that part again.
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
ENVELOPE = 400
"""Bytes kept free for what surrounds the text, besides `ELEMENT` for each line."""
ELEMENT = 32

LOCALES = {"en": "en_us", "zh": "zh_cn"}

CODES = Codes(
    name="feishu",
    field="code",
    refused={
        19001: "no such bot",
        19002: "parameter refused",
        19021: "signature refused, or the clock is an hour off",
        19022: "address not allowed",
        19024: "keyword missing",
    },
    # 9499 stands both for a malformed request and for too many.
    busy={9499: "bad or too many requests", 11232: "sent too fast"},
)


class Feishu(Signed):
    async def send(self, message: Message) -> None:
        async with attempt(CODES.name) as progress:
            for part in parts(message, limit=MOST_BYTES - ENVELOPE, size=_in_elements):
                signed = signature(self.secret, at=int(self.clock()))
                body = payload(part, message.language) | signed
                answer = await ask(self.client, self.url, msgspec.json.encode(body))
                verdict(answer, CODES)
                progress.partly = True


def payload(text: str, language: str) -> dict[str, object]:
    """The body before it is signed: the text's first line is the title."""
    title, *lines = text.split("\n")
    content = [[{"tag": "text", "text": line}] for line in lines]
    told = {LOCALES[language]: {"title": title, "content": content}}
    return {"msg_type": "post", "content": {"post": told}}


def signature(secret: str, *, at: int) -> dict[str, object]:
    """What the body is given besides; `at` is in epoch seconds. The key is the text signed."""
    if not secret:
        return {}
    digest = hmac.new(f"{at}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": str(at), "sign": base64.b64encode(digest).decode()}


def _in_elements(text: str) -> int:
    return in_json(text) + ELEMENT * (text.count("\n") + 1)
