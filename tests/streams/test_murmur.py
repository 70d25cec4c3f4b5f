"""The partitioner's hash agrees with the one that Kafka's clients use."""

from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import default

from streams.configuration.sections import Source
from streams.events.columns import Columns
from streams.events.event import Complaint
from streams.sources.keys import partition_of, partitions_of
from streams.sources.murmur import murmur2


@given(st.lists(st.binary(max_size=40)))
def test_a_batch_of_keys_hashes_as_each_key_alone_does_in_kafka_python(keys: list[bytes]) -> None:
    assert murmur2(keys).tolist() == [default.murmur2(key) & 0xFFFFFFFF for key in keys]


def test_zeros_at_the_end_of_a_key_count() -> None:
    keys = [b"a", b"a\0", b"a\0\0\0", b"a\0\0\0\0"]
    assert len(set(murmur2(keys).tolist())) == len(keys)


@given(st.lists(st.tuples(st.text(min_size=1), st.none() | st.text(min_size=1))))
def test_a_batch_of_events_is_placed_as_each_of_them_is(
    names: list[tuple[str, str | None]],
) -> None:
    source = Source(topic="complaints", stream="complaints", key="person")
    events = [Complaint(id=name, time=0, person=person) for name, person in names]
    alone = [partition_of(source, event, 7) for event in events]
    assert partitions_of(source, Columns.of(events), 7).tolist() == alone
