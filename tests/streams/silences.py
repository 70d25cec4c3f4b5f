"""Seventeen days of complaints in which some matters fall silent, and what judges know of each."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, partial
from typing import Any, NamedTuple

import msgspec
import numpy as np

from alerts.signal import Signal
from streams.configuration.declared import Calendar, KnownEvent
from streams.configuration.limits import Rule
from streams.configuration.sections import Cut, Detection
from streams.counts.cells import SEPARATOR, Counts
from streams.detection.batches import Batch, Batches
from streams.detection.judges.batches import BatchJudge
from streams.detection.judges.bench import MAKERS, Makers
from streams.detection.judges.judge import Judge, Seat
from streams.detection.judges.spatial import spatial_judge
from streams.detection.packing import freeze, thaw
from streams.detection.series import UNBORN, Key
from streams.detection.snapshots import Frozen
from streams.detection.stream import Stream
from streams.events.event import Complaint
from streams.settings import Settings
from tests.streams.counts import emitted, merged, parted, records
from tests.streams.fleets import SHIPPED
from tests.streams.logs import DAY, HOUR, START, complaint, settings

WEEK, DAYS = 168, 17
ENDS = START + 2 * WEEK * HOUR
"""When those are retired who had nobody in the second of two weeks."""
INCIDENT, BACK = 15 * 24 + 8, 16 * 24
CUTS = (
    Cut(stream="complaints", by=("category",), methods=("surge", "weekly", "drift", "burst")),
    Cut(stream="complaints", by=("product",), methods=("surge", "burst")),
    Cut(stream="complaints", by=("product", "category"), family="product", group="category"),
    Cut(
        stream="complaints", by=("product", "batch"), family="product",
        methods=("surge", "batches"),
    ),
    Cut(stream="complaints", by=("product", "batch", "category"), family="product", methods=()),
    Cut(stream="complaints", by=("region",), methods=("surge", "spatial")),
    Cut(
        stream="complaints", by=("category",), where={"sentiment": "negative"},
        methods=("surge", "share"),
    ),
    Cut(stream="complaints", by=("category",), where={"sentiment": "unknown"}, methods=()),
)  # fmt: skip
RULES = (
    Rule.model_validate(
        {
            "name": "half of them", "stream": "complaints", "by": ("category",), "people": 2,
            "where": {"sentiment": "negative"}, "within": "3h", "share": 0.5, "of": {},
        }
    ),
    Rule.model_validate(
        {
            "name": "twice", "stream": "complaints", "by": ("product",), "people": 4,
            "within": "6h", "times": 2.0, "than": "1d",
        }
    ),
)  # fmt: skip


SALE = KnownEvent(
    name="sale", since=date(2024, 1, 13), until=date(2024, 1, 16), uplift=1.5,
    scope={"product": "iron"},
)  # fmt: skip
"""Known beforehand; those whom it concerns are among those that move."""


class Matter(NamedTuple):
    """What comes in hours from `since` to before `until`, so many in each."""

    product: str
    batch: str
    category: str
    region: str
    rate: float = 0.4
    since: int = 0
    until: int = DAYS * 24

    @property
    def values(self) -> set[str]:
        return {self.product, self.batch, self.category, self.region}


STAY = (
    Matter("kettle", "k1", "billing", "Beijing"),
    Matter("kettle", "k2", "staff", "河北"),
    Matter("iron", "i1", "billing", "Beijing"),
    Matter("iron", "i2", "staff", "河北"),
    Matter("iron", "i2", "billing", "Fujian", 0.2),
    Matter("iron", "i1", "staff", "Beijing", 6.0, INCIDENT, INCIDENT + 5),
    Matter("fresh", "f1", "billing", "Fujian", 0.5, 15 * 24),
)
GO = (
    Matter("adapter", "a1", "odd", "Gansu", 0.6, 0, 100),
    Matter("kettle", "k0", "billing", "Beijing", 0.4, 0, 160),
    Matter("adapter", "a1", "odd", "Gansu", 4.0, 100, 104),
)
RETURN = (Matter("adapter", "a1", "odd", "Gansu", 5.0, BACK, BACK + 8),)
GONE = {"adapter", "a1", "odd", "k0"}
"""Values whose series are retired; that of a region stays, for its neighbours' sake."""
FEELINGS = ("negative", "neutral", "unknown", "positive")


def plan(*, after: int = 1, partitions: int = 1, shards: int = 1, **detection: Any) -> Settings:
    facts = {"shards": shards, "series": 100, "false_alarms_per_week": 100} | detection
    plain = settings(partitions=partitions, shards=shards, records=64)
    return plain.model_copy(
        update={
            "cuts": CUTS, "rules": RULES, "calendar": Calendar(events=(SALE,)),
            "detection": Detection(retire_after=after, **facts),
        }
    )  # fmt: skip


