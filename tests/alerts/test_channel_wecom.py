import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import DeliveryError
from alerts.channels.exchange import MOST_BYTES, Answer
from alerts.channels.robots import verdict
from alerts.channels.wecom import CODES, WeCom
from tests.alerts.robots import LONG, Robot, breaks, joined, message, refused, says

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
URL = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"

ok = says(errcode=0, errmsg="ok")


def wecom(robot: Robot, url: str = URL) -> WeCom:
    return WeCom(url, client=robot.client)


async def test_a_message_is_one_post_of_plain_text_as_documented() -> None:
    robot, sent = Robot(ok), message()
    await wecom(robot).send(sent)
    (request,) = robot.requests
    assert (request.method, str(request.url)) == ("POST", URL)
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert robot.bodies == [
        {"msgtype": "text", "text": {"content": "\n".join((sent.title, *sent.lines))}}
    ]


async def test_a_long_message_comes_in_parts_of_2048_bytes() -> None:
    robot = Robot(ok)
    await wecom(robot).send(message(title="标题", lines=LONG))
    texts = [body["text"]["content"] for body in robot.bodies]
    assert len(texts) == 3
    assert all(len(text.encode()) <= 2048 for text in texts)
    assert joined(texts, "标题") == "\n".join(LONG)


async def test_parts_after_a_refused_one_are_not_sent() -> None:
    robot = Robot(says(errcode=45009, errmsg="api freq out of limit"))
    with pytest.raises(DeliveryError):
        await wecom(robot).send(message(lines=LONG))
    assert len(robot.requests) == 1


@pytest.mark.parametrize(
    ("errcode", "permanent"),
    [(93000, True), (40058, True), (45002, True), (45009, False), (-1, False), (123456, False)],
)
async def test_http_200_with_an_error_code_is_a_failure(
    caplog: pytest.LogCaptureFixture, errcode: int, permanent: bool
) -> None:
    answer = says(errcode=errcode, errmsg=f"refused {KEY}")
    failure = await refused(wecom(Robot(answer)), caplog, secrets=(KEY,))
    assert failure.permanent is permanent
    assert f"errcode {errcode}: " in str(failure)


@pytest.mark.parametrize(
    ("status", "permanent"), [(404, True), (429, False), (502, False), (302, True)]
)
async def test_a_status_without_a_code_is_judged_by_itself(
    caplog: pytest.LogCaptureFixture, status: int, permanent: bool
) -> None:
    elsewhere = {"Location": "http://127.0.0.1/"}
    robot = Robot(lambda _: httpx.Response(status, text="<html>", headers=elsewhere))
    failure = await refused(wecom(robot), caplog, secrets=(KEY,))
    assert failure.permanent is permanent
    assert len(robot.requests) == 1


async def test_a_page_in_place_of_an_answer_is_a_failure_to_try_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    robot = Robot(lambda _: httpx.Response(200, text="<html>log in to the network</html>"))
    assert not (await refused(wecom(robot), caplog, secrets=(KEY,))).permanent


async def test_an_endless_answer_is_not_read_to_its_end(caplog: pytest.LogCaptureFixture) -> None:
    robot = Robot(lambda _: httpx.Response(200, content=b" " * MOST_BYTES + b'{"errcode":0}'))
    assert not (await refused(wecom(robot), caplog, secrets=(KEY,))).permanent


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout])
async def test_a_broken_connection_is_tried_again(
    caplog: pytest.LogCaptureFixture, error: type[httpx.TransportError]
) -> None:
    failure = await refused(wecom(Robot(breaks(error))), caplog, secrets=(KEY,))
    assert not failure.permanent


@pytest.mark.parametrize("url", [f"https://{KEY}:x/", f"ftp://{KEY}/", f"https://a b/{KEY}\n"])
async def test_an_address_that_is_none_fails_for_good(
    caplog: pytest.LogCaptureFixture, url: str
) -> None:
    assert (await refused(wecom(Robot(breaks(httpx.UnsupportedProtocol)), url), caplog,
                          secrets=(KEY,))).permanent  # fmt: skip


async def test_the_key_is_not_logged_when_all_goes_well(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await wecom(Robot(ok)).send(message())
    assert KEY not in caplog.text


@given(st.binary() | st.recursive(st.integers() | st.text(), st.lists).map(repr).map(str.encode))
def test_whatever_a_robot_answers_is_a_failure_unless_it_says_0(body: bytes) -> None:
    with pytest.raises(DeliveryError):
        verdict(Answer(200, body), CODES)
