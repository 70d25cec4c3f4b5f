"""The sections of the settings: their options, defaults and rules."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FilePath,
    SecretStr,
    field_validator,
    model_validator,
)

from alerts.catalogue import Language
from alerts.signal import Kind
from streams.configuration.durations import Duration, Span
from streams.configuration.methods import Method, unmet
from streams.configuration.rules import (
    Addresses,
    ArchiveAddress,
    Host,
    Name,
    Port,
    Positive,
    Prefix,
    SecretFile,
    ShownAddress,
    Zone,
    with_secret,
)

Stream = Literal["complaints", "mentions", "updates"]
Key = Literal["person", "id", "root"]  # the part of an event that its record is keyed by

# What events of a stream may be counted by; "source" is the topic they came from.
SHARED = frozenset({"product", "region", "category", "sentiment", "source"})
DIMENSIONS: Mapping[str, frozenset[str]] = {
    "complaints": SHARED | {"channel", "batch", "demand", "severity"},
    "mentions": SHARED | {"platform"},
    "updates": frozenset(),
}
Counted = tuple[str, frozenset[str], frozenset[tuple[str, str]]]
BUCKET = timedelta(hours=1)  # what is judged as one
MINUTES = BUCKET // timedelta(minutes=1)


class Section(BaseModel):
    """A secret option may stand in a file of its own, which is named by the option NAME_file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _read_secrets(cls, section: object) -> object:
        for name in cls.model_fields:
            if f"{name}_file" in cls.model_fields:
                section = with_secret(section, name)
        return section


class Kafka(Section):
    """Where the broker is and how to prove who we are; empty `bootstrap`: the local broker."""

    bootstrap: Addresses = ""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str = ""
    sasl_password: SecretStr | None = None
    sasl_password_file: SecretFile = None
    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: SecretFile = None
    replication: Positive = 1
    group_prefix: Name = "tocsin"
    topic_prefix: Prefix = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        named = self.sasl_username and self.sasl_password
        if self.security_protocol.startswith("SASL") and not named:
            raise ValueError(
                f"{self.security_protocol} needs sasl_username and "
                "sasl_password (or sasl_password_file)"
            )
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file must be set together")
        return self


# What a partition must hold all records of, so that people, and posts with their copies, are exact.
EXACT: Mapping[str, Key] = {"complaints": "person", "mentions": "root"}
MOST_REKEYED = 64  # partitions: what is noted of each goes into a commit, which holds 4 KB


class Source(Section):
    """One topic that events come in on."""

    topic: Name
    stream: Stream
    key: Literal[Key, "none"]
    map: FilePath | None = None
    lateness: Duration = timedelta(minutes=15)
    clock: Literal["event", "arrival"] = "event"
    future: Duration = timedelta(minutes=10)
    silence: bool = True
    partitions: Positive = 4
    rekey: bool = False

    @property
    def rekeyed(self) -> bool:
        """Whether its records go through a topic of ours, keyed as exact counts need it."""
        return self.rekey and self.key != EXACT[self.stream]

    @property
    def counted_by(self) -> str:
        """What the records are keyed by that are counted."""
        return EXACT[self.stream] if self.rekeyed else self.key

    @model_validator(mode="after")
    def _key_of_stream(self) -> Self:
        if self.key == "root" and self.stream != "mentions":
            raise ValueError(f'key "root" must go with stream "mentions", got "{self.stream}"')
        return self

    @model_validator(mode="after")
    def _rekeyed_within_bounds(self) -> Self:
        if self.rekey and self.stream not in EXACT:
            raise ValueError(f"rekey must go with stream {' or '.join(EXACT)}, got {self.stream}")
        if self.rekeyed and self.partitions > MOST_REKEYED:
            raise ValueError(
                f"partitions must be at most {MOST_REKEYED} with rekey, got {self.partitions}"
            )
        return self


