import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from alerts.channels.dingtalk import DingTalk, signature
from tests.alerts.robots import LONG, Robot, breaks, joined, message, refused, says

TOKEN = "566cc69da782ec3c9f3d0f3bae1dd3f5"
SECRET = "SEC1f1a2b3c4d5e6f"
URL = f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"
NOW = 1_772_452_800.25

ok = says(errcode=0, errmsg="ok")


def dingtalk(robot: Robot, secret: str = SECRET) -> DingTalk:
    return DingTalk(URL, secret=secret, client=robot.client, clock=lambda: NOW)


async def test_the_address_carries_the_time_in_milliseconds_and_its_signature() -> None:
    robot = Robot(ok)
    await dingtalk(robot).send(message())
    (request,) = robot.requests
    query = urlsplit(str(request.url)).query
    text = f"1772452800250\n{SECRET}".encode()
    digest = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    assert parse_qs(query, strict_parsing=True) == {
        "access_token": [TOKEN],
        "timestamp": ["1772452800250"],
        "sign": [digest],
    }
    assert request.method == "POST"
    assert str(request.url).startswith(f"{URL}&")


async def test_a_signature_is_quoted_so_that_no_plus_is_read_as_a_space() -> None:
    at = next(at for at in range(1000) if "+" in str(signature(SECRET, at=at)["sign"]))
    robot = Robot(ok)
    await DingTalk(URL, secret=SECRET, client=robot.client, clock=lambda: at / 1000).send(message())
    assert "%2B" in str(robot.requests[0].url)
    assert "+" not in str(robot.requests[0].url)


async def test_without_a_secret_nothing_is_signed() -> None:
    robot = Robot(ok)
    await dingtalk(robot, secret="").send(message())
    assert str(robot.requests[0].url) == URL


async def test_the_body_is_plain_text_and_mentions_nobody() -> None:
    robot, sent = Robot(ok), message()
    await dingtalk(robot).send(sent)
    assert robot.bodies == [
        {
            "msgtype": "text",
            "text": {"content": "\n".join((sent.title, *sent.lines))},
            "at": {"isAtAll": False},
        }
    ]


async def test_a_long_message_comes_in_bodies_of_20000_bytes() -> None:
    robot, lines = Robot(ok), LONG * 7
    await dingtalk(robot).send(message(title='"标题"', lines=lines))
    assert len(robot.requests) == 2
    assert all(len(request.content) <= 20_000 for request in robot.requests)
    texts = [body["text"]["content"] for body in robot.bodies]
    assert joined(texts, '"标题"') == "\n".join(lines)


@pytest.mark.parametrize(
    ("errcode", "permanent"),
    [
        *((errcode, True) for errcode in (310000, 300005, 400101, 400102, 430102, 460101)),
        *((errcode, False) for errcode in (-1, 130101, 410100, 660026, 999999)),
    ],
)
async def test_http_200_with_an_error_code_is_a_failure(
    caplog: pytest.LogCaptureFixture, errcode: int, permanent: bool
) -> None:
    robot = Robot(says(errcode=errcode, errmsg=f"{TOKEN} {SECRET}"))
    failure = await refused(dingtalk(robot), caplog, secrets=(TOKEN, SECRET))
    assert failure.permanent is permanent
    assert f"errcode {errcode}: " in str(failure)


async def test_a_broken_connection_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    robot = Robot(breaks(httpx.ConnectError))
    failure = await refused(dingtalk(robot), caplog, secrets=(TOKEN, SECRET, "sign="))
    assert not failure.permanent
