"""A change of the settings file that is in force: read, decided on, recorded and made."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from streams import settings
from streams.proposal import installing
from streams.rulesets import decisions
from streams.rulesets.acceptance import Lost, Verdict
from streams.rulesets.decisions import Decision, Forgone
from streams.rulesets.effect import effect
from streams.settings import Settings


class ChangeError(Exception):
    """A change that is not made; a line for each reason."""


class Change(NamedTuple):
    """A file that is to have another content, and what both mean."""

    file: Path
    held: bytes
    content: bytes
    old: Settings
    new: Settings


def read(file: Path | None, new: Path) -> Change:
    """What the file in force, or the one named, is to be; paths are seen from where it lies.

    Raises ChangeError, SettingsError, OSError.
    """
    target = settings.file(file)
    if target is None:
        raise ChangeError("no settings file is in force: name one with --settings")
    held, content = target.read_bytes(), new.read_bytes()
    if held == content:
        raise ChangeError(f"{new}: must differ from {target}, which is in force")
    fresh = settings.load(new, folder=target.absolute().parent)
    return Change(target, held, content, settings.load(target), fresh)


def decide(change: Change, verdict: Verdict, *, at: datetime, who: str, reason: str) -> Decision:
    """As it is recorded."""
    before = decisions.edition(change.old, change.held)
    file = change.file.resolve()
    return Decision(
        at=at, who=who, reason=reason, effect=effect(change.old, change.new), file=str(file),
        former=str(file.with_name(f"{file.stem}.{before.digest}{file.suffix}")),
        before=before, after=decisions.edition(change.new, change.content),
        lost=tuple(_forgone(one) for one in verdict.lost),
    )  # fmt: skip


def make(change: Change, decision: Decision) -> Path:
    """Record it, then exchange the file; returns the record.

    Raises OSError. A record without a change may stay, never a change without a record.
    """
    record = decisions.note(change.new.home, decision)
    installing.exchange(change.content, change.file, former=Path(decision.former))
    return record


def _forgone(lost: Lost) -> Forgone:
    line = lost.called.line
    return Forgone(incident=line.id, scope=line.about, called=line.opened, why=lost.why)
