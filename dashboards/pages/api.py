"""The same as JSON, and a stream of what changes."""

from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from alerts.words import Words
from dashboards.pages import news, sheets, story
from dashboards.pages.desk import Desk
from streams.response.incident_view import Delivered, Reach


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    admitted = [Depends(desk.admit)]

    @router.get("/api/incidents", dependencies=admitted)
    async def incidents(page: str = "1") -> Response:
        lines = desk.view.lines()
        leaf = sheets.turned(lines, page)
        return _json(
            {"incidents": leaf.lines, "total": len(lines), "next": leaf.older, **_state(desk)}
        )

    @router.get("/api/incidents/{name}", dependencies=admitted)
    async def incident(request: Request, name: str) -> Response:
        case = desk.view.case(name)
        if case is None:
            return JSONResponse({"error": "no such incident"}, status_code=404)
        words = desk.words(request)
        return _json(_written(sheets.whole(desk, case, words.language), words))

    @router.get("/events", dependencies=admitted)
    async def events() -> Response:
        stream = news.stream(desk.view, ended=desk.ended)
        return StreamingResponse(stream, media_type="text/event-stream")

    @router.get("/healthz")
    async def health() -> Response:
        """503 while what is shown may be old."""
        status = 200 if desk.view.reach is Reach.CURRENT else 503
        return JSONResponse({"status": desk.view.reach}, status_code=status)

    @router.get("/live")
    async def live() -> Response:
        return PlainTextResponse("live\n")

    @router.get("/ready")
    @router.get("/health")
    async def ready() -> Response:
        """As a worker answers, for those who ask all of us alike."""
        current = desk.view.reach is Reach.CURRENT
        said = "ready" if current else desk.view.reach
        return PlainTextResponse(f"{said}\n", status_code=200 if current else 503)

    return router


def _state(desk: Desk) -> dict[str, str]:
    return {"reach": desk.view.reach, "version": desk.view.version}


def _written(one: story.Story, words: Words) -> dict[str, Any]:
    quoted = [
        msgspec.structs.replace(signal, examples=tuple(map(words.plain, signal.examples)))
        for signal in one.signals
    ]
    return {
        "incident": one.case.line,
        "lines": (one.headline, *one.figures, *one.facts),
        "signals": quoted,
        "history": [turn._asdict() for turn in one.case.turns],
        "deliveries": [_delivered(delivered, words) for delivered in one.case.deliveries],
    }


def _delivered(delivered: Delivered, words: Words) -> dict[str, Any]:
    written: dict[str, Any] = msgspec.to_builtins(delivered.line)
    return written | {"reason": words.plain(delivered.line.reason), "at": delivered.at}


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
