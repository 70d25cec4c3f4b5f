"""What Kafka holds of a person: dead letters and evidence, which can go, and what must expire."""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import msgspec
from kafka import KafkaProducer, TopicPartition

from alerts import erasure, inputs
from alerts.erasure import digest
from alerts.inputs import Erased
from alerts.signal import Signal, SignalState
from streams.broker import clients, records, topics
from streams.broker.records import Cluster, Record
from streams.broker.topics import Role, Topics
from streams.counts import cells
from streams.erasure.eraser import names
from streams.events.deadletters import personal
from streams.events.rejections import FAILURES
from streams.settings import Settings

PATIENCE: Final = 20.0  # seconds, for response to read what it is told
LOOK: Final = 0.5

_SIGNAL: Final = msgspec.json.Decoder(Signal)


class Quoting(NamedTuple):
    """Records of a topic that quote the person and that cannot be taken out of it."""

    topic: str
    records: int


class Letters(NamedTuple):
    """Dead letters that told of the person, and what still quotes the person.

    `evidence` says whether the incidents no longer do: their worker has to run for that. None:
    nothing is known that they could quote.
    """

    erased: int
    quoting: Sequence[Quoting]
    evidence: bool | None


def erase(settings: Settings, bootstrap: str, person: str, quotes: Collection[str]) -> Letters:
    """Empty the dead letters that name the person; count what quotes the person elsewhere.

    Signals that do are written again without; who reads both shows what both quote. Response
    does it with those that come later, so it is told before.

    Args:
        settings: of the installation.
        bootstrap: of the broker.
        person: as events name it.
        quotes: digests of what signals may show of the person's events.

    Raises:
        BrokerError: where the broker does not answer.
        TopicError: where a topic is missing.
    """
    named = Topics.of(settings)
    evidence = _leave_evidence(settings, bootstrap, quotes) if quotes else None
    with records.connected(settings.kafka, bootstrap) as cluster:
        letters = cluster.log(named.dead_letters).whole()
        keys = {one.key for one in letters if one.key and _tells(one, person)}
        quoting = list(_quoting(cluster, named, frozenset(quotes)))
        signals = (one.value for one in cluster.log(named.signals).whole())
        kept = list(unquoted(signals, quotes)) if quotes else []
    # Compaction takes an empty record away, and all before it under its key.
    _write(settings, bootstrap, named.dead_letters, [(key, None) for key in sorted(keys)])
    anew = [(one.id.encode(), msgspec.json.encode(one)) for one in kept]
    _write(settings, bootstrap, named.signals, anew)
    return Letters(len(keys), quoting, evidence)


def _tells(letter: Record, person: str) -> bool:
    """Of the person, in the bytes that were refused or in the key or headers they had."""
    return any(names(held, person) for held in (letter.value, *personal(letter.headers)))


def _leave_evidence(settings: Settings, bootstrap: str, quotes: Collection[str]) -> bool:
    """Tell response to forget the quotes; once it has, what it was told before goes too.

    Its state is in its table, so it needs none of the inputs that are behind it.
    """
    inputs_of = TopicPartition(Topics.of(settings).incident_inputs, 0)
    item = Erased(quotes=tuple(sorted(quotes)), at=time.time_ns() // 1_000_000)
    with clients.opened(KafkaProducer, settings.kafka, bootstrap, acks="all") as producer:
        sent = producer.send(inputs_of.topic, value=inputs.encode(item), partition=0)
        offset = sent.get(timeout=30).offset
    deadline = time.monotonic() + PATIENCE
    while topics.committed(settings, bootstrap, Role.RESPONSE, inputs_of) <= offset:
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK)
    topics.forget(settings, bootstrap, inputs_of, offset)
    return True


def _quoting(cluster: Cluster, named: Topics, quotes: frozenset[str]) -> Iterator[Quoting]:
    """Counts before signals: what detection makes of them meanwhile is found as either."""
    read = {named.counts: triggers} | dict.fromkeys(
        (named.signals, named.incident_inputs), _examples
    )
    for topic in read if quotes else ():
        told = (read[topic](one.value) for one in cluster.log(topic).whole())
        if found := sum(not quotes.isdisjoint(map(digest, texts)) for texts in told):
            yield Quoting(topic, found)


def unquoted(values: Iterable[bytes], quotes: Collection[str]) -> Iterator[Signal]:
    """What the signals that quote the person are without that; none whose record says so already.

    Another erasure may have been here before: what it left out stays out.
    """
    held: dict[tuple[str, SignalState, int], Signal] = {}
    for value in values:
        with suppress(*FAILURES):
            one = _SIGNAL.decode(value)
            name = one.id, one.state, one.revision
            if name in held:
                held[name] = erasure.common(held[name], one)
            elif erasure.signal(one, quotes) is not one:
                held[name] = one
    for one in held.values():
        if (kept := erasure.signal(one, quotes)) is not one:
            yield kept


def triggers(value: bytes) -> Iterator[str]:
    """What counts show of the events that are enough by themselves; another version's show none."""
    with suppress(*FAILURES):
        for one in cells.decode(value).triggers:
            yield from (one.quote, one.event)


def _examples(value: bytes) -> Iterator[str]:
    """The quotes in a record, wherever in it they stand; anybody may have written it."""
    try:
        waiting: list[Any] = [msgspec.json.decode(value)]
    except FAILURES:
        return
    while waiting:
        match waiting.pop():
            case dict(held):
                if isinstance(examples := held.get("examples"), list):
                    yield from (one for one in examples if isinstance(one, str))
                waiting += held.values()
            case list(held):
                waiting += held


def _write(
    settings: Settings, bootstrap: str, topic: str, pairs: Sequence[tuple[bytes, bytes | None]]
) -> None:
    """Records of these keys and values, where there are any."""
    if not pairs:
        return
    with clients.opened(KafkaProducer, settings.kafka, bootstrap, acks="all") as producer:
        for sent in [producer.send(topic, key=key, value=value) for key, value in pairs]:
            sent.get(timeout=30)
