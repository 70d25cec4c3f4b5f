"""What the benchmarks of speed are fed is what they say it is."""

from pathlib import Path

from benchmarks import load, texts
from benchmarks.testbed import Line
from streams import settings
from streams.events.event import Complaint, Mention, root
from streams.events.parsing import parse

EVENTS = 2000


def said(line: Line) -> Complaint | Mention:
    event = parse("mentions" if line.topic == "mentions" else "complaints", line.value)
    assert isinstance(event, Complaint | Mention)
    return event


def test_every_event_with_a_text_is_sound_and_only_copies_repeat_an_id() -> None:
    lines = list(texts.lines(events=EVENTS, hours=1, seed=1))
    ids = [said(line).id for line in lines]
    assert len(set(ids)) == EVENTS - sum(line.again for line in lines) < EVENTS
    assert {len(said(line).text or "") for line in lines} == {texts.LENGTH}


def test_posts_are_keyed_by_their_root_and_complaints_by_their_person() -> None:
    for line in texts.lines(events=EVENTS, hours=1, seed=2):
        event = said(line)
        key = event.person if isinstance(event, Complaint) else root(event)
        assert key == line.key.decode()
    for line in load.keyed(events=100, days=1, seed=2):
        event = said(line)
        assert isinstance(event, Complaint)
        assert event.person == line.key.decode()


def test_an_event_with_a_text_counts_in_seven_cuts(tmp_path: Path) -> None:
    file = load.settings_file(tmp_path, sources=texts.SOURCES, cuts=texts.CUTS)
    cuts = settings.load(file).cuts
    for stream in ("complaints", "mentions"):
        assert sum(cut.stream == stream for cut in cuts) == 7
