"""The pages in a real browser; skipped by name where there is none."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from dashboards.pages.chart import HEIGHT, WIDTH
from streams.response.incident_view import Reach, View
from tests import needs
from tests.pages.scene import KETTLE, Log, day, signal
from tests.pages.site import TOKEN, desk, served, view

CHROMIUM = Path(os.environ.get("TOCSIN_TEST_CHROMIUM", "/usr/bin/chromium"))
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--disable-default-apps", "--no-first-run",
    "--disable-dev-shm-usage",
]  # fmt: skip
WIDTHS = {"phone": (375, 812), "desktop": (1280, 800)}
NAME = KETTLE["product"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    needs.file(CHROMIUM, of="Debian's chromium (TOCSIN_TEST_CHROMIUM names another place)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield running
        running.close()


@pytest.fixture
def shown() -> View:
    return view()


@pytest.fixture
def address(shown: View) -> Iterator[str]:
    with served(desk(shown)) as address:
        yield address


class Visit:
    """A page of a width, what its console said, and what it asked of other machines."""

    def __init__(self, browser: Browser, address: str, width: str = "desktop") -> None:
        across, down = WIDTHS[width]
        self.page: Page = browser.new_page(viewport={"width": across, "height": down})
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url, address))
        self.page.goto(address)

    def sign_in(self) -> Page:
        self.page.get_by_label("Token").fill(TOKEN)
        self.page.get_by_role("button", name="Sign in").click()
        return self.page

    def fits(self) -> bool:
        """Whether nothing has to be scrolled sideways."""
        fits: bool = self.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
        return fits

    def keep(self, name: str) -> None:
        """A picture for whoever asked for one by TOCSIN_TEST_PICTURES."""
        if folder := os.environ.get("TOCSIN_TEST_PICTURES"):
            self.page.screenshot(path=Path(folder) / f"{name}.png")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:")):
            self.elsewhere.append(url)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_signs_in_finds_the_most_urgent_and_reads_why(
    browser: Browser, address: str, width: str, language: str
) -> None:
    visit = Visit(browser, address, width)
    page = visit.sign_in()
    page.goto(f"{address}/?lang={language}")
    expect(page.get_by_text({"en": "live", "zh": "实时"}[language], exact=True)).to_be_visible()
    assert visit.fits()
    visit.keep(f"incidents-{width}-{language}")
    page.get_by_role("link", name=re.compile(NAME)).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)
    expect(page.get_by_role("img", name=re.compile("71"))).to_be_visible()
    expect(page.get_by_text(re.compile("HTTP 503")).first).to_be_visible()
    assert visit.fits()
    visit.keep(f"incident-{width}-{language}")
    assert not visit.complaints
    assert not visit.elsewhere
    page.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("most", [3.0, 98_765.0])
def test_no_text_of_the_chart_is_cut_off(browser: Browser, language: str, most: float) -> None:
    shown = Log().play([signal("s", 0, KETTLE, observed=most, expected=most / 1.1)]).view()
    with served(desk(shown)) as address:
        visit = Visit(browser, f"{address}/login?lang={language}")
        visit.page.locator("#token").fill(TOKEN)
        visit.page.locator("main button").click()
        visit.page.goto(f"{address}/incidents/{shown.lines()[0].id}")
        places = visit.page.locator(".chart text").evaluate_all(
            "texts => texts.map(text => { const box = text.getBBox();"
            " return [box.x, box.y, box.x + box.width, box.y + box.height] })"
        )
        visit.page.close()
    assert len(places) > 5
    for left, top, right, bottom in places:
        assert 0 <= left <= right <= WIDTH
        assert 0 <= top <= bottom <= HEIGHT


def test_a_browser_is_answered_in_its_own_language(browser: Browser, address: str) -> None:
    page = browser.new_page(locale="zh-CN")
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    page.close()


def test_the_styles_are_applied_under_the_policy(browser: Browser, address: str) -> None:
    visit = Visit(browser, address)
    visit.sign_in()
    bar = visit.page.locator(".level.red").first
    expect(bar).to_have_css("border-left-color", "rgb(197, 48, 48)")
    visit.page.close()


def test_an_open_list_shows_a_new_incident_by_itself(browser: Browser) -> None:
    told = Log().play(day()).told
    shown = Log().play(day()[:4]).view()
    with served(desk(shown)) as address:
        visit = Visit(browser, address)
        page = visit.sign_in()
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        expect(page.get_by_text(re.compile(NAME))).to_have_count(0)
        for topic, record in told:
            shown.apply(topic, record)
        expect(page.get_by_text(re.compile(NAME)).first).to_be_visible()
        assert not visit.complaints
        page.close()


def test_a_page_that_is_told_nothing_itself_is_not_shown_as_live(browser: Browser) -> None:
    shown = view()
    with served(desk(shown)) as address:
        page = Visit(browser, address).sign_in()
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        shown.reach = Reach.UNREACHABLE
        page.reload()
        expect(page.get_by_text("connection lost", exact=True)).to_be_visible()
        expect(page.get_by_text("live", exact=True)).to_be_hidden()
        page.close()


def test_who_signs_out_has_to_sign_in_again(browser: Browser, address: str) -> None:
    page = Visit(browser, address).sign_in()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.goto(address)
    expect(page.get_by_label("Token")).to_be_visible()
    page.close()


def test_markup_in_a_scope_is_shown_and_not_run(browser: Browser) -> None:
    evil = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
    shown = Log().play([signal("s", 0, {"region": evil})]).view()
    with served(desk(shown)) as address:
        visit = Visit(browser, address)
        page = visit.sign_in()
        expect(page.get_by_text("<script>").first).to_be_visible()
        assert "owned" not in page.title()
        assert not visit.complaints
        page.close()
