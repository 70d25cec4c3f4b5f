import re
from typing import Any

import msgspec
import pytest

from alerts.deliveries import Recipient
from alerts.erasure import digest
from alerts.incident import IncidentState
from alerts.signal import Kind, SignalState
from dashboards.pages.app import HEADERS, POLICY
from dashboards.pages.desk import LANGUAGE, SESSION
from dashboards.pages.entry import MOST_WRONG, SESSION_SECONDS, WRONG_WITHIN
from dashboards.pages.sheets import PER_PAGE
from detectors.growth import Growth
from streams.erasure.evidence import unquoted
from streams.response.incident_view import Public, Reach, Record, View
from tests.pages.scene import KETTLE as KETTLE_SCOPE
from tests.pages.scene import POWER_BANK, REFUSED, Log, day, quiet, signal
from tests.pages.site import TOKEN, Clock, desk, view, visitor

EVIL = "<script>alert(1)</script>\"'&"
KETTLE = view().lines()[0].id


async def get(path: str, **changes: Any) -> str:
    async with visitor(desk(**changes)) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return answer.text


async def test_who_has_no_token_is_led_to_the_way_in_and_back() -> None:
    async with visitor(desk(), admitted=False) as client:
        answer = await client.get(f"/incidents/{KETTLE}")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/login?next=%2Fincidents%2F{KETTLE}"
        form = await client.get(answer.headers["location"])
        assert f'value="/incidents/{KETTLE}"' in form.text


async def test_the_token_becomes_a_session_that_is_not_the_token() -> None:
    async with visitor(desk(), admitted=False) as client:
        entered = await client.post("/login", data={"token": TOKEN, "next": "/"})
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        cookie = entered.headers["set-cookie"]
        assert TOKEN not in cookie
        assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Max-Age=43200"))
        assert "Secure" not in cookie
        assert (await client.get("/")).status_code == 200
        await client.post("/logout")
        assert (await client.get("/")).status_code == 303


async def test_over_tls_the_session_stays_on_tls() -> None:
    async with visitor(desk(), admitted=False, https=True) as client:
        entered = await client.post("/login", data={"token": TOKEN})
    assert "Secure" in entered.headers["set-cookie"]


async def test_a_session_expires() -> None:
    clock = Clock()
    async with visitor(desk(clock=clock), admitted=False) as client:
        session = (await client.post("/login", data={"token": TOKEN})).cookies[SESSION]
        client.cookies.clear()
        client.cookies.set(SESSION, session)
        assert (await client.get("/")).status_code == 200
        clock.now += SESSION_SECONDS
        assert (await client.get("/")).status_code == 303


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], "钟" * 16, "\x00", "a" * 10_000])
async def test_a_wrong_token_is_refused_and_not_repeated(token: str) -> None:
    async with visitor(desk(), admitted=False) as client:
        answer = await client.post("/login", data={"token": token})
    assert answer.status_code == 403
    assert "not the token" in answer.text
    assert SESSION not in answer.cookies
    assert len(answer.text) < 5000


async def test_guessing_is_slowed_down_even_for_the_right_token() -> None:
    clock = Clock()
    async with visitor(desk(clock=clock), admitted=False) as client:
        for _ in range(MOST_WRONG):
            assert (await client.post("/login", data={"token": "wrong"})).status_code == 403
        late = await client.post("/login", data={"token": TOKEN})
        assert late.status_code == 429
        assert "60 seconds" in late.text
        clock.now += WRONG_WITHIN
        assert (await client.post("/login", data={"token": TOKEN})).status_code == 303


@pytest.mark.parametrize(
    "onward", ["https://evil.test/", "//evil.test", "/\\evil.test", "/login?next=/", "javascript:1"]
)
async def test_nobody_is_sent_elsewhere_after_signing_in(onward: str) -> None:
    async with visitor(desk(), admitted=False) as client:
        entered = await client.post("/login", data={"token": TOKEN, "next": onward})
        assert entered.headers["location"] == "/"
        assert onward not in (await client.get("/login", params={"next": onward})).text


@pytest.mark.parametrize(
    "path",
    ["/", "/login", "/nowhere", "/incidents/absent", "/static/style.css", "/static/no", "/healthz",
     "/api/incidents", "/api/nowhere"],
)  # fmt: skip
@pytest.mark.parametrize("admitted", [True, False])
async def test_every_answer_carries_the_policy(path: str, admitted: bool) -> None:
    async with visitor(desk(), admitted=admitted) as client:
        answer = await client.get(path)
    for name, value in HEADERS.items():
        assert answer.headers.get_list(name) == [value]