class Cut(Section):
    """One way of counting: a series for each combination of the fields in `by`."""

    stream: Stream
    by: Annotated[tuple[str, ...], Field(min_length=1)]
    where: dict[str, str] = {}
    family: str | None = None
    group: str | None = None
    methods: tuple[Method, ...] = ("surge",)

    @model_validator(mode="after")
    def _fields_known(self) -> Self:
        known = DIMENSIONS[self.stream]
        for field in (*self.by, *self.where, *filter(None, [self.group])):
            if field not in known:
                raise ValueError(
                    f"fields of {self.stream} must be of {sorted(known)}, got {field!r}"
                )
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.by)) < len(self.by):
            raise ValueError(f"by must name a field once, got {list(self.by)}")
        if self.family is not None and self.family not in self.by:
            raise ValueError(f"family must be one of by {list(self.by)}, got {self.family!r}")
        if both := set(self.by) & set(self.where):
            raise ValueError(f"where must not fix a field of by, got {sorted(both)}")
        return self

    @model_validator(mode="after")
    def _fits_its_methods(self) -> Self:
        if asked := next(unmet(self), None):
            raise ValueError(asked)
        return self

    @property
    def name(self) -> str:
        """Unique within its stream: "region,category" or "product[sentiment=negative]"."""
        fixed = ",".join(f"{field}={value}" for field, value in sorted(self.where.items()))
        return ",".join(self.by) + (f"[{fixed}]" if fixed else "")

    @property
    def counted(self) -> Counted:
        """What it counts; two cuts that agree in this count the same thing twice."""
        return self.stream, frozenset(self.by), frozenset(self.where.items())

    def beside(self, cuts: Sequence["Cut"], *by: str, family: str | None) -> int | None:
        """The place of the cut that parts the same by these fields, in shards of this family."""
        wanted = self.stream, frozenset(by), frozenset(self.where.items())
        alike = (n for n, cut in enumerate(cuts) if (cut.counted, cut.family) == (wanted, family))
        return next(alike, None)

    @property
    def whole(self) -> Counted:
        """The cut that this one counts a part of."""
        return self.stream, frozenset(self.by), frozenset()

    @property
    def unknown(self) -> Counted:
        """The cut of what is unknown of that whole in the field that this one fixes."""
        fixed = frozenset((field, UNKNOWN["sentiment"]) for field in self.where)
        return self.stream, frozenset(self.by), fixed


BUDGETED = tuple(kind for kind in Kind if kind.budgeted)
"""Kinds that may alarm by chance, and so have a part of the budget."""
LEAST_TIMES, MOST_TIMES = 0.01, 1e6  # of what the budget asks for


class Detection(Section):
    """How much alarm is wanted, over what time, by how many workers."""

    false_alarms_per_week: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    series: Positive = 1000
    thresholds: dict[Kind, Annotated[float, Field(ge=LEAST_TIMES, le=MOST_TIMES)]] = {}
    zone: Zone = "UTC"
    shards: Annotated[int, Field(ge=1, le=1024)] = 4
    snapshot_every: Positive = 2000
    trim_every: Span = timedelta(minutes=1)
    max_series: Positive = 200_000
    retire_after: Annotated[int, Field(ge=0, le=520)] = 26  # weeks; 0: never
    repeat_horizon: Span = timedelta(days=7)
    repost_horizon: Span = timedelta(days=7)
    max_posts: Annotated[int, Field(ge=1, le=1 << 24)] = 1 << 16

    @field_validator("thresholds")
    @classmethod
    def _of_chance(cls, thresholds: dict[Kind, float]) -> dict[Kind, float]:
        """What has no chance of a false alarm has no threshold either."""
        if other := [kind for kind in thresholds if kind not in BUDGETED]:
            known = ", ".join(sorted(BUDGETED))
            raise ValueError(f"must be of methods with a budget ({known}), got {other[0].value!r}")
        return thresholds

    def remembered(self, stream: Stream) -> timedelta:
        """How far back what was seen of a stream is asked for."""
        if stream != "mentions":
            return self.repeat_horizon
        return max(self.repeat_horizon, self.repost_horizon)


class Intake(Section):
    """How the log is cut into chunks, and how large an event may be."""

    idle_after: Span = timedelta(seconds=10)
    chunk_records: Annotated[int, Field(ge=1, le=1 << 14)] = 1 << 14  # what it has seen: 3 MB
    chunk_span: Span = timedelta(seconds=10)
    max_text: Positive = 20_000
    max_event_bytes: Annotated[int, Field(ge=1024, le=2 << 20)] = 1 << 20


class Response(Section):
    """How often response looks at the clock, and how its messages read; empty `pages`: no link."""

    tick: Span = timedelta(seconds=1)
    inputs_kept: Span = timedelta(days=7)
    language: Language = "en"
    pages: ShownAddress = ""


