"""Files of settings, written only where they are sound."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from streams import settings
from streams.events import mapping
from streams.proposal.written import MAP

SETTINGS: Final = "tocsin.toml"
FILES: Final = (SETTINGS, MAP)


def present(folder: Path) -> list[Path]:
    """Those of the files that are there already."""
    return [folder / name for name in FILES if (folder / name).exists()]


def install(contents: Mapping[str, str], folder: Path) -> None:
    """Write the files beside their places, and put them there once all of them load.

    Raises SettingsError, MappingError or OSError; no file is then half written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tocsin-init-", dir=folder) as aside:
        for name in FILES:
            Path(aside, name).write_text(contents[name], encoding="utf-8")
        mapping.load(Path(aside, MAP))
        settings.load(Path(aside, SETTINGS))
        for name in FILES:
            Path(aside, name).replace(folder / name)


def exchange(content: bytes, file: Path, *, former: Path) -> None:
    """As `replace`; what the file held lies in `former` from then on."""
    shutil.copy2(file.resolve(), former)
    replace(content, file)


def replace(content: bytes, file: Path) -> None:
    """Put other settings in a file's place at once.

    Raises OSError; the file is then as it was.
    """
    place = file.resolve()
    with tempfile.TemporaryDirectory(prefix=".tocsin-rules-", dir=place.parent) as aside:
        fresh = Path(aside, place.name)
        with fresh.open("wb") as into:
            into.write(content)
            into.flush()
            os.fsync(into.fileno())
        shutil.copymode(place, fresh)
        fresh.replace(place)
