"""The web app: its pages, its API, and what goes out with every answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.pages import api, login, sheets
from dashboards.pages.desk import Desk, NotAdmittedError

POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
    "base-uri": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
FOR_PROGRAMS = ("/api/", "/events")

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build(desk: Desk, follow: Callable[[], Awaitable[None]] | None = None) -> ASGIApp:
    """The app over a desk; `follow` fills its view for as long as the app runs."""
    app = FastAPI(
        title="Tocsin", openapi_url=None, docs_url=None, redoc_url=None,
        lifespan=_beside(follow) if follow else None,
    )  # fmt: skip
    for routes in (login.routes, sheets.routes, api.routes):
        app.include_router(routes(desk))
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    _answer_errors(app, desk)
    return _Guarded(app)


def _beside(follow: Callable[[], Awaitable[None]]) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        following = asyncio.ensure_future(follow())
        yield
        following.cancel()
        await asyncio.wait([following])

    return lifespan


def _answer_errors(app: FastAPI, desk: Desk) -> None:
    @app.exception_handler(NotAdmittedError)
    async def not_admitted(request: Request, refused: NotAdmittedError) -> Response:
        if not request.url.path.startswith(FOR_PROGRAMS):
            return RedirectResponse(login.way_in(request.url.path), status_code=303)
        if refused.wait:
            return JSONResponse(
                {"error": "too many wrong tokens"}, status_code=429,
                headers={"Retry-After": str(refused.wait)},
            )  # fmt: skip
        return JSONResponse(
            {"error": str(refused)}, status_code=401, headers={"WWW-Authenticate": "Bearer"}
        )

    @app.exception_handler(404)
    async def absent(request: Request, _: Exception) -> Response:
        if request.url.path.startswith(FOR_PROGRAMS):
            return JSONResponse({"error": "no such page"}, status_code=404)
        return desk.page(request, "absent.html", status=404, id="")

    @app.exception_handler(Exception)
    async def broken(request: Request, _: Exception) -> Response:
        if request.url.path.startswith(FOR_PROGRAMS):
            return JSONResponse({"error": "something broke here"}, status_code=500)
        return desk.page(request, "broken.html", status=500)


class _Guarded:
    """Puts our headers on every answer, those to errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, guarded)
