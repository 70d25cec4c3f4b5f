"""One attempt over HTTP, without a word about where it went.

An address may hold a key: neither an error nor the client's log names one.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import KW_ONLY, dataclass
from http import HTTPStatus
from typing import NamedTuple

import httpx

from alerts.channels import DeliveryError

LONGEST_SECONDS = 30.0
"""For a whole attempt, however slowly it drips; below `alerts.deliveries.PATIENCE`."""

MOST_BYTES = 64 * 1024
"""Of an answer; what comes after is not read."""

JSON = {"Content-Type": "application/json; charset=utf-8"}
RETRYABLE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
DOUBTFUL = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
"""What stands between answers so, and cannot say what the receiver behind it did."""

UNSENT = httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError
"""Nothing of the request was on its way yet."""


class Answer(NamedTuple):
    status: int
    body: bytes


@dataclass
class Progress:
    """How far an attempt has come; whoever sends a message in parts says what was taken."""

    partly: bool = False


@dataclass(frozen=True)
class Signed:
    """An address that takes signed requests; without a secret it is empty.

    Neither of the two is ever shown. `clock` tells epoch seconds.
    """

    url: str
    _: KW_ONLY
    secret: str
    client: httpx.AsyncClient
    clock: Callable[[], float]

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def client(
    *, seconds: float, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client that waits `seconds` for each step of an exchange and logs no address."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return httpx.AsyncClient(timeout=seconds, transport=transport, follow_redirects=False)


@asynccontextmanager
async def attempt(name: str) -> AsyncIterator[Progress]:
    """Turns what breaks an exchange into a DeliveryError that names it by its kind alone.

    The failure is doubtful once something of the message may have arrived.
    """
    progress = Progress()
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            yield progress
    except DeliveryError as error:
        error.doubtful |= progress.partly
        raise
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise DeliveryError(f"{name}: {type(error).__name__}", permanent=True) from None
    except (httpx.HTTPError, TimeoutError) as error:
        doubtful = progress.partly or not isinstance(error, UNSENT)
        raise DeliveryError(
            f"{name}: {type(error).__name__}", permanent=False, doubtful=doubtful
        ) from None


async def post(
    client: httpx.AsyncClient, url: str, body: bytes, *, headers: Mapping[str, str] = JSON
) -> int:
    """Post, within an `attempt`; returns the status, and leaves the rest of the answer unread."""
    async with _posted(client, httpx.URL(url), body, headers) as response:
        return response.status_code


async def ask(
    client: httpx.AsyncClient, url: str, body: bytes, *, query: Mapping[str, str] | None = None
) -> Answer:
    """Post JSON, with `query` added to the address, within an `attempt`; returns the answer."""
    address = httpx.URL(url).copy_merge_params(query) if query else httpx.URL(url)
    async with _posted(client, address, body, JSON) as response:
        return Answer(response.status_code, await _start(response))


def _posted(
    client: httpx.AsyncClient, url: httpx.URL, body: bytes, headers: Mapping[str, str]
) -> AbstractAsyncContextManager[httpx.Response]:
    return client.stream("POST", url, content=body, headers=headers, follow_redirects=False)


async def _start(response: httpx.Response) -> bytes:
    read = b""
    async for piece in response.aiter_bytes():
        read += piece
        if len(read) >= MOST_BYTES:
            break
    return read[:MOST_BYTES]


def judge(status: int, name: str) -> None:
    """Raise DeliveryError unless the status is 2xx; 408, 429 and 5xx may pass, others not."""
    if 200 <= status < 300:
        return
    permanent = status < 500 and status not in RETRYABLE
    raise DeliveryError(f"{name}: HTTP {status}", permanent=permanent, doubtful=status in DOUBTFUL)
