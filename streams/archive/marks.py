"""What intake said of the records, as columns: one row a chunk."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from streams.archive.columns import Rows, moments
from streams.seen import record as seen

CHUNKS: Final = 1024  # in a file at most

# A chunk that intake wrote twice has two rows; whoever joins takes one.
TYPES: Final = {
    "offset": "BIGINT", "stamp": "TIMESTAMP_MS", "first": "BIGINT", "to": "BIGINT",
    "marks": "UTINYINT[]",
}  # fmt: skip


def rows(records: Sequence[Any]) -> Rows:
    chunks = [seen.decode(record.value) for record in records]
    marks = np.empty(len(chunks), object)
    marks[:] = [np.frombuffer(chunk.marks, np.uint8) for chunk in chunks]
    return {
        "offset": np.array([record.offset for record in records], np.int64),
        "stamp": moments(np.array([record.timestamp for record in records], np.int64)),
        "first": np.array([chunk.first for chunk in chunks], np.int64),
        "to": np.array([chunk.to for chunk in chunks], np.int64),
        "marks": marks,
    }
