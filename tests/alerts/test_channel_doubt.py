"""Robots take a message in parts: what may be in the group already is said with the failure."""

from collections.abc import Callable

import httpx
import pytest

from alerts.channels import Channel
from alerts.channels.dingtalk import DingTalk
from alerts.channels.feishu import Feishu
from alerts.channels.wecom import WeCom
from tests.alerts.robots import LONG, Answer, Robot, breaks, failing, message, says

URL = "https://robots.example.org/send"
NOW = 1_772_452_800.9
MAKERS: list[Callable[[Robot], Channel]] = [
    lambda robot: WeCom(URL, client=robot.client),
    lambda robot: DingTalk(URL, secret="", client=robot.client, clock=lambda: NOW),
    lambda robot: Feishu(URL, secret="", client=robot.client, clock=lambda: NOW),
]
taken = says(errcode=0, code=0)


def then(first: Answer, after: Answer) -> Answer:
    answers = iter([first])

    def answer(request: httpx.Request) -> httpx.Response:
        return next(answers, after)(request)

    return answer


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("end", [says(503), breaks(httpx.ConnectError)])
async def test_a_failure_is_doubtful_once_a_part_was_taken(
    maker: Callable[[Robot], Channel], end: Answer
) -> None:
    long = message(lines=LONG * 7)
    assert not (await failing(maker(Robot(end)), long)).doubtful
    assert (await failing(maker(Robot(then(taken, end))), long)).doubtful


@pytest.mark.parametrize("maker", MAKERS)
async def test_an_answer_without_a_code_leaves_it_open(maker: Callable[[Robot], Channel]) -> None:
    page = Robot(lambda _: httpx.Response(200, text="<html>log in to the network</html>"))
    assert (await failing(maker(page), message())).doubtful
