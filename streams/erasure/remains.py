"""What texts told that go: it stays in other columns of their records, which count as before.

The archive holds what was parsed; category, mood and harm are read from the text each time it is
played. What is read here is read as intake does, and the harm has no column of its own: it stands
where a refusal would, with a rule that says why.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import duckdb
import numpy as np

from streams.archive.columns import ERASED, EVENT, REJECTED
from streams.events import completion
from streams.events.columns import Columns
from streams.settings import Stream

FOUND: Final = "found"  # the table of the records that tell of the person, by their offset
READ: Final = ("category", "sentiment")


def note(
    memory: duckdb.DuckDBPyConnection, scan: str, stream: Stream, offsets: Sequence[int]
) -> None:
    """Make the table FOUND, of records that a scan of one file holds, and of what they told."""
    memory.execute(
        f"CREATE OR REPLACE TABLE {FOUND} AS SELECT unnest(?::BIGINT[]) AS place, "
        "NULL::VARCHAR AS told_category, NULL::VARCHAR AS told_sentiment, "
        "NULL::VARCHAR AS told_harms", [offsets],
    )  # fmt: skip
    if stream == "updates":
        return
    texts = memory.execute(
        f'SELECT place, text, category, sentiment FROM {scan} JOIN {FOUND} ON "offset" = place '
        "WHERE kind = ? AND text IS NOT NULL", [EVENT],
    ).fetchall()  # fmt: skip
    if texts:
        memory.register("told", _told(*zip(*texts, strict=True)))
        memory.execute(
            f"UPDATE {FOUND} SET told_category = category, told_sentiment = sentiment, "
            f"told_harms = nullif(harms, '') FROM told WHERE {FOUND}.place = told.place"
        )
        memory.unregister("told")


def _told(places: Sequence[int], *values: Sequence[Any]) -> dict[str, Any]:
    """What the texts say of each record, as columns."""
    times = np.zeros(len(places), np.int64)
    events = Columns(times, dict(zip(("text", *READ), map(list, values), strict=True)))
    harms: list[list[str]] = [[] for _ in places]
    for one in completion.read(events):
        harms[one.place].append(one.harm)
    return {
        "place": np.array(places, np.int64),
        "harms": np.array(list(map(" ".join, harms)), object),
        **{name: np.array(list(map(str, events[name])), object) for name in READ},
    }


def changes(there: Collection[str]) -> Iterator[str]:
    """Of these columns of a file that is joined to FOUND; what an earlier call left stays."""
    for name in (name for name in READ if name in there):
        yield f"coalesce({name}, told_{name}) AS {name}"
    for name, said in zip(("rejected_field", "rejected_rule"), ERASED, strict=True):
        yield f"CASE WHEN told_harms IS NULL THEN {name} ELSE '{said}' END AS {name}"
    # A refusal says what it refused, which is a text in each of them.
    refused = f"CASE WHEN place IS NOT NULL AND kind = '{REJECTED}' THEN '' ELSE rejected_value END"
    yield f"coalesce(told_harms, {refused}) AS rejected_value"
