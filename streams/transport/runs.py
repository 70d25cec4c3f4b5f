"""What the chunk transport hands over: runs of records, and where a reading of them begins.

Nothing here reads from a broker, so what a stage makes of runs can be shown without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

ANEW = "the topic was made anew, so its consumer group needs a new start too"


class LogTruncatedError(Exception):
    """What was read or committed is not of this log: the topic was made anew."""


class LostRunError(Exception):
    """A run of records did not reach the stage."""


class Begin(NamedTuple):
    """Where the reading of a partition starts, at an assignment or after one.

    Attributes:
        committed: the offset committed, None where there is none.
        note: what was declared with it.
        earliest: the first offset the log still holds.
        topic_id: the broker's own name of the topic, another one once it is made anew.
    """

    committed: int | None
    note: str
    earliest: int
    topic_id: str = ""

    @property
    def lost(self) -> int:
        """Records that were due and that the log no longer holds."""
        return max(self.earliest - (self.committed or 0), 0)

    @property
    def first(self) -> int:
        """No record below it will be read."""
        return max(self.committed or 0, self.earliest)

    def start(self, reads_from: int | None = None) -> int:
        """Where to read from: the log's first where nothing is committed, else at most there."""
        if not self.committed:
            return self.earliest
        return self.committed if reads_from is None else min(reads_from, self.committed)


class Held(Protocol):
    """What a stage holds of a partition; `runs` of its reading were taken."""

    runs: int


H = TypeVar("H", bound=Held)


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive records of one partition, as they were fetched.

    Attributes:
        topic: the partition's topic.
        partition: its number.
        records: at least one; each with `offset`, `timestamp` (ms), `value` and `headers`.
        begin: set on the first run of a reading; what was held of the partition is void then.
        number: counts the runs of a reading from 0, so that a run lost on the way shows.
        follows: one past the last record of the run before, 0 in the first.
        reading: which of the consumer's readings it is of, counted from 1.
    """

    topic: str
    partition: int
    records: Sequence[Any]
    begin: Begin | None
    number: int
    follows: int = 0
    reading: int = 0

    def __str__(self) -> str:
        return f"{self._place} {self.records[0].offset} to {self.records[-1].offset}"

    @property
    def _place(self) -> str:
        return f"{self.topic}[{self.partition}]"

    def require_number(self, expected: int | None) -> None:
        """Raise LostRunError where a run was lost on the way; None: no reading has begun."""
        if self.number != expected:
            before = (expected or 0) - 1
            raise LostRunError(f"{self}: run {self.number} does not follow run {before}")

    def following(self, held: H | None) -> H:
        """What is held of its partition, with the run counted; raise as `require_number`."""
        self.require_number(None if held is None else held.runs)
        assert held is not None
        held.runs += 1
        return held

    def require_order(self) -> None:
        """Raise LogTruncatedError where the log goes back: clients start such a log over."""
        if (first := self.records[0].offset) < self.follows:
            raise LogTruncatedError(
                f"{self._place}: after the record {self.follows - 1} comes {first}; {ANEW}"
            )

    @property
    def tp(self) -> TP:
        return TP(self.topic, self.partition)


def begun(
    tp: TP, commit: OffsetAndMetadata | None, earliest: int, end: int, topic_id: str
) -> Begin:
    """Where a reading begins; raises LogTruncatedError where the commit is of another log."""
    if commit is None:
        return Begin(None, "", earliest, topic_id)
    if commit.offset > end:
        raise LogTruncatedError(
            f"{tp.topic}[{tp.partition}]: the commit {commit.offset} is above the log's end {end}; "
            f"{ANEW}"
        )
    before, note = said(commit.metadata)
    if of_another(commit.metadata, topic_id):
        raise LogTruncatedError(
            f"{tp.topic}[{tp.partition}]: the commit {commit.offset} is of the topic {before}, "
            f"this one is {topic_id}; {ANEW}"
        )
    return Begin(commit.offset, note, earliest, topic_id)


def noted(topic_id: str, note: str) -> str:
    """What a commit says: of which log it is, and the stage's own note."""
    return f"{topic_id} {note}"


def of_another(metadata: str, topic_id: str) -> bool:
    """Whether a commit is of another topic than this one, as far as both are known."""
    before, _ = said(metadata)
    return bool(before and topic_id) and before != topic_id


def said(metadata: str) -> tuple[str, str]:
    """The topic's id, empty where it was not written, and the note."""
    topic_id, space, note = metadata.partition(" ")
    return (topic_id, note) if space else ("", metadata)
