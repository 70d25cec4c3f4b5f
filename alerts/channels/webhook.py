"""Messages as signed JSON to a URL.

The receiver checks `Tocsin-Signature`: `sha256=` and the hex HMAC-SHA256, under the shared
secret, of the `Tocsin-Timestamp` header's bytes, a full stop, and the body as received. It
refuses old timestamps and drops an `Idempotency-Key` it has already seen;
`Tocsin-Repetition: true` says beforehand that it may have.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from http import HTTPStatus

import httpx
import msgspec

from alerts.channels import DeliveryError
from alerts.messages import Message

LONGEST_SECONDS = 30.0
"""For the whole exchange, however slowly it drips; below `alerts.deliveries.PATIENCE`."""

RETRYABLE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class Webhook:
    """`clock` tells the epoch seconds for the timestamp that is signed.

    What the other side answers beyond its status is not read.
    """

    def __init__(
        self, url: str, *, secret: str, client: httpx.AsyncClient, clock: Callable[[], float]
    ) -> None:
        self._url = url
        self._secret = secret
        self._client = client
        self._clock = clock

    def __repr__(self) -> str:
        return "Webhook()"

    async def send(self, message: Message) -> None:
        body = payload(message)
        signed = headers(message, body, secret=self._secret, at=int(self._clock()))
        try:
            async with (
                asyncio.timeout(LONGEST_SECONDS),
                self._client.stream(
                    "POST", self._url, content=body, headers=signed, follow_redirects=False
                ) as response,
            ):
                judge(response.status_code)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise _unsent(error, permanent=True) from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise _unsent(error, permanent=False) from None


def _unsent(error: Exception, *, permanent: bool) -> DeliveryError:
    """Names the error only by its kind: its text may hold the URL, and the URL a token."""
    return DeliveryError(f"webhook: {type(error).__name__}", permanent=permanent)


def payload(message: Message) -> bytes:
    """The body: the message with its incident, keys in the order of the struct."""
    return msgspec.json.encode(message)


def headers(message: Message, body: bytes, *, secret: str, at: int) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": message.delivery,
        "Tocsin-Repetition": "true" if message.repetition else "false",
        "Tocsin-Timestamp": str(at),
        "Tocsin-Signature": sign(body, secret=secret, at=at),
    }


def sign(body: bytes, *, secret: str, at: int) -> str:
    signed = str(at).encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def judge(status: int) -> None:
    """Raise DeliveryError unless the status is 2xx; 408, 429 and 5xx may pass, others not."""
    if 200 <= status < 300:
        return
    permanent = status < 500 and status not in RETRYABLE
    raise DeliveryError(f"webhook: HTTP {status}", permanent=permanent)
