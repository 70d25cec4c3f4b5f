"""A stage goes on while the broker answers; what follows from an answer keeps its order."""

import asyncio
from functools import partial
from typing import Any

import pytest

from streams.transport.sendings import AHEAD, Sendings


def future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


async def test_what_arrives_early_waits_for_what_was_sent_before_it() -> None:
    first, second, done = future(), future(), list[str]()
    sendings = Sendings()
    sendings.add([first], partial(done.append, "first"))
    sendings.add([second], partial(done.append, "second"))
    second.set_result(None)
    await sendings.settle()
    assert done == []
    first.set_result(None)
    await sendings.settle()
    assert done == ["first", "second"]


async def test_a_stage_is_held_up_once_too_much_is_on_its_way() -> None:
    sent, done = [future() for _ in range(AHEAD + 1)], list[int]()
    sendings = Sendings()
    for number, one in enumerate(sent):
        sendings.add([one], partial(done.append, number))
    waiting = asyncio.ensure_future(sendings.settle())
    await asyncio.sleep(0)
    assert not waiting.done()
    sent[0].set_result(None)
    await waiting
    assert done == [0]


async def test_a_record_that_the_broker_does_not_take_is_an_error_and_nothing_follows() -> None:
    refused, done = future(), list[str]()
    sendings = Sendings()
    sendings.add([refused], partial(done.append, "declared"))
    refused.set_exception(RuntimeError("too large"))
    with pytest.raises(RuntimeError, match="too large"):
        await sendings.settle()
    assert done == []
