"""When the files of an archive are written, seen from outside."""

import threading
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Self

from streams.archive.layout import MARKS, listed
from streams.archive.places import Folder

LOOK = 1.0  # seconds


class Watch:
    """Looks at the files of a folder again and again while it is entered.

    Args:
        root: of the archive.

    Attributes:
        moments: by the topic and partition of a source, epoch milliseconds.
    """

    def __init__(self, root: Path) -> None:
        self.moments: dict[tuple[str, int], set[int]] = defaultdict(set)
        self._root = root
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def look(self) -> None:
        """Note when the files that are there now were written."""
        for file in listed(Folder(self._root).names()):
            if file.folder != MARKS:
                with suppress(FileNotFoundError):  # it is closed and deleted at this moment
                    written = (self._root / file.name).stat().st_mtime_ns
                    self.moments[file.topic, file.partition].add(written // 1_000_000)

    def _run(self) -> None:
        while not self._ending.wait(LOOK):
            self.look()
