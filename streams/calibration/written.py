"""Thresholds written down: as an option of the settings, and into the settings file itself."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from streams import settings
from streams.settings import SettingsError

SECTION: Final = "[detection]"
CRLF: Final = "\r\n"
SET: Final = re.compile(r"^[ \t]*thresholds[ \t]*=[ \t]*\{[^}\n]*\}", re.MULTILINE)
HEADER: Final = re.compile(r"^[ \t]*\[detection\][ \t]*(#[^\n]*)?$", re.MULTILINE)


def option(times: Mapping[str, float]) -> str:
    """The line that sets them, below `SECTION`."""
    fields = ", ".join(f"{method} = {factor!r}" for method, factor in times.items())
    return f"thresholds = {{ {fields} }}" if fields else "thresholds = {}"


def content(file: Path, times: Mapping[str, float]) -> bytes:
    """The file with them set; all else in it stays as it is, comments included.

    Raises:
        SettingsError: for a file that is not of settings, or where they stand in another form.
        OSError: for one that cannot be read.
    """
    settings.load(file)
    held = file.read_bytes().decode()
    before = held.replace(CRLF, "\n")
    after = _with(before, option(times))
    wanted = tomllib.loads(before)
    wanted.setdefault("detection", {})["thresholds"] = dict(times)
    if _read(after) != wanted:
        raise SettingsError(
            f"{file}: detection.thresholds must be in one line below {SECTION} to be replaced; "
            f"write there: {option(times)}"
        )
    return (after.replace("\n", CRLF) if CRLF in held else after).encode()


def _with(text: str, line: str) -> str:
    """In the place of the one that is there, else first in its section, else in a new one."""
    if SET.search(text):
        return SET.sub(line, text, count=1)
    if HEADER.search(text):
        return HEADER.sub(lambda found: f"{found[0]}\n{line}", text, count=1)
    return f"{text.rstrip()}\n\n{SECTION}\n{line}\n".lstrip()


def _read(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
