"""The way in and out: the token, typed once, becomes a session."""

import re
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from dashboards.pages import entry
from dashboards.pages.desk import SESSION, Desk, NotAdmittedError

MOST_BYTES = 4096
OURS = re.compile(r"/(?:incidents/[A-Za-z0-9-]{1,64})?")


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()

    @router.get("/login")
    async def form(request: Request) -> Response:
        onward = ours(request.query_params.get("next", "/"))
        return desk.page(request, "login.html", onward=onward, wrong=False, wait=0)

    @router.post("/login")
    async def enter(request: Request) -> Response:
        fields = parse_qs(await _body(request))
        onward = ours(fields.get("next", ["/"])[0])
        try:
            desk.check(request, fields.get("token", [""])[0].strip())
        except NotAdmittedError as refused:
            status = 429 if refused.wait else 403
            return desk.page(
                request, "login.html", status=status, onward=onward, wrong=True, wait=refused.wait
            )
        return _entered(desk, request, onward)

    @router.post("/logout")
    async def leave() -> Response:
        response = RedirectResponse("/login", status_code=303)
        response.delete_cookie(SESSION, httponly=True, samesite="strict")
        return response

    return router


def ours(path: str) -> str:
    """The path if it is one of our pages, else the list: nobody is sent elsewhere."""
    return path if OURS.fullmatch(path) else "/"


def way_in(path: str) -> str:
    return "/login" if path == "/" else f"/login?{urlencode({'next': path})}"


def _entered(desk: Desk, request: Request, onward: str) -> Response:
    expires = int(desk.clock()) + entry.SESSION_SECONDS
    response = RedirectResponse(onward, status_code=303)
    response.set_cookie(
        SESSION, entry.session(desk.token, expires=expires), max_age=entry.SESSION_SECONDS,
        httponly=True, samesite="strict", secure=request.url.scheme == "https",
    )  # fmt: skip
    return response


async def _body(request: Request) -> str:
    """The first `MOST_BYTES` of the body; no form of ours is longer."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            break
    return body[:MOST_BYTES].decode(errors="replace")
