"""Draws what each method makes of simulated counts: the pictures of docs/detection.md.

    python -m benchmarks.pictures
    python -m benchmarks.pictures --only surge burst --to /tmp/pictures

Everything is drawn from fixed seeds. Prints one JSON object last: of each picture, how many
buckets after what was planted began it was called; null where it was not.
"""

import argparse
import json
from pathlib import Path

from benchmarks.pictures import gallery

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
    called = {}
    for name in options.only:
        track = gallery.PICTURES[name]()
        gallery.draw(track, options.to / f"{name}.png")
        called[name] = None if track.called is None else track.called - track.planted[0]
    print(json.dumps({"called_after": called}))


if __name__ == "__main__":
    main()
