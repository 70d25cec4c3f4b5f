"""Who changed the rules, when, and why: a record that only grows, in the home of the settings."""

import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec

from alerts.signal import Instant, Scope
from streams.rulesets.acceptance import Loss
from streams.rulesets.effect import Effect
from streams.settings import Settings

NAME: Final = "rules.jsonl"


class RecordError(Exception):
    """A record of decisions that cannot be read; one line."""


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


def edition(settings: Settings, content: bytes) -> Edition:
    return Edition(settings.version, hashlib.blake2b(content, digest_size=6).hexdigest())


def note(home: Path, decision: Decision) -> Path:
    """Add to the record, on to the disk; returns its file. Raises OSError."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / NAME
    with path.open("ab") as file:
        file.write(msgspec.json.encode(decision) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return path


def last(home: Path) -> Decision | None:
    """The newest one; None where none was made. Raises RecordError, OSError."""
    path = home / NAME
    lines = path.read_bytes().splitlines() if path.exists() else []
    if not lines:
        return None
    try:
        return msgspec.json.decode(lines[-1], type=Decision)
    except msgspec.DecodeError as error:
        raise RecordError(f"{path}: line {len(lines)} must be a decision: {error}") from None
