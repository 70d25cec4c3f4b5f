"""What counts show of a person's events, by which an erasure finds them."""

from msgspec.structs import replace

from streams.counts.cells import Trigger, encode
from streams.erasure.evidence import triggers
from tests.streams.logs import settings
from tests.streams.noted import record

SAID = "it burnt my hand"


def test_events_that_are_enough_by_themselves_show_their_words_and_their_ids() -> None:
    one = Trigger("injury", 0, 0, "c17", "hash", {"product": "kettle"}, SAID)
    counts = replace(record(settings(), 0), triggers=[one, replace(one, event="c18", quote="")])
    assert set(triggers(encode(counts))) - {""} == {SAID, "c17", "c18"}


def test_counts_of_another_version_show_nothing() -> None:
    assert list(triggers(b"\x93\x01\x02\x03")) == list(triggers(b"")) == []
