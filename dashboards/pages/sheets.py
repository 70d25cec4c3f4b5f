"""The list of incidents, and one page each."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from alerts.colour import Colour, ColourReason
from alerts.incident import IncidentLine
from dashboards.pages import story
from dashboards.pages.desk import Desk
from dashboards.pages.story import Story
from streams.response.incident_view import Case, View

PER_PAGE = 100
MOST_ROWS = 50


class Leaf(NamedTuple):
    """One page of a list; `newer` and `older` are page numbers, None at the ends."""

    lines: Sequence[IncidentLine]
    newer: int | None
    older: int | None


def routes(desk: Desk) -> APIRouter:
    router = APIRouter(dependencies=[Depends(desk.admit)])

    @router.get("/")
    async def overview(request: Request, colour: str = "", page: str = "1") -> Response:
        lines = desk.view.lines()
        chosen = Colour(colour) if colour in set(Colour) else None
        leaf = turned([line for line in lines if chosen in (None, line.colour)], page)
        language = desk.words(request).language
        stories = [told(desk, line, language) for line in leaf.lines]
        return desk.page(
            request, "overview.html", leaf=leaf, chosen=chosen, counts=counted(lines),
            open=[one for one in stories if one.case.line.open],
            ended=[one for one in stories if not one.case.line.open],
        )  # fmt: skip

    @router.get("/incidents/{name}")
    async def incident(request: Request, name: str) -> Response:
        case = desk.view.case(name)
        if case is None:
            return desk.page(request, "absent.html", status=404, id=name[:20])
        one = whole(desk, case, desk.words(request).language)
        return desk.page(request, "incident.html", story=one, line=case.line, most=MOST_ROWS)

    return router


def told(desk: Desk, line: IncidentLine, language: str) -> Story:
    return story.told(held(desk.view, line), language, desk.zone)


def held(view: View, line: IncidentLine) -> Case:
    case = view.case(line.id)
    assert case is not None  # the line came from the same view, with no await between
    return case


def whole(desk: Desk, case: Case, language: str) -> Story:
    """With what cannot be seen at present, for other sources are silent."""
    lines = (line for line in desk.view.lines() if line.because is ColourReason.SILENT)
    silences = story.lasting(held(desk.view, line) for line in lines)
    return story.told(case, language, desk.zone, silences=silences)


def counted(lines: Sequence[IncidentLine]) -> list[tuple[Colour, int]]:
    """How many are open in each colour, the most urgent first."""
    counts = Counter(line.colour for line in lines if line.open)
    return [(colour, counts[colour]) for colour in reversed(Colour)]


def turned(lines: Sequence[IncidentLine], page: str) -> Leaf:
    """The page asked for, or the nearest there is."""
    last = max(1, -(-len(lines) // PER_PAGE))
    number = min(max(1, int(page)), last) if page.isascii() and page.isdigit() else 1
    shown = lines[(number - 1) * PER_PAGE : number * PER_PAGE]
    newer = number - 1 if number > 1 else None
    return Leaf(shown, newer, number + 1 if number < last else None)