@cache
def events(*, back: bool = True) -> list[Complaint]:
    chance = np.random.default_rng(26)
    found = [
        (START + hour * HOUR + int(at), matter, FEELINGS[int(chance.integers(4))])
        for matter in (*STAY, *GO, *(RETURN if back else ()))
        for hour in range(matter.since, matter.until)
        for at in chance.integers(HOUR, size=chance.poisson(matter.rate))
    ]
    return [
        complaint(
            n, time, product=matter.product, batch=matter.batch, category=matter.category,
            region=matter.region, sentiment=feeling,
        )
        for n, (time, matter, feeling) in enumerate(sorted(found))
    ]  # fmt: skip


@cache
def logs(*, partitions: int = 1, shards: int = 1) -> list[list[list[Counts]]]:
    """By partition what intake sends, a record for each shard."""
    which = plan(partitions=partitions, shards=shards)
    return [
        emitted(which, records(own, ends=START + DAYS * DAY), n, every=12)
        for n, own in enumerate(parted(which, events()))
    ]


@cache
def log() -> list[Counts]:
    return [counts for (counts,) in merged(logs())]


def stream(which: Settings | None = None, *, shard: int = 0, more: Makers | None = None) -> Stream:
    """With every method but novelty, which knows by name what has gone."""
    makers = {name: make for name, make in MAKERS.items() if name != "novelty"}
    makers |= {"spatial": partial(spatial_judge, young=0), "batches": _batches, **(more or {})}
    return Stream("complaints", which or plan(), shard, makers=makers)


def _batches(seat: Seat) -> Judge:
    names = [("kettle", f"k{n}") for n in range(3)] + [("iron", "i1"), ("iron", "i2")]
    names += [("adapter", "a1"), ("adapter", "a2")]
    return BatchJudge(seat, Batches({name: Batch(None, SHIPPED, 500) for name in names}))


def read(one: Stream, some: Sequence[Counts]) -> list[Signal]:
    return [signal for counts in some for signal in one.apply(counts)]


class Course(NamedTuple):
    """From a day before the second week ends: what a stream says to each record, its snapshots.

    The first snapshot is of before the first record. `last` is what is known in the end.
    """

    records: list[Counts]
    told: list[list[Signal]]
    frozen: list[Frozen]
    last: dict[str, Any]


@cache
def course(after: int) -> Course:
    """Of a stream that never stopped."""
    some, begun = early()
    one = stream(plan(after=after))
    one.restore(thaw(begun))
    later, told, frozen = log()[some:], [], [begun]
    for each in later:
        told.append(list(one.apply(each)))
        frozen.append(freeze(one.snapshot()))
    return Course(later, told, frozen, known(one))


@cache
def early() -> tuple[int, Frozen]:
    """How many records are of before that, and what they leave; nobody can be retired yet."""
    some = sum((counts.watermark or 0) < ENDS - 2 * DAY for counts in log())
    one = stream()
    read(one, log()[:some])
    return some, freeze(one.snapshot())


def gone(named: Any) -> bool:
    """Whether it is the name, or the scope, of what falls silent."""
    values = named.values() if isinstance(named, Mapping) else named
    words = {word for one in values if isinstance(one, str) for word in one.split(SEPARATOR)}
    return not GONE.isdisjoint(words)


