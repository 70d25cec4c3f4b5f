"""Files of settings, written only where they are sound."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from streams import mapping, settings
from streams.proposal.written import MAP

SETTINGS: Final = "tocsin.toml"
FILES: Final = (SETTINGS, MAP)


def present(folder: Path) -> list[Path]:
    """Those of the files that are there already."""
    return [folder / name for name in FILES if (folder / name).exists()]


def install(contents: Mapping[str, str], folder: Path) -> None:
    """Write the files, all of them after all of them were found to load.

    Raises SettingsError, MappingError or OSError; what was there before is then still there.
    """
    with tempfile.TemporaryDirectory(prefix="tocsin-init-") as aside:
        _write(contents, Path(aside))
        mapping.load(Path(aside, MAP))
        settings.load(Path(aside, SETTINGS))
    folder.mkdir(parents=True, exist_ok=True)
    _write(contents, folder)


def _write(contents: Mapping[str, str], folder: Path) -> None:
    for name in FILES:
        (folder / name).write_text(contents[name], encoding="utf-8")