def test_the_policy_lets_nothing_in_from_outside() -> None:
    assert POLICY["default-src"] == "'none'"
    assert not any("unsafe" in value or "http" in value for value in POLICY.values())


@pytest.mark.parametrize("path", ["/login", "/", f"/incidents/{KETTLE}", "/nowhere"])
async def test_pages_hold_no_script_or_style_of_their_own(path: str) -> None:
    async with visitor(desk()) as client:
        page = (await client.get(path)).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.findall(r'(?:src|href)="(?!/|\?)[^"]*"', page)


async def test_an_error_of_ours_is_a_page_with_the_policy_and_without_details() -> None:
    class Broken(View):
        def lines(self) -> list[object]:  # type: ignore[override] # it never returns
            raise ValueError("secret detail")

    async with visitor(desk(Broken("run"))) as client:
        answer = await client.get("/")
        data = await client.get("/api/incidents")
    assert (answer.status_code, data.status_code) == (500, 500)
    assert "secret detail" not in answer.text + data.text
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


async def test_the_list_shows_open_ones_first_the_most_urgent_on_top() -> None:
    page = await get("/")
    named = re.findall(r'href="/incidents/([\w-]+)"', page)
    assert named == [line.id for line in view().lines()]
    assert page.index(">Open<") < page.index(named[0]) < page.index(">Ended<")


async def test_the_list_can_be_narrowed_to_a_colour() -> None:
    named = re.findall(r'href="/incidents/([\w-]+)"', await get("/?colour=yellow"))
    assert named == [line.id for line in view().lines() if line.colour == "yellow"]


@pytest.mark.parametrize("query", ["colour=green", "page=0", "page=999999", "page=-1", "page=²"])
async def test_an_odd_question_is_answered_with_what_is_nearest(query: str) -> None:
    assert KETTLE in await get(f"/?{query}")


async def test_a_long_list_is_turned_page_by_page() -> None:
    gone = [signal(f"s{n}", n * 60, {"region": f"R{n}"}) for n in range(PER_PAGE + 2)]
    shown = Log().play(gone).view()
    first, second = await get("/", shown=shown), await get("/?page=2", shown=shown)
    names = [re.findall(r'href="/incidents/([\w-]+)"', page) for page in (first, second)]
    assert [len(part) for part in names] == [PER_PAGE, 2]
    assert [name for part in names for name in part] == [line.id for line in shown.lines()]
    assert "older" in first
    assert "newer" in second


async def test_an_empty_installation_says_so() -> None:
    assert "No incident has been recorded." in await get("/", shown=View("run"))


async def test_a_page_says_what_happened_in_the_words_of_the_messages() -> None:
    page = await get(f"/incidents/{KETTLE}")
    for words in (
        "Enough to alert by itself: injury, Kettle K3, batch B2409-03.",
        "And far more complaints than usual.",
        "04:00</span> UTC+08:00: 71 people, expected 3.4, ×20.9;",
        "Why red: someone may be hurt; that comes before any number.",
        "figures revised",
        "webhook: HTTP 503",
        'did not arrive, next try <span class="date">2026-03-03 14:00:1',
        "attempt 2 · sent",
        REFUSED,
        "<svg",
    ):
        assert words in page


async def test_what_did_not_arrive_shows_in_the_list_and_on_the_page() -> None:
    recipients = [
        Recipient(name="product", channel="webhook"),
        Recipient(name="pr", channel="wecom"),
    ]
    shown = Log(recipients).play([signal("k1", 4, KETTLE_SCOPE)]).view()
    (line,) = shown.lines()
    for path in ("/", f"/incidents/{line.id}"):
        page = await get(path, shown=shown)
        assert page.count("1 message did not arrive") == 1
        assert f'href="/incidents/{line.id}#deliveries"' in page


async def test_nothing_is_missing_where_each_message_arrived_in_the_end() -> None:
    shown = Log([Recipient(name="pr", channel="wecom")]).play(day()).view()
    for path in ("/", f"/incidents/{KETTLE}"):
        assert "chip missing" not in await get(path, shown=shown)


