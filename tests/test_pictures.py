"""The pictures of docs/detection.md: which there are, and what they show."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from alerts.signal import Kind
from benchmarks.pictures import gallery
from benchmarks.pictures.track import Track

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images" / "detection"
PAGE = (ROOT / "docs" / "detection.md").read_text(encoding="utf-8")


def test_the_page_shows_every_picture_that_is_drawn_and_no_other() -> None:
    shown = re.findall(r"\(images/detection/([\w-]+)\.png\)", PAGE)
    assert sorted(shown) == sorted(gallery.PICTURES)
    assert sorted(path.stem for path in IMAGES.iterdir()) == sorted(shown)


@pytest.mark.parametrize("name", gallery.PICTURES)
def test_a_picture_shows_what_its_method_makes_of_it_now(name: str) -> None:
    with Image.open(IMAGES / f"{name}.png") as kept:
        shown = json.loads(kept.info["Description"])
    assert gallery.PICTURES[name]().figures == pytest.approx(shown, rel=0.01), (
        "draw it again: python -m benchmarks.pictures"
    )


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_signal_has_a_section(kind: Kind) -> None:
    assert f"| [{kind}" in PAGE.lower()


def test_what_is_planted_is_called_by_the_method_and_what_was_declared_is_not() -> None:
    surge, unknown, declared = (
        gallery.TRACKS[name]() for name in ("surge", "campaign-unknown", "campaign-declared")
    )
    assert surge.called is not None
    assert unknown.called is not None
    assert declared.called is None


@pytest.mark.parametrize("name", gallery.READINGS)
def test_what_is_planted_lies_within_what_is_read(name: str) -> None:
    reading = gallery.READINGS[name]()
    middle, low, high = reading.said
    assert low <= reading.planted <= high
    assert middle == pytest.approx(reading.planted, rel=0.4)


@pytest.mark.parametrize("name", gallery.READINGS)
def test_a_reading_is_drawn_where_it_is_wanted(name: str, tmp_path: Path) -> None:
    gallery.draw(gallery.READINGS[name](), tmp_path / "drawn.png")
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")


def test_a_track_is_drawn_where_it_is_wanted(tmp_path: Path) -> None:
    track = Track(
        "hours", 2.0, (1, 2), counts=[1, 5, 6], expected=[1, 1, 1], score=[0, 3, 4],
        above=[False, True, True], learning=[True, False, False],
    )  # fmt: skip
    gallery.draw(track, tmp_path / "drawn.png")
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")
