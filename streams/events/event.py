"""The wire types of the three streams, and what is true of every parsed event."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal, get_args

from msgspec import Meta, Struct

from streams.configuration import durations
from streams.configuration.sections import Stream

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
EARLIEST: Final = 946_684_800_000  # ms; before the year 2000 lie unset clocks, not complaints
LATEST: Final = 253_402_300_799_999  # ms; the end of the year 9999

TOPICS: dict[Stream, str] = {
    "complaints": "complaints",
    "mentions": "mentions",
    "updates": "complaint-updates",
}

Demand = Literal["compensation", "explanation", "improvement", "emotional"]
Severity = Literal["safety", "leak", "regulated", "normal"]
Mood = Literal["negative", "neutral", "positive"]
Step = Literal[
    "accepted",
    "assessed",
    "plan_offered",
    "resolved",
    "called_back",
    "paused",
    "resumed",
    "reopened",
]

WORDS: Final = {  # of the fields that have few
    "demand": frozenset(get_args(Demand)),
    "severity": frozenset(get_args(Severity)),
    "sentiment": frozenset(get_args(Mood)),
    "step": frozenset(get_args(Step)),
}
COUNTS: Final = frozenset({"followers", "engagement"})  # the fields that are whole numbers
NAME: Final = 200  # characters
ADDRESS: Final = 2000

Name = Annotated[str, Meta(max_length=NAME)]
Identity = Annotated[str, Meta(min_length=1, max_length=NAME)]
Count = Annotated[int, Meta(ge=0, le=10**12)]

# A checker sees what a parsed event holds; msgspec, and the published schema, what the wire may.
if TYPE_CHECKING:
    Time = int
    Sentiment = Mood
else:
    Time = Annotated[
        str | Annotated[int, Meta(ge=0, le=LATEST)] | Annotated[float, Meta(ge=0, le=LATEST)],
        Meta(description="ISO 8601 with a zone, or epoch seconds; above 1e11 milliseconds"),
    ]
    Sentiment = Annotated[
        Mood | Annotated[float, Meta(ge=-1, le=1)],
        Meta(description="The word, or a number: up to -0.05 negative, from 0.05 positive"),
    ]


class Complaint(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One complaint. Parsed, `time` is epoch milliseconds; what is absent or blank is None."""

    id: Identity
    time: Time
    channel: Name | None = None
    person: Name | None = None
    vip: bool | None = None
    product: Name | None = None
    batch: Name | None = None
    region: Name | None = None
    category: Name | None = None
    demand: Demand | None = None
    severity: Severity | None = None
    sentiment: Sentiment | None = None
    text: str | None = None


class Mention(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One post about the brand; `repost_of` is the post it repeats, `root` the first of them."""

    id: Identity
    time: Time
    platform: Name | None = None
    author: Name | None = None
    followers: Count | None = None
    repost_of: Name | None = None
    root: Name | None = None
    engagement: Count | None = None
    product: Name | None = None
    region: Name | None = None
    category: Name | None = None
    sentiment: Sentiment | None = None
    text: str | None = None
    link: Annotated[str, Meta(max_length=ADDRESS)] | None = None


class Update(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A step in a complaint's life; `complaint` is its id, `score` the caller's, 0 to 10."""

    id: Identity
    time: Time
    complaint: Identity
    step: Step
    score: Annotated[float, Meta(ge=0, le=10)] | None = None
    note: str | None = None


Event = Complaint | Mention | Update


class Rejected(Struct, frozen=True, gc=False):
    """Why a record is no event: `field` is "event" where no single field is to blame."""

    field: str
    value: str
    rule: str


def too_early(time: int, *, future_ms: int) -> Rejected:
    """What is said of an event that lies more than `future_ms` ahead of its record."""
    limit = durations.text(future_ms * MILLISECOND)
    return Rejected("time", iso(time), f"must be at most {limit} after its record's timestamp")


def moment(milliseconds: int) -> datetime:
    return EPOCH + milliseconds * MILLISECOND


def milliseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MILLISECOND


def iso(milliseconds: int) -> str:
    return moment(milliseconds).isoformat(timespec="milliseconds")
