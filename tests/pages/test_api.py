import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from dashboards.pages import news
from dashboards.pages.entry import MOST_WRONG
from streams.response.incident_view import Reach, View
from tests.pages.scene import Log, day
from tests.pages.site import BEARER, desk, served, view, visitor

KETTLE = view().lines()[0].id


async def test_the_list_is_the_public_lines_in_the_order_of_the_page() -> None:
    async with visitor(desk()) as client:
        said = (await client.get("/api/incidents")).json()
    assert [line["id"] for line in said["incidents"]] == [line.id for line in view().lines()]
    assert (said["total"], said["next"], said["reach"]) == (len(view()), None, "current")
    assert said["incidents"][0]["colour"] == "red"


async def test_one_incident_holds_its_lines_signals_history_and_deliveries() -> None:
    async with visitor(desk()) as client:
        answer = await client.get(f"/api/incidents/{KETTLE}?lang=zh")
    said = answer.json()
    assert said["incident"]["id"] == KETTLE
    assert said["lines"][0].startswith("一条即须示警")
    assert {signal["id"] for signal in said["signals"]} == {"k0", "k1"}
    assert [turn["reason"] for turn in said["history"]][:2] == ["opened", "escalated"]
    assert {"sent", "failed"} <= {delivered["state"] for delivered in said["deliveries"]}
    assert said["deliveries"][0]["at"].startswith("2026-03-03T05:00")
    assert "13812345678" not in answer.text


@pytest.mark.parametrize("path", ["/api/incidents", f"/api/incidents/{KETTLE}", "/events"])
async def test_programs_without_a_token_are_told_so(path: str) -> None:
    async with visitor(desk(), admitted=False) as client:
        bare = await client.get(path)
        wrong = await client.get(path, headers={"Authorization": "Bearer wrong"})
        basic = await client.get(path, headers={"Authorization": "Basic d3Jvbmc6"})
    for answer in (bare, wrong, basic):
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_guessing_bearers_have_to_wait() -> None:
    async with visitor(desk(), admitted=False) as client:
        for _ in range(MOST_WRONG):
            await client.get("/api/incidents", headers={"Authorization": "Bearer wrong"})
        answer = await client.get("/api/incidents", headers=BEARER)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")


@pytest.mark.parametrize("path", ["/api/incidents/absent", "/api/nowhere"])
async def test_what_is_not_there_is_said_in_json(path: str) -> None:
    async with visitor(desk()) as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "error" in answer.json()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_can_be_changed(method: str) -> None:
    async with visitor(desk()) as client:
        for path in ("/api/incidents", f"/api/incidents/{KETTLE}", f"/incidents/{KETTLE}", "/"):
            assert (await client.request(method, path)).status_code == 405


@pytest.mark.parametrize(
    ("reach", "status"), [(Reach.READING, 503), (Reach.CURRENT, 200), (Reach.UNREACHABLE, 503)]
)
async def test_health_needs_no_token_and_tells_whether_what_is_shown_is_new(
    reach: Reach, status: int
) -> None:
    shown = view()
    shown.reach = reach
    async with visitor(desk(shown), admitted=False) as client:
        answer = await client.get("/healthz")
        as_workers = [await client.get(path) for path in ("/ready", "/health")]
        live = await client.get("/live")
    assert (answer.status_code, answer.json()) == (status, {"status": reach})
    said = "ready\n" if status == 200 else f"{reach}\n"
    assert [(one.status_code, one.text) for one in as_workers] == [(status, said)] * 2
    assert (live.status_code, live.text) == (200, "live\n")


class Day:
    """Stands for time: at each pause the next of the things to happen happens."""

    def __init__(self, *happenings: object) -> None:
        self._left = list(happenings)

    async def pause(self, _: float) -> None:
        happening = self._left.pop(0) if self._left else None
        if callable(happening):
            happening()

    def over(self) -> bool:
        return not self._left


async def events(view: View, day: Day) -> list[str]:
    stream = news.stream(view, ended=day.over, pause=day.pause)
    return [event async for event in stream]


async def test_the_stream_begins_with_the_version_and_tells_each_change() -> None:
    shown, told = View("run"), Log().play(day()).told

    def happen() -> None:
        for topic, record in told[:3]:
            shown.apply(topic, record)

    hello, *changes = await events(shown, Day(None, happen, None))
    assert hello.startswith("retry: 3000\n\nevent: hello\ndata: ")
    assert json.loads(hello.rpartition("data: ")[2]) == {"version": "run-0-reading"}
    (change,) = changes
    name, _, data = change.strip().partition("\ndata: ")
    line = shown.lines()[0]
    assert name == "event: incident"
    assert json.loads(data) == {
        "id": line.id, "state": "open", "colour": line.colour, "revision": line.revision,
        "version": shown.version,
    }  # fmt: skip


async def test_who_missed_changes_or_the_reach_is_told_the_version_anew() -> None:
    shown = View("run", changes=2)

    def flood() -> None:
        for topic, record in Log().play(day()).told:
            shown.apply(topic, record)

    def lose() -> None:
        shown.reach = Reach.UNREACHABLE

    said = await events(shown, Day(flood, lose, None))
    assert [event.count("event: hello") for event in said] == [1, 1, 1]


async def test_a_quiet_stream_shows_that_it_lives() -> None:
    said = await events(View("run"), Day(*[None] * (2 * news.BEAT_EVERY + 1)))
    assert said[1:] == [": here\n\n"] * 2


async def test_a_stream_ends_after_an_hour_so_that_the_session_is_asked_again() -> None:
    polls = 0

    async def pause(seconds: float) -> None:
        nonlocal polls
        polls += 1

    stream = news.stream(View("run"), ended=lambda: False, pause=pause)
    assert [event async for event in stream]
    assert polls * news.POLL_SECONDS == pytest.approx(3600, abs=1)


async def lines(answer: httpx.Response) -> AsyncIterator[str]:
    async for line in answer.aiter_lines():
        if line:
            yield line


async def test_a_real_server_streams_a_change_while_it_happens() -> None:
    shown, told = View("run"), Log().play(day()[:1]).told
    with served(desk(shown)) as address:
        async with (
            asyncio.timeout(20),
            httpx.AsyncClient(base_url=address, headers=BEARER) as client,
            client.stream("GET", "/events") as answer,
        ):
            assert answer.headers["content-type"].startswith("text/event-stream")
            said = lines(answer)
            assert [await anext(said) for _ in range(3)][1] == "event: hello"
            for topic, record in told:
                shown.apply(topic, record)
            assert await anext(said) == "event: incident"
