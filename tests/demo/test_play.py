"""The demonstration's traffic through the back-test; it must not depend on the seed or the hour."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streams.demonstration import programme
from streams.demonstration.programme import Phase, Played
from streams.settings import Detection, Settings
from streams.traffic.generator import Traffic

END = datetime(2026, 11, 25, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def made() -> Traffic:
    return programme.traffic(end=END)


class Fed:
    """Stands in for the feed, and remembers."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.raws: list[bytes] = []
        self.ended: list[Any] = []

    def event(self, _stream: str, event: Any) -> None:
        self.events.append(event)

    def raw(self, _stream: str, raw: bytes) -> None:
        self.raws.append(raw)

    def end(self, streams: Any, at: int) -> None:
        self.ended.append((streams, at))


def test_all_five_are_called_and_nothing_innocent() -> None:
    """With the shipped seed at another hour they are in `tests/kafka/test_demo.py`."""
    made = programme.traffic(end=END + timedelta(hours=13), seed=3)
    settings = Settings(detection=Detection(zone=programme.ZONE))
    card = programme.scored(programme.rehearse(made, settings), made)
    assert len(card.wanted) == 5
    assert [call.label.kind for call in card.missed] == []
    assert card.passed


def test_what_was_sent_is_known_by_what_became_of_it(made: Traffic) -> None:
    fed, played = Fed(), Played()
    programme.play(made, fed, played, seconds=0.001)  # type: ignore[arg-type]  # stands in
    assert len(fed.events) + len(fed.raws) == played.sent["all"]
    assert len(fed.raws) == played.sent["damaged"] > 20
    ids = [event.id for event in fed.events]
    assert len(ids) - len(set(ids)) == played.sent["again"] > 20
    assert played.sent["slow"] > 100
    assert fed.ended == [(("complaints", "mentions"), made.end)]
    assert (played.phase, played.day) == (Phase.VERDICTS, programme.DAYS - 1)


@pytest.mark.parametrize(("language", "region"), [("en", "Henan"), ("zh", "河南")])
def test_its_events_name_things_in_the_language_of_the_reader(language: str, region: str) -> None:
    made = programme.traffic(end=END, names=language)
    first = next(made.daily())
    assert region in {one.event.region for one in first}
    scopes = {value for label in made.labels for value in label.scope.values()}
    assert ("P20充电宝" in scopes) == (language == "zh")
