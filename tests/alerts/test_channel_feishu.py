import base64
import hashlib
import hmac
from typing import Any

import httpx
import pytest

from alerts.channels.feishu import Feishu
from tests.alerts.robots import LONG, MARKUP, Robot, breaks, joined, message, refused, says

TOKEN = "xxxx-1f1a2b3c-hook"
SECRET = "vgL8hF3kQ"
URL = f"https://open.feishu.cn/open-apis/bot/v2/hook/{TOKEN}"
NOW = 1_772_452_800.9

ok = says(code=0, msg="success", data={})


def feishu(robot: Robot, secret: str = SECRET) -> Feishu:
    return Feishu(URL, secret=secret, client=robot.client, clock=lambda: NOW)


async def test_the_body_carries_the_time_in_seconds_and_its_signature() -> None:
    robot = Robot(ok)
    await feishu(robot).send(message())
    key = f"1772452800\n{SECRET}".encode()
    digest = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    (body,) = robot.bodies
    assert (body["timestamp"], body["sign"]) == ("1772452800", digest)
    assert str(robot.requests[0].url) == URL


async def test_without_a_secret_nothing_is_signed() -> None:
    robot = Robot(ok)
    await feishu(robot, secret="").send(message())
    assert robot.bodies[0].keys() == {"msg_type", "content"}


@pytest.mark.parametrize(("language", "locale"), [("zh", "zh_cn"), ("en", "en_us")])
async def test_users_words_are_text_elements_that_call_nobody(language: str, locale: str) -> None:
    robot, sent = Robot(ok), message(language=language)
    await feishu(robot, secret="").send(sent)
    elements = [[{"tag": "text", "text": line}] for line in sent.lines]
    assert MARKUP[:20] in "".join(sent.lines)
    assert robot.bodies == [
        {
            "msg_type": "post",
            "content": {"post": {locale: {"title": sent.title, "content": elements}}},
        }
    ]


@pytest.mark.parametrize("lines", [LONG * 7, tuple("很短" for _ in range(2000))])
async def test_a_long_message_comes_in_bodies_of_20000_bytes(lines: tuple[str, ...]) -> None:
    robot = Robot(ok)
    await feishu(robot).send(message(title="标题", language="zh", lines=lines))
    assert len(robot.requests) > 1
    assert all(len(request.content) <= 20_000 for request in robot.requests)
    assert joined([_text(body) for body in robot.bodies], "标题") == "\n".join(lines)


def _text(body: dict[str, Any]) -> str:
    shown = body["content"]["post"]["zh_cn"]
    return "\n".join([shown["title"], *(element["text"] for (element,) in shown["content"])])


@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        *((200, code, True) for code in (19001, 19021, 19022, 19024)),
        *((200, code, False) for code in (9499, 11232, 99999)),
        (400, 9499, False),
        (429, 11232, False),
        (400, 19021, True),
    ],
)
async def test_an_error_code_is_a_failure_whatever_the_status(
    caplog: pytest.LogCaptureFixture, status: int, code: int, permanent: bool
) -> None:
    robot = Robot(says(status, code=code, msg=f"{TOKEN} {SECRET}"))
    failure = await refused(feishu(robot), caplog, secrets=(TOKEN, SECRET))
    assert failure.permanent is permanent
    assert f"code {code}: " in str(failure)


async def test_code_0_does_not_excuse_an_error_status(caplog: pytest.LogCaptureFixture) -> None:
    failure = await refused(feishu(Robot(says(500, code=0))), caplog, secrets=(TOKEN,))
    assert not failure.permanent


async def test_a_broken_connection_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    robot = Robot(breaks(httpx.ReadTimeout))
    assert not (await refused(feishu(robot), caplog, secrets=(TOKEN, SECRET))).permanent
