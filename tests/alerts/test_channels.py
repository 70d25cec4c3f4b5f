import hashlib
import hmac
import io
from collections.abc import Callable

import httpx
import msgspec
import pytest
from rich.console import Console

from alerts.channels import Channel, DeliveryError
from alerts.channels.terminal import Terminal
from alerts.channels.webhook import Webhook
from alerts.colour import Colour
from alerts.messages import Message, compose
from tests.alerts.samples import run, scoped, surge

SECRET = "kept-to-ourselves"
URL = "https://hooks.example.org/t0ken"


def message(**changes: object) -> Message:
    state, _ = run([surge(scope=scoped(product="[red]kettle[/]"))])
    (delivery,) = state.deliveries.values()
    return msgspec.structs.replace(compose(delivery), **changes)


def webhook(
    handler: Callable[[httpx.Request], httpx.Response], url: str = URL, secret: str = SECRET
) -> Webhook:
    client = httpx.AsyncClient(transport=httpx.MockTransport(handler), follow_redirects=True)
    return Webhook(url, secret=secret, client=client, clock=lambda: 1_772_452_800.9)


async def sent(message: Message, secret: str = SECRET) -> httpx.Request:
    requests: list[httpx.Request] = []

    def accept(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(204)

    await webhook(accept, secret=secret).send(message)
    (request,) = requests
    return request


async def refused(answer: Callable[[httpx.Request], httpx.Response], url: str = URL) -> bool:
    """Whether the channel calls the failure permanent; it must fail, and keep its secrets."""
    return (await failure(answer, url)).permanent


async def failure(
    answer: Callable[[httpx.Request], httpx.Response], url: str = URL
) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await webhook(answer, url).send(message())
    shown = f"{caught.value!r} {caught.value} {caught.value.__cause__}"
    assert SECRET not in shown
    assert "t0ken" not in shown
    return caught.value


async def test_the_signature_covers_timestamp_and_body() -> None:
    request = await sent(message())
    stamp = request.headers["Tocsin-Timestamp"]
    signed = stamp.encode() + b"." + request.content
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert stamp == "1772452800"
    assert request.headers["Tocsin-Signature"] == f"sha256={expected}"


async def test_without_a_secret_there_is_no_signature_that_anybody_could_make() -> None:
    request = await sent(message(), secret="")
    assert "Tocsin-Signature" not in request.headers


async def test_the_body_is_the_message_and_names_its_incident() -> None:
    request = await sent(message())
    body = msgspec.json.decode(request.content)
    assert request.headers["Content-Type"] == "application/json"
    assert body["incident"]["scope"]["product"] == "[red]kettle[/]"
    assert {"delivery", "what", "colour", "title", "lines", "language"} <= body.keys()
    assert body["incident"]["opened"].endswith("Z")


@pytest.mark.parametrize(("repetition", "mark"), [(False, "false"), (True, "true")])
async def test_the_delivery_is_the_idempotency_key_on_every_try(
    repetition: bool, mark: str
) -> None:
    request = await sent(message(repetition=repetition))
    assert request.headers["Idempotency-Key"] == message().delivery
    assert request.headers["Tocsin-Repetition"] == mark


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        *((status, True) for status in (400, 401, 404, 410)),
        *((status, False) for status in (408, 429, 500, 502, 503)),
    ],
)
async def test_what_may_pass_is_tried_again_and_what_cannot_is_not(
    status: int, permanent: bool
) -> None:
    assert await refused(lambda _: httpx.Response(status)) is permanent


async def test_a_redirect_is_refused_not_followed() -> None:
    asked: list[httpx.URL] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(307, headers={"Location": "http://127.0.0.1/elsewhere"})

    assert await refused(redirect)
    assert asked == [httpx.URL(URL)]


@pytest.mark.parametrize(
    ("error", "doubtful"),
    [
        *((error, False) for error in (httpx.ConnectError, httpx.ConnectTimeout)),
        *((error, True) for error in (httpx.ReadTimeout, httpx.ReadError)),
        *((error, True) for error in (httpx.WriteError, httpx.RemoteProtocolError)),
        (TimeoutError, True),
    ],
)
async def test_a_broken_connection_is_tried_again_in_doubt_once_a_request_was_on_its_way(
    error: type[Exception], doubtful: bool
) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise error(f"cannot reach {request.url}")

    met = await failure(broken)
    assert (met.permanent, met.doubtful) == (False, doubtful)


@pytest.mark.parametrize(("status", "doubtful"), [(502, True), (504, True), (503, False)])
async def test_what_stands_between_cannot_say_whether_the_message_arrived(
    status: int, doubtful: bool
) -> None:
    assert (await failure(lambda _: httpx.Response(status))).doubtful is doubtful


async def test_a_url_that_is_none_fails_for_good() -> None:
    assert await refused(lambda _: httpx.Response(204), "https://t0ken:x/")


def test_a_webhook_does_not_show_its_secret() -> None:
    assert SECRET not in repr(webhook(lambda _: httpx.Response(204)))


@pytest.mark.parametrize("colour", Colour)
async def test_the_terminal_shows_every_line_and_reads_no_markup(colour: Colour) -> None:
    screen = io.StringIO()
    channel: Channel = Terminal(Console(file=screen, width=120, color_system=None))
    shown = message(colour=colour)
    await channel.send(shown)
    assert "[red]kettle[/]" in screen.getvalue()
    assert all(line in screen.getvalue() for line in shown.lines)


async def test_a_terminal_that_is_gone_is_a_failure_to_try_again() -> None:
    screen = io.StringIO()
    screen.close()
    with pytest.raises(DeliveryError) as failure:
        await Terminal(Console(file=screen)).send(message())
    assert not failure.value.permanent
