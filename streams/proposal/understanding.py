"""How much of a column the real parser understands, were it read as proposed."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from streams.configuration.sections import Stream
from streams.events.event import EARLIEST, Rejected
from streams.events.parsing import Reader
from streams.events.translation import TIMES, Column, Translation
from streams.proposal.sample import Profile

EXAMPLES: Final = 3
CLOCK: Final = "\0"  # a column with a sound time, which no sample has


class Understood(NamedTuple):
    """What of the filled values becomes a value of the field, or is known to say nothing.

    `examples` are the most frequent of them, `lost` is the most frequent of the others.
    """

    share: float
    examples: Sequence[str]
    lost: str | None

    @property
    def percent(self) -> float:
        """Cut to one digit: never 100 where something is lost."""
        return int(self.share * 1000) / 10


def understood(
    field: str, column: Column, profile: Profile, stream: Stream, zone: ZoneInfo
) -> Understood:
    """Each different value is read once, and counted as often as it occurs."""
    reads = _reads(field, column, stream, zone)
    frequent = [value for value, _ in profile.values.most_common()]
    read = {value for value in frequent if reads(profile.raws[value])}
    examples = [value for value in frequent if value in read] or frequent
    lost = next((value for value in frequent if value not in read), None)
    return Understood(profile.share(read), examples[:EXAMPLES], lost)


def _reads(field: str, column: Column, stream: Stream, zone: ZoneInfo) -> Callable[[Any], bool]:
    if field in TIMES:
        times = {"time": column, "received": column}
        dated = Translation(Reader(stream), times, {}, zone)
        return lambda raw: dated.received({column.column: raw}) is not None
    columns = {"time": Column(CLOCK), field: column}
    translation = Translation(Reader(stream), columns, {}, zone)

    def reads(raw: Any) -> bool:
        event = translation.row({CLOCK: EARLIEST, column.column: raw}, id=CLOCK)
        empty = column.values.get(str(raw)) == ""
        return not isinstance(event, Rejected) and (empty or getattr(event, field) is not None)

    return reads
