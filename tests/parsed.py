"""What the rows of files say, one answer a row, and what one record says."""

from streams.events.columns import End
from streams.events.event import Event, Rejected
from streams.events.parsing import DEFAULTS, Reader
from streams.files import inputs
from streams.files.course import events_of
from streams.settings import Intake, Stream


def parsed(batch: inputs.Batch) -> list[Event | Rejected]:
    """In the order of the rows."""
    events = iter(events_of(batch.stream, batch.answers.columns))
    refused = {at: why for at, why in batch.answers.odd.items() if not isinstance(why, End)}
    return [refused[at] if at in refused else next(events) for at in range(len(batch.answers))]


def parse(stream: Stream, raw: bytes, *, intake: Intake = DEFAULTS) -> Event | Rejected:
    return Reader(stream, intake).raw(raw)