class Archive(Section):
    """Where the inputs are kept as Parquet, in how large files, for how long; None: for ever."""

    url: ArchiveAddress = ""
    endpoint: ShownAddress = ""
    file_records: Positive = 32_768
    rewrite_every: Span = timedelta(seconds=2)
    retention: Annotated[Span, Field(ge=timedelta(days=1))] | None = None

    @model_validator(mode="after")
    def _endpoint_of_a_bucket(self) -> Self:
        if self.endpoint and not self.url.startswith("s3://"):
            raise ValueError(f"endpoint must go with a url of s3://, got {self.url!r}")
        return self


class Tables(Section):
    """Reference tables, each a CSV file; without one its questions have no answer.

    Without one of regions the provinces of China are known, by their names in a language.
    """

    batches: FilePath | None = None
    regions: FilePath | None = None
    provinces: Literal["en", "zh", "off"] = "en"


class Operations(Section):
    """Where each role serves its metrics and health; port 0: nowhere."""

    host: Host = "127.0.0.1"
    intake_port: Port = 9464
    detection_port: Port = 9465
    response_port: Port = 9466
    archive_port: Port = 9467

    @model_validator(mode="after")
    def _ports_apart(self) -> Self:
        ports = [port for name, port in self if name != "host" and port]
        if len(set(ports)) < len(ports):
            raise ValueError(f"ports of two roles must differ, got {sorted(ports)}")
        return self

    def port(self, role: str) -> int:
        port: int = getattr(self, f"{role}_port")
        return port

    def metrics(self, role: str) -> str:
        """The address at which the role tells them."""
        return f"{url(self.host, self.port(role))}metrics"


class Serve(Section):
    """The web pages; without a token one is made at each start and printed."""

    host: Host = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8470
    token: SecretStr | None = None
    token_file: SecretFile = None

    @field_validator("token")
    @classmethod
    def _hard_to_guess(cls, token: SecretStr | None) -> SecretStr | None:
        written = token.get_secret_value() if token else ""
        if token and not (len(written) >= 16 and written.isascii() and written.isprintable()):
            raise ValueError("must be at least 16 printable ASCII characters")
        return token


SOURCES = (
    Source(topic="complaints", stream="complaints", key="person"),
    Source(topic="mentions", stream="mentions", key="root"),
    Source(topic="complaint-updates", stream="updates", key="id"),
)
NEGATIVE, UNKNOWN = {"sentiment": "negative"}, {"sentiment": "unknown"}
SLOW: tuple[Method, ...] = ("surge", "weekly", "drift")
BUSY: tuple[Method, ...] = ("surge", "burst")
FIRST: tuple[Method, ...] = ("surge", "novelty")
UNITS: tuple[Method, ...] = ("surge", "batches")
CUTS = (
    Cut(stream="complaints", by=("category",), methods=SLOW),
    Cut(stream="complaints", by=("region",), methods=(*SLOW, "spatial")),
    Cut(stream="complaints", by=("product",), methods=SLOW),
    Cut(stream="complaints", by=("region", "category"), family="region", group="category"),
    Cut(
        stream="complaints",
        by=("product", "category"),
        family="product",
        group="category",
        methods=FIRST,
    ),
    Cut(stream="complaints", by=("product", "batch"), family="product", methods=UNITS),
    Cut(stream="mentions", by=("product",), methods=BUSY),
    Cut(stream="mentions", by=("product",), where=NEGATIVE, methods=(*BUSY, "share")),
    Cut(stream="mentions", by=("product",), where=UNKNOWN, methods=()),  # neither of the share
    Cut(stream="mentions", by=("region", "category"), where=NEGATIVE, family="region"),
)

# Counted for the silence of the channels in a source, whatever the settings cut.
CHANNELS: Mapping[str, Cut] = {
    "complaints": Cut(stream="complaints", by=("channel",)),
    "mentions": Cut(stream="mentions", by=("platform",)),
}


def url(host: str, port: int) -> str:
    """The address of what is served there; that of IPv6 stands in brackets."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def counted(cuts: Iterable[Cut], stream: str) -> list[Cut]:
    """What is counted of a stream: the cuts that are judged, then its channels."""
    wanted = [cut for cut in cuts if cut.stream == stream]
    return [*wanted, CHANNELS[stream]] if stream in CHANNELS else wanted
