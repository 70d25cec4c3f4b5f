"""Dead letters that go to their topics once more, and the mark in their place that they did."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import groupby, islice
from typing import Any, Final, NamedTuple, TypeVar

from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.broker import clients
from streams.broker.local import BrokerError
from streams.broker.topics import Topics
from streams.configuration.sections import Source
from streams.events.deadletters import FIRST, DeadLetter
from streams.events.event import MILLISECOND, Rejected, too_early
from streams.intake.waiting import Kind, Waiting, kind
from streams.settings import Settings
from streams.sources.decoding import Decoder
from streams.transport.wire import Record, Records

AT_ONCE: Final = 64  # letters, each of at most 4 MB
PATIENCE: Final = 30  # seconds, for the broker to take a record
LARGEST: Final = 8 << 20  # bytes of a record, for the broker to refuse

T = TypeVar("T")


class Fate(StrEnum):
    """What would become of a letter that is sent again now."""

    COUNTED = "counted"
    LATE = "late"  # it is an event, of a time that its source waits for no more
    REFUSED = "refused"  # once more
    CUT = "cut"  # not all of it was kept
    UNKNOWN = "unknown"  # its topic is no source of the settings


GOING: Final = frozenset({Fate.COUNTED, Fate.LATE})
"""The fates of letters that are sent."""


class Judged(NamedTuple):
    """A letter, and why it would be refused once more, if it would."""

    waiting: Waiting
    fate: Fate
    why: Rejected | None = None


class Judge:
    """Says what the settings make of letters.

    Args:
        settings: of the installation, as they stand now.

    Raises:
        MappingError: where a mapping of theirs cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        names = Topics.of(settings)
        self._sources = {names.source(source): source for source in settings.sources}
        self._decoders = {
            topic: Decoder(topic, source, settings.intake)
            for topic, source in self._sources.items()
        }

    def fates(self, letters: Iterable[Waiting], *, now: int) -> Iterator[Judged]:
        """As if all came at `now` (ms), in their order."""
        for topic, of_topic in groupby(letters, key=lambda one: one.letter.topic):
            for some in _some(of_topic):
                yield from self._fates(topic, some, now=now)

    def _fates(self, topic: str, some: Sequence[Waiting], *, now: int) -> Iterator[Judged]:
        source = self._sources.get(topic)
        if source is None:
            yield from (Judged(one, Fate.UNKNOWN) for one in some)
            return
        records = [Record(n, now, None, one.letter.raw) for n, one in enumerate(some)]
        answers = self._decoders[topic].answers(0, Records.of(records))
        times = dict(zip(answers.places.tolist(), answers.columns.times.tolist(), strict=True))
        for place, one in enumerate(some):
            why = answers.odd.get(place)
            if not one.letter.whole:
                yield Judged(one, Fate.CUT)
            elif isinstance(why, Rejected):
                yield Judged(one, Fate.REFUSED, why)
            else:
                yield _timely(one, source, times[place], now=now)


def _timely(one: Waiting, source: Source, time: int, *, now: int) -> Judged:
    future = source.future // MILLISECOND
    if time > now + future:
        return Judged(one, Fate.REFUSED, too_early(time, future_ms=future))
    late = source.clock == "event" and time < now - source.lateness // MILLISECOND
    return Judged(one, Fate.LATE if late else Fate.COUNTED)


class Plan(NamedTuple):
    """What is to be sent.

    Attributes:
        places: of the letters that go.
        topics: by topic how many letters have which fate.
        refused: by topic, field and rule how many would be refused once more.
    """

    places: frozenset[int]
    topics: Mapping[str, Counter[Fate]]
    refused: Counter[Kind]

    @classmethod
    def of(cls, judged: Iterable[Judged]) -> "Plan":
        places, topics = set[int](), dict[str, Counter[Fate]]()
        refused: Counter[Kind] = Counter()
        for one in judged:
            topic = one.waiting.letter.topic
            topics.setdefault(topic, Counter())[one.fate] += 1
            if one.fate in GOING:
                places.add(one.waiting.place)
            if one.why is not None:
                refused[kind(topic, one.why)] += 1
        return cls(frozenset(places), topics, refused)

    def of_them(self, letters: Iterable[Waiting]) -> Iterator[Waiting]:
        """Those that go, of the letters as they stand now."""
        return (one for one in letters if one.place in self.places)


def record(letter: DeadLetter) -> dict[str, Any]:
    """As it is produced again: what it was, and the header that says so."""
    mark = (FIRST, (letter.first or letter.place).encode())
    kept = [one for one in letter.headers if one[0] != FIRST]
    return {"key": letter.key, "value": letter.raw, "headers": [*kept, mark]}


def send(settings: Settings, bootstrap: str, letters: Iterable[Waiting]) -> Iterator[int]:
    """Send letters to their topics; yields how many of them have gone, some at a time.

    A letter that has gone is written anew without what it held, so that it goes once. Who is
    interrupted between the two sends at most `AT_ONCE` of them twice.

    Raises:
        BrokerError: where the broker does not answer; once all others have gone, also where it
            refuses some.
    """
    kafka, onto = settings.kafka, Topics.of(settings).dead_letters
    options = {
        "acks": "all", "enable_idempotence": True, "max_request_size": LARGEST,
        "delivery_timeout_ms": PATIENCE * 1000, "request_timeout_ms": PATIENCE * 1000 // 3,
    }  # fmt: skip
    with clients.opened(KafkaProducer, kafka, bootstrap, **options) as producer:
        yield from send_all(producer, letters, onto=onto)


def send_all(producer: Any, letters: Iterable[Waiting], *, onto: str) -> Iterator[int]:
    """The same, by a producer."""
    refused: list[str] = []
    for some in _some(one.letter for one in letters):
        why = send_some(producer, some, onto=onto)
        yield len(some) - len(why)
        refused += why
        if len(why) == len(some):  # none of them: it need not be about these
            break
    if refused:
        raise BrokerError(f"{len(refused)} records were refused: {refused[0]}")


def send_some(producer: Any, letters: Sequence[DeadLetter], *, onto: str) -> list[str]:
    """Send letters home, and of those that are there the marks to the topic of dead letters.

    Returns why the others are not; raises KafkaError where a mark is not taken.
    """
    going, left = list[tuple[DeadLetter, Any]](), list[str]()
    for one in letters:
        try:
            going.append((one, producer.send(one.topic, **_placed(producer, one))))
        except KafkaError as why:  # of its topic alone: what goes must get its mark
            left.append(str(why))
    producer.flush()  # until all are there or refused: what goes later would have no mark
    marks = [
        one.sent(f"{sent.value.topic}/{sent.value.partition}/{sent.value.offset}")
        for one, sent in going
        if sent.succeeded()
    ]
    for mark in [producer.send(onto, **mark.record()) for mark in marks]:
        mark.get(timeout=PATIENCE)
    return left + [str(sent.exception) for _, sent in going if not sent.succeeded()]


def _placed(producer: Any, letter: DeadLetter) -> dict[str, Any]:
    """Into the partition it came in on, as long as its topic has that."""
    there = letter.partition in (producer.partitions_for(letter.topic) or ())
    return record(letter) | ({"partition": letter.partition} if there else {})


def _some(letters: Iterable[T]) -> Iterator[Sequence[T]]:
    left = iter(letters)
    while some := tuple(islice(left, AT_ONCE)):
        yield some
