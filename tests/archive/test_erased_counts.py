"""What an archive tells when it is played again does not change when a person leaves it."""

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import pytest
from msgspec.structs import replace

from streams.archive.log import Log
from streams.counts.cells import Counts, decode
from streams.erasure.eraser import Eraser
from streams.hindsight import simulation
from streams.hindsight.backtest import Backtest
from streams.intake.reading import Plan
from streams.settings import Settings, Source
from tests.archive.bench import TOPIC, Bench
from tests.archive.records import START, Record, complaint, run
from tests.archive.test_erasure import record
from tests.streams.logs import BURN, FIRE

HOUR, HOURS = 3_600_000, 60
PERSON, OTHER = "Zoë-17", "Li-4"
SETTINGS = Settings(sources=(
    Source(topic=TOPIC, stream="complaints", key="person", partitions=1),
    Source(topic="mentions", stream="mentions", key="root", partitions=1),
))  # fmt: skip
BILL = "My bill is wrong, I was charged twice! Terrible, I hate it."
TOLD: list[dict[str, Any]] = [
    {"text": BURN},
    {"text": f"{FIRE}. {BURN}", "vip": True},
    {"text": FIRE, "severity": "safety"},
    {"text": BURN, "severity": "leak", "category": "quality"},
    {"severity": "safety"},
    {"text": BILL, "region": "Hainan"},
    {"text": BILL, "region": "Hainan"},  # about the same matter again
    {"text": "Жалоба: прибор не работает, верните деньги", "region": "Hainan"},
]
POSTS: list[dict[str, Any]] = [
    {"text": BILL, "region": "Hainan", "followers": 900},
    {"text": "I love it, best kettle ever, thank you so much"},
    {"text": FIRE},
    {"text": f"Repost {FIRE}", "repost_of": "m7", "sentiment": "negative"},
]


@pytest.fixture
def told(bench: Bench) -> Bench:
    """Steady complaints, and what the person filed and posted among them."""
    records = [complaint(n, stamp=START + n * HOUR, product="kettle", text=BILL)
               for n in range(HOURS)]  # fmt: skip
    for n, event in enumerate(TOLD):
        at = 30 + 2 * n
        records[at] = complaint(at, stamp=START + at * HOUR, product="kettle", person=PERSON,
                                **event)  # fmt: skip
    bench.take(run(TOPIC, records))
    bench.take(run("mentions", [*posts()]))
    bench.write()
    return bench


def posts() -> Iterator[Record]:
    """The person's, and another's by which a post about a fire is no hearsay."""
    own = [{"author": PERSON, **event} for event in POSTS]
    said = [
        *own,
        {"author": OTHER, "text": "And my lamp caught fire tonight, smoke everywhere"},
        {"author": OTHER},
    ]
    for n in range(10, 60):
        event = said[n - 10] if n - 10 < len(said) else {"author": f"a{n}"}
        time = START + (20 + n // 4) * HOUR
        yield record(n, id=f"m{n}", product="kettle", **{"time": time, **event})._replace(
            timestamp=time
        )


def signals(bench: Bench) -> list[Any]:
    """Without what they quote, which goes."""
    found = [
        replace(signal, examples=())
        for outcome in Backtest(SETTINGS, now=0).play(Log(bench.place))
        for signal in outcome.signals
    ]
    return sorted(found, key=attrgetter("at", "id", "state"))


def counts(bench: Bench) -> list[Any]:
    """What intake would send; of a trigger the kind, the time and the scope."""
    log, found = Log(bench.place), list[Any]()
    sources = log.sources(SETTINGS)
    topics = {name: simulation.topic(Plan(SETTINGS, one, 1)) for name, one in sources.items()}
    for batch in log.batches(sources):
        part = topics[batch.topic].partitions[batch.partition]
        for emission in part.count(batch.stamps, batch.answers):
            found += [nameless(decode(raw)) for raw in emission.counts]
    return found


def nameless(held: Counts) -> tuple[Any, ...]:
    triggers = sorted(
        (trigger.minute, trigger.harm, sorted(trigger.scope.items())) for trigger in held.triggers
    )
    return replace(held, triggers=[]), triggers


def erased(bench: Bench, person: str) -> None:
    eraser = Eraser(bench.place, person)
    assert eraser.erase().records
    eraser.finish()
    assert person not in str(bench.rows("SELECT COLUMNS(*)::VARCHAR FROM complaints"))


def test_counts_and_signals_are_those_of_before(told: Bench) -> None:
    before, found = counts(told), signals(told)
    assert {signal.scope["harm"] for signal in found if signal.kind == "trigger"} == {
        "injury", "fire", "safety", "leak"
    }  # fmt: skip
    assert {signal.stream for signal in found if signal.kind == "trigger"} == {
        "complaints", "mentions"
    }  # fmt: skip
    for person in (PERSON, OTHER):
        erased(told, person)
        assert counts(told) == before
        assert signals(told) == found


def test_what_a_text_told_stands_in_its_record_and_is_no_refusal(told: Bench) -> None:
    erased(told, PERSON)
    kept = told.rows(
        "SELECT category, sentiment, rejected_field, rejected_value, rejected_rule, rejected "
        f'FROM complaints WHERE text IS NULL ORDER BY "offset" LIMIT {len(TOLD) - 2}'
    )
    assert kept == [
        ("unknown", "unknown", "text", "injury", "is erased", False),
        ("product_quality", "unknown", "text", "fire injury", "is erased", False),
        ("product_quality", "unknown", "text", "fire", "is erased", False),
        ("quality", "unknown", "text", "injury", "is erased", False),
        (None, None, None, None, None, False),
        ("billing", "negative", None, None, None, False),
    ]