async def test_a_page_says_how_to_quiet_a_channel() -> None:
    assert "channels.NAME.enabled" in await get(f"/incidents/{KETTLE}")


async def test_a_silence_shows_nothing_observed_of_what_was_expected() -> None:
    shown = Log().play([quiet(0, 5), quiet(1, 7), quiet(2, 11)]).view()
    (line,) = shown.lines()
    page = await get(f"/incidents/{line.id}", shown=shown)
    for words in (
        "Silent: nothing comes any more from source complaints, channel phone.",
        "0 events, expected 96;",
        "What it would bring is not seen",
        "<b>0</b> observed · 96 expected</span>",
        "Observed 0, expected 96, at",
        "<svg",
    ):
        assert words in page
    assert "来源主题 complaints、渠道 phone，不再有" in await get(
        f"/incidents/{line.id}?lang=zh", shown=shown
    )


async def test_what_is_open_says_what_it_lacks_as_long_as_a_source_is_silent() -> None:
    over = quiet(0, 12, state=SignalState.CLEARED, observed=3.0)
    for signals, blind in ((day(), True), ([*day(), over], False)):
        shown = Log().play(signals).view()
        page = await get(f"/incidents/{KETTLE}", shown=shown)
        assert ("What we cannot see meanwhile" in page) is blind
        (ended,) = [line for line in shown.lines() if line.scope.get("product") == "Router R5"]
        assert "cannot see" not in await get(f"/incidents/{ended.id}", shown=shown)


async def test_quotes_are_redacted() -> None:
    page = await get(f"/incidents/{KETTLE}")
    assert page.count("burnt my hand") == 1
    assert "13812345678" not in page
    assert "Jane Miller" not in page


async def test_who_is_erased_is_quoted_no_more_and_others_are() -> None:
    shown, (said,) = view(), [one.examples for one in day() if one.examples]
    before = shown.version
    signals = (record.value for topic, record in Log().play(day()).told if topic is Public.SIGNALS)
    for one in unquoted(signals, {digest(said[1])}):
        shown.apply(Public.SIGNALS, Record(msgspec.json.encode(one), 0))
    assert shown.version != before
    for path in (f"/incidents/{KETTLE}", f"/api/incidents/{KETTLE}"):
        page = await get(path, shown=shown)
        assert "burnt my hand" not in page
        assert "水壶炸了" in page


async def test_the_language_is_chosen_by_the_query_then_kept() -> None:
    async with visitor(desk()) as client:
        assert '<html lang="en">' in (await client.get("/")).text
        chosen = await client.get("/?lang=zh")
        assert "进行中" in chosen.text
        assert chosen.cookies[LANGUAGE] == "zh"
        page = (await client.get(f"/incidents/{KETTLE}")).text
        assert '<html lang="zh">' in page
        assert "一条即须示警：受伤" in page
        assert "进行中" in (await client.get("/?lang=fr")).text


async def test_the_default_language_is_that_of_the_settings() -> None:
    assert "事件" in await get("/", language="zh")


@pytest.mark.parametrize(
    ("asked", "set_to", "shown"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "en", "zh"),
        ("de-DE, ZH-TW;q=0.7, en;q=0.3", "en", "zh"),
        ("de, en-GB;q=0.5", "zh", "en"),
        ("de, *;q=0.1", "zh", "zh"),
        (";;,-,", "zh", "zh"),
    ],
)
async def test_who_chose_no_language_reads_the_browsers(
    asked: str, set_to: str, shown: str
) -> None:
    async with visitor(desk(language=set_to)) as client:
        page = (await client.get("/", headers={"Accept-Language": asked})).text
        assert f'<html lang="{shown}">' in page


async def test_a_chosen_language_comes_before_the_browsers() -> None:
    async with visitor(desk()) as client:
        await client.get("/?lang=en")
        page = (await client.get("/", headers={"Accept-Language": "zh-CN"})).text
    assert '<html lang="en">' in page


async def test_changing_the_language_keeps_the_rest_of_the_question() -> None:
    assert 'href="?colour=red&amp;lang=zh"' in await get("/?colour=red")


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_markup_in_values_is_shown_as_text(language: str) -> None:
    quoted = signal("t", 0, {"harm": "injury", "product": EVIL}, kind=Kind.TRIGGER, harm=(EVIL,),
                    examples=(EVIL,))  # fmt: skip
    shown = Log().play([quoted, signal("s", 1, {"region": EVIL, "product": EVIL})]).view()
    pages = [await get(f"/?lang={language}", shown=shown)]
    pages += [await get(f"/incidents/{line.id}?lang={language}", shown=shown)
              for line in shown.lines()]  # fmt: skip
    for page in pages:
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


