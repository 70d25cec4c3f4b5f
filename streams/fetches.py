"""What a fetch brought, a batch of records at a time.

aiokafka takes each record through a generator and copies it into a record of its own, at a tenth
of all that an event costs. It looks at a batch first: at its checksum, and whether it belongs to
a transaction that was aborted. So each batch is shown to it as one that holds a single record, and
that record is the whole batch. What aiokafka's public face lacks is reached here alone.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from aiokafka.consumer.fetcher import FetchResult


class Whole(NamedTuple):
    """The records of a batch, with the offset of the last."""

    offset: int
    records: Sequence[Any]


class _Batch:
    """A batch of records.

    Args:
        batch: aiokafka's.
        least: offset of the first record asked for, which may lie within.
    """

    def __init__(self, batch: Any, least: int) -> None:
        self._batch, self._least = batch, least

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        """The record of a batch that marks a transaction's end."""
        return next(self._batch)

    def __iter__(self) -> Iterator[Whole]:
        records = list(self._batch)
        if self._batch.base_offset < self._least:
            records = [record for record in records if record.offset >= self._least]
        return iter([Whole(records[-1].offset, records)] if records else [])


class _Batches:
    """The batches of an answer, as aiokafka goes through them."""

    def __init__(self, batches: Any, least: int) -> None:
        self._batches, self._least = batches, least

    def has_next(self) -> bool:
        return bool(self._batches.has_next())

    def next_batch(self) -> _Batch:
        return _Batch(self._batches.next_batch(), self._least)


def by_the_batch(fetched: Any) -> None:
    """Let an answer that nothing was taken of yet be taken a batch at a time."""
    if not isinstance(fetched, FetchResult) or not fetched.has_more():
        return
    held = fetched._partition_records  # noqa: SLF001
    if not isinstance(held._records, _Batches):  # noqa: SLF001
        held._records = _Batches(held._records, held.next_fetch_offset)  # noqa: SLF001
        held._consumer_record = _as_it_is  # noqa: SLF001


def records(taken: Sequence[Any]) -> Sequence[Any]:
    """The records of what was taken; what came while it was waited for came one by one."""
    if not isinstance(taken[0], Whole):
        return taken
    return list(chain.from_iterable(whole.records for whole in taken))


def _as_it_is(_: Any, record: Any) -> Any:
    return record
