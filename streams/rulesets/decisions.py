"""Who changed the rules, when, and why: a record that only grows, in the home of the settings."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from alerts.signal import Instant, Scope
from streams.rulesets.acceptance import Loss
from streams.rulesets.effect import Effect
from streams.settings import Settings

NAME: Final = "rules.jsonl"


class Edition(msgspec.Struct, frozen=True):
    """Settings as they were: `version` is that of what is counted, `digest` that of the file."""

    version: str
    digest: str


class Forgone(msgspec.Struct, frozen=True, kw_only=True):
    """An incident marked as real that the new rules lose, and when the old ones called it."""

    incident: str
    scope: Scope
    called: Instant
    why: Loss


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One change; `file` is what was replaced, `former` where it lies now."""

    at: Instant
    who: str
    file: str
    former: str
    before: Edition
    after: Edition
    effect: Effect
    lost: tuple[Forgone, ...] = ()
    reason: str = ""


class Newest(NamedTuple):
    """The newest decision, and the numbers of lines after it that are none, as a crash leaves."""

    decision: Decision | None
    broken: Sequence[int]


def edition(settings: Settings, content: bytes) -> Edition:
    return Edition(settings.version, hashlib.blake2b(content, digest_size=6).hexdigest())


def note(home: Path, decision: Decision) -> Path:
    """Add to the record, on to the disk; returns its file. Raises OSError.

    What a crash cut off stays a line of its own.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / NAME
    line = msgspec.json.encode(decision) + b"\n"
    with path.open("ab+") as file:
        file.seek(max(file.tell() - 1, 0))
        whole = file.read() in (b"", b"\n")
        file.write(line if whole else b"\n" + line)
        file.flush()
        os.fsync(file.fileno())
    return path


def last(home: Path) -> Newest:
    """The newest one; none where none was made. Raises OSError."""
    path, broken = home / NAME, list[int]()
    lines = path.read_bytes().splitlines() if path.exists() else []
    for number in range(len(lines), 0, -1):
        try:
            return Newest(msgspec.json.decode(lines[number - 1], type=Decision), broken)
        except msgspec.DecodeError:
            broken.insert(0, number)
    return Newest(None, broken)
