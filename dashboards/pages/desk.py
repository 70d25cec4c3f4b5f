"""What every page and answer needs: the view, who may look, and the templates."""

from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from alerts.catalogue import LANGUAGES
from alerts.words import Words
from dashboards.pages import chart, entry
from dashboards.pages.dates import dated
from dashboards.pages.entry import Attempts
from streams.response.incident_view import Reach, View

SESSION = "tocsin_session"
LANGUAGE = "tocsin_lang"
YEAR_SECONDS = 365 * 24 * 3600


class NotAdmittedError(Exception):
    """Who asks has shown no token, or too many wrong ones: then `wait` seconds are left."""

    def __init__(self, wait: int = 0) -> None:
        super().__init__("a token is needed")
        self.wait = wait


def templates() -> Environment:
    return Environment(
        loader=PackageLoader("dashboards.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One for an app.

    `zone` is every reader's, `language` that of readers who chose none and whose browser
    asks for none of ours, `clock` tells epoch seconds, and `ended` whether the server is
    about to stop.
    """

    view: View
    token: str
    language: str
    zone: str
    clock: Callable[[], float]
    ended: Callable[[], bool]
    attempts: Attempts = field(default_factory=Attempts)
    templates: Environment = field(default_factory=templates)

    async def admit(self, request: Request) -> None:
        """Raises NotAdmittedError unless a session or a bearer's token comes with the request."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            self.check(request, token.strip())
            return
        if not entry.admits(request.cookies.get(SESSION, ""), self.token, now=self.clock()):
            raise NotAdmittedError

    def check(self, request: Request, token: str) -> None:
        """Raises NotAdmittedError unless this is the token; a client that guesses has to wait."""
        client, now = request.client.host if request.client else "", self.clock()
        if wait := self.attempts.wait(client, now=now):
            raise NotAdmittedError(wait)
        if not entry.same(token, self.token):
            self.attempts.wrong(client, now=now)
            raise NotAdmittedError

    def words(self, request: Request) -> Words:
        asked = request.query_params.get("lang"), request.cookies.get(LANGUAGE)
        wanted = *asked, *_preferred(request)
        chosen = next((one for one in wanted if one in LANGUAGES), self.language)
        return Words(chosen, ZoneInfo(self.zone))

    def page(
        self, request: Request, name: str, *, status: int = 200, **content: object
    ) -> HTMLResponse:
        words = self.words(request)
        others = [Words(one) for one in LANGUAGES if one != words.language]
        html = self.templates.get_template(name).render(
            words=words, say=words.say, numbered=words.numbered, dated=dated, drawing=chart,
            view=self.view, late=self.view.reach is not Reach.CURRENT, version=self.view.version,
            others=[(one, _asked_in(request, one)) for one in others], **content,
        )  # fmt: skip
        response = HTMLResponse(html, status_code=status)
        if request.query_params.get("lang") == words.language:
            response.set_cookie(
                LANGUAGE, words.language, max_age=YEAR_SECONDS, httponly=True, samesite="strict"
            )
        return response


def _preferred(request: Request) -> list[str]:
    """The browser's languages without their countries; browsers name the dearest first."""
    ranges = request.headers.get("accept-language", "").split(",")
    return [one.partition(";")[0].strip().partition("-")[0].lower() for one in ranges]


def _asked_in(request: Request, words: Words) -> str:
    """The query that asks for the same page in another language."""
    return str(request.url.include_query_params(lang=words.language).query)