async def test_markup_in_an_address_is_shown_as_text() -> None:
    async with visitor(desk()) as client:
        absent = await client.get("/incidents/<script>alert(1)")
        filtered = await client.get("/?colour=%22%3E%3Cscript%3Ealert(1)")
    assert absent.status_code == 404
    assert "<script>alert" not in absent.text + filtered.text


async def test_an_ended_incident_says_how_it_ended() -> None:
    for line in view().lines():
        page = await get(f"/incidents/{line.id}")
        if line.state is IncidentState.MERGED:
            assert f'href="/incidents/{line.into}"' in page
        if line.state is IncidentState.CLEARED:
            assert "Over: nothing unusual about Router R5, technical support" in page
            assert "61 people, expected 19, ×3.21;" in page
            assert "it was 4, expected 3.1." in page


async def test_an_incident_whose_signals_are_gone_is_still_a_page() -> None:
    told = [one for one in Log().play(day()).told if one[0] != "signals"]
    shown = View("run")
    for topic, record in told:
        shown.apply(topic, record)
    page = await get(f"/incidents/{KETTLE}", shown=shown)
    assert "no longer in the log" in page
    assert "Where: stream complaints" in page
    assert "no longer in the log" in await get("/", shown=shown)


async def test_what_may_be_old_is_said_to_be() -> None:
    shown = view()
    assert "may be old" not in await get("/", shown=shown)
    shown.reach = Reach.UNREACHABLE
    assert "The broker does not answer" in await get("/", shown=shown)


@pytest.mark.parametrize("path", ["/incidents/I-ABSENT", "/nowhere", "/docs", "/openapi.json"])
async def test_what_is_not_there_is_a_page_that_says_so(path: str) -> None:
    async with visitor(desk()) as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "There is no" in answer.text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Posts came before complaints, by 60 minutes", "Doubles in 2 hours (")),
        ("zh", ("帖子先于投诉，早 60 分钟", "每 2 小时翻一倍（")),
    ],
)
async def test_a_page_tells_which_stream_led_and_how_fast_it_grows(
    language: str, said: tuple[str, str]
) -> None:
    posts = signal("p0", 6, POWER_BANK, since=2, observed=212.0, began=tuple(range(-10, 10)))
    filed = signal(
        "c0", 7, {"product": POWER_BANK["product"]}, since=3, observed=120.0,
        began=tuple(range(-10, 10)), growth=Growth(0.25, 0.35, 0.5),
    )  # fmt: skip
    shown = Log().play([posts, filed]).view()
    text = await get(f"/incidents/{shown.lines()[0].id}?lang={language}", shown=shown)
    assert all(sentence in text for sentence in said)


async def test_two_alarms_about_one_thing_differ_by_their_method() -> None:
    two = [signal("p0", 6, POWER_BANK), signal("p1", 7, POWER_BANK, kind=Kind.SHARE, whole=300.0)]
    shown = Log().play(two).view()
    page = await get(f"/incidents/{shown.lines()[0].id}", shown=shown)
    assert page.count('<span class="dim">larger share than usual</span>') == 1
    assert "excess over the usual count</span>" not in page


async def test_what_is_beyond_the_budget_says_why_nobody_was_told() -> None:
    beyond = {"kind": Kind.BURST, "threshold": 2.4, "told_from": 3.4, "observed": 20.0}
    weak = signal("b", 1, POWER_BANK, score=2.9, **beyond)
    strong = signal("b", 2, POWER_BANK, score=3.6, revision=1, **beyond)
    shown = Log().play([weak]).view()
    page = await get(f"/incidents/{shown.lines()[0].id}", shown=shown)
    assert "No message was sent. Its score, 2.9, is above the threshold of 2.4," in page
    assert "told only from 3.4 on: below that" in page
    shown = Log().play([weak, strong]).view()
    page = await get(f"/incidents/{shown.lines()[0].id}", shown=shown)
    assert "No message was sent" not in page
    assert "told only from" not in page
