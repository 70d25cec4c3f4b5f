"""Draws what each method makes of simulated counts: the pictures of docs/detection.md.

    python -m benchmarks.pictures
    python -m benchmarks.pictures --only surge burst --to /tmp/pictures

Everything is drawn from fixed seeds. Prints one JSON object last: of each picture, how many
buckets after what was planted began it was called, null where it was not; of a reading what is
read, and between which ends.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.pictures import gallery
from benchmarks.pictures.reading import Reading
from benchmarks.pictures.track import Track

FOLDER = Path("docs/images/detection")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", nargs="+", choices=gallery.PICTURES, default=list(gallery.PICTURES))
    add("--to", type=Path, default=FOLDER, metavar="DIR", help=f"write them there ({FOLDER})")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    told: dict[str, dict[str, Any]] = {"called_after": {}, "read": {}}
    for name in options.only:
        picture = gallery.PICTURES[name]()
        gallery.draw(picture, options.to / f"{name}.png")
        if isinstance(picture, Reading):
            told["read"][name] = [round(number, 3) for number in picture.said]
        else:
            told["called_after"][name] = _called(picture)
    print(json.dumps(told))


def _called(track: Track) -> int | None:
    return None if track.called is None else track.called - track.planted[0]


if __name__ == "__main__":
    main()
