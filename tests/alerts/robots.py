"""A group robot as documented, the messages it is sent, and what a channel makes of its answers."""

import logging
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from alerts.channels import Channel, DeliveryError, exchange
from alerts.messages import Message, compose
from tests.alerts.samples import run, scoped, surge

MARKUP = "<at user_id=all>@all</at> **[a](http://b)** <@all>"
LONG = tuple(f"第{n}行：" + "投诉人数持续上升🔥" * 12 for n in range(11))

Answer = Callable[[httpx.Request], httpx.Response]


def message(**changes: object) -> Message:
    state, _ = run([surge(scope=scoped(product=MARKUP))])
    (delivery,) = state.deliveries.values()
    return msgspec.structs.replace(compose(delivery), **changes)


class Robot:
    """Remembers what it is sent, and answers each request by `answer`."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(request.content) for request in self.requests]

    @property
    def client(self) -> httpx.AsyncClient:
        return exchange.client(seconds=1, transport=httpx.MockTransport(self))


def says(status: int = 200, **body: object) -> Answer:
    return lambda _: httpx.Response(status, json=body)


def breaks(error: type[httpx.TransportError]) -> Answer:
    def broken(request: httpx.Request) -> httpx.Response:
        raise error(f"cannot reach {request.url}")

    return broken


async def refused(
    channel: Channel, caplog: pytest.LogCaptureFixture, *, secrets: tuple[str, ...]
) -> DeliveryError:
    """The failure, which must keep the secrets; so must all that is logged, to the last detail."""
    caplog.set_level(logging.DEBUG)
    failure = await failing(channel, message())
    shown = f"{failure!r} {failure.__cause__!r} {channel!r} {caplog.text}"
    assert not [secret for secret in secrets if secret in shown]
    return failure


async def failing(channel: Channel, sent: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as failure:
        await channel.send(sent)
    return failure.value


def joined(texts: list[str], title: str) -> str:
    """The lines that the parts of a message hold, the marks and repeated titles taken off."""
    heads = [f"({n}/{len(texts)}) {title}\n" for n in range(1, len(texts) + 1)]
    assert [text[: len(head)] for text, head in zip(texts, heads, strict=True)] == heads
    return "\n".join(text[len(head) :] for text, head in zip(texts, heads, strict=True))
