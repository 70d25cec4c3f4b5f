"""How each stream's JSON is read, and what makes an event need no tidying."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from streams.events import Complaint, Event, Mention, Update
from streams.settings import Stream

Known = AbstractSet[str | None]


@dataclass(frozen=True, slots=True)
class Form:
    """How one stream is read.

    Attributes:
        kind: the wire type.
        decode: its JSON decoder.
        keys: fields whose values name series.
        loose: identities and texts, which are kept as they are unless blank.
        tidy: whether an event's keys are all known, and its loose fields neither blank nor long.
    """

    kind: type[Event]
    decode: Callable[[bytes], Event]
    keys: tuple[str, ...]
    loose: tuple[str, ...]
    tidy: Callable[[Any, Known, int], bool]


# Written out by hand: through attrgetter and a loop these take twice as long.
def _tidy_complaint(event: Complaint, known: Known, longest: int) -> bool:
    return (
        event.channel in known
        and event.product in known
        and event.batch in known
        and event.region in known
        and event.category in known
        and not event.id.isspace()
        and (event.person is None or bool(event.person.strip()))
        and (event.text is None or (len(event.text) <= longest and bool(event.text.strip())))
    )


def _tidy_mention(event: Mention, known: Known, longest: int) -> bool:
    return (
        event.platform in known
        and event.product in known
        and event.region in known
        and event.category in known
        and not event.id.isspace()
        and (event.author is None or bool(event.author.strip()))
        and (event.repost_of is None or bool(event.repost_of.strip()))
        and (event.root is None or bool(event.root.strip()))
        and (event.link is None or bool(event.link.strip()))
        and (event.text is None or (len(event.text) <= longest and bool(event.text.strip())))
    )


def _tidy_update(event: Update, _: Known, longest: int) -> bool:
    return (
        not event.id.isspace()
        and not event.complaint.isspace()
        and (event.note is None or (len(event.note) <= longest and bool(event.note.strip())))
    )


FORMS: Final[dict[Stream, Form]] = {
    "complaints": Form(
        kind=Complaint,
        decode=msgspec.json.Decoder(Complaint).decode,
        keys=("channel", "product", "batch", "region", "category"),
        loose=("id", "person", "text"),
        tidy=_tidy_complaint,
    ),
    "mentions": Form(
        kind=Mention,
        decode=msgspec.json.Decoder(Mention).decode,
        keys=("platform", "product", "region", "category"),
        loose=("id", "author", "repost_of", "root", "text", "link"),
        tidy=_tidy_mention,
    ),
    "updates": Form(
        kind=Update,
        decode=msgspec.json.Decoder(Update).decode,
        keys=(),
        loose=("id", "complaint", "note"),
        tidy=_tidy_update,
    ),
}