def known(one: Stream) -> dict[str, Any]:
    """All that is known of each series, by its name, wherever its place is."""
    judges: Any = one.judges._judges
    lives, groups = one.series.lives, one._groups
    surge = judges["surge"]
    state = surge._state.columns()
    names = ["", *(key[1] for key in groups._places)]
    found: dict[str, Any] = {
        "surge": _columns({**state, **_alarms(surge, lives), "group": None}, lives),
        "borrowed": {key: names[at] for key, at in zip(lives, state["group"], strict=True)},
        "profiles": _columns(
            {**groups._profiles.columns(), **groups._outages.columns()}, [(name,) for name in names]
        ),
        "kin": _alike(lives, one.series.kin.tolist()),
        "left": {lives[life]: True for life in surge.left},
        "trace": dict(_traced(judges["trace"], lives)),
        "faults": _faults(judges["batches"]._faults),
        "batch": dict(zip(
            [row.name for row in judges["batches"]._register.rows],
            [None if life == UNBORN else lives[life] for life in judges["batches"]._register.lives],
            strict=True,
        )),
    }  # fmt: skip
    fleet = judges["batches"]._fleet
    names = [row.name for row in judges["batches"]._register.rows]
    columns = {**fleet._state.columns(), **fleet._shares.columns(), "learnt": fleet.learnt}
    found["fleet"] = _columns({**columns, **_alarms(judges["batches"], names)}, names)
    products = list(dict.fromkeys(name[:2] for name in names))
    found["products"] = _columns({**fleet._fields.columns(), **fleet._priors.columns()}, products)
    for name in ("weekly", "drift"):
        judge = judges[name]
        own = [lives[life] for life in judge._roster.lives]
        columns = {**judge._running.columns(), **_alarms(judge, own)}
        found[name] = _columns(columns, own)
        if judge._verdict is not None:
            found[f"{name} said"] = _columns(
                {"observed": judge._verdict.observed[judge._stood]}, own
            )
        found[f"{name} state"] = _columns(judge._state.columns(), own[: judge._state.size])
    burst = judges["burst"]
    columns = {**burst._state.columns(), **burst._burstiness.columns(),
               **_alarms(burst, burst._ledger.keys), "for": burst._bursty_for}  # fmt: skip
    found["burst"] = _columns(columns, burst._ledger.keys)
    for rule in RULES:
        judge = judges[f"rule {rule.name}"]
        alarms = _alarms(judge, judge._ledger.keys)
        columns = {**judge._state.columns(), **alarms, "wanted": judge._wanted}
        columns |= {"recent": judge._window.recent, "before": judge._window.before}
        found[rule.name] = _columns(columns, judge._ledger.keys)
        whole = [None if at < 0 else judge._ledger.keys[at] for at in judge._whole_of]
        found[f"{rule.name} of"] = dict(zip(judge._ledger.keys, whole, strict=False))
    pairs = judges["share"]._pairs
    alarms = _alarms(judges["share"], pairs._places)
    found["share"] = _columns({**judges["share"]._state.columns(), **alarms}, list(pairs._places))
    trios = [[None if n == UNBORN else lives[n] for n in three] for three in pairs.lives.T]
    found["trios"] = dict(zip(pairs._places, trios, strict=True))
    (drawn,) = judges["spatial"]._maps.values()
    found["map"] = {(name,): None if life == UNBORN else lives[life]
                    for name, life in zip(drawn.names, drawn._lives, strict=True)}  # fmt: skip
    found["concerned"] = {
        key: str(kin.lives[life])
        for kin in one._calendar._kin.values()
        for life, key in enumerate(lives)
    }
    found["zones"] = {("all",): msgspec.to_builtins(_lists(drawn.snapshot()))}
    return found


def _alarms(judge: Any, keys: Collection[Any]) -> dict[str, Any]:
    """Of every place, for nothing is held of one where none stands."""
    return dict(judge._alarms._of(np.arange(len(keys))).columns())


def _columns(columns: Mapping[str, Any], keys: Sequence[Any]) -> dict[Any, Any]:
    """Some grow with the next bucket only."""
    held = {name: array for name, array in columns.items() if array is not None}
    return {
        key: {
            name: array[..., place].tolist()
            for name, array in held.items()
            if place < array.shape[-1]
        }
        for place, key in enumerate(keys)
    }


def _alike(lives: Sequence[Key], kin: Sequence[int]) -> dict[Key, list[Key]]:
    """By series all of its kin but those that fall silent."""
    own: dict[int, list[Key]] = {}
    for key, number in zip(lives, kin, strict=True):
        own.setdefault(number, []).append(key)
    return {key: [one for one in own[number] if not gone(one)]
            for key, number in zip(lives, kin, strict=True)}  # fmt: skip


def _traced(trace: Any, lives: Sequence[Key]) -> Iterator[tuple[Key, Any]]:
    own = [lives[life] for life in trace._roster.lives]
    for hour, held in trace._hours.items():
        for place, expected in zip(own, held.expected.tolist(), strict=False):
            yield Key(place.cut, f"{place.fields}{SEPARATOR}expected {hour}"), expected
        for place, bucket, people in zip(
            held.places.tolist(), held.buckets.tolist(), held.people.tolist(), strict=True
        ):
            key = trace._ledger.keys[place]
            yield Key(key.cut, f"{key.fields}{SEPARATOR}{hour}.{bucket}"), people


def _faults(faults: Any) -> dict[Key, int]:
    found = {
        (whose, faults._names[place]): int(faults._people[place])
        for whose, places in faults._places.items()
        for place in places
    }
    found |= {(whose, name): n for whose, own in faults._former.items() for name, n in own.items()}
    return {Key(whose[0], SEPARATOR.join((whose[1], *name))): n
            for (whose, name), n in sorted(found.items())}  # fmt: skip


def _lists(held: Any) -> Any:
    if isinstance(held, dict):
        return {name: _lists(one) for name, one in held.items()}
    return held.tolist() if isinstance(held, np.ndarray) else held
