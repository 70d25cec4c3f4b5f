"""What counts and signals show of a person's events, by which an erasure finds them."""

import msgspec
from msgspec.structs import replace

from alerts.erasure import digest
from alerts.signal import Signal
from streams.counts.cells import Trigger, encode
from streams.erasure.evidence import triggers, unquoted
from tests.alerts.samples import trigger
from tests.streams.logs import settings
from tests.streams.noted import record

SAID, OTHERS = "it burnt my hand", "it smokes"
REPORT = replace(trigger(), examples=(SAID, OTHERS))


def test_events_that_are_enough_by_themselves_show_their_words_and_their_ids() -> None:
    one = Trigger("injury", 0, 0, "c17", "hash", {"product": "kettle"}, SAID)
    counts = replace(record(settings(), 0), triggers=[one, replace(one, event="c18", quote="")])
    assert set(triggers(encode(counts))) - {""} == {SAID, "c17", "c18"}


def test_counts_of_another_version_show_nothing() -> None:
    assert list(triggers(b"\x93\x01\x02\x03")) == list(triggers(b"")) == []


def again(signals: list[Signal], said: str) -> list[Signal]:
    """What is written again to signals when the one who said this is erased."""
    return list(unquoted(map(msgspec.json.encode, signals), {digest(said)}))


def test_each_record_of_a_signal_that_quotes_the_person_is_written_again_without() -> None:
    records = [REPORT, replace(REPORT, revision=1), replace(REPORT, id="u", examples=(OTHERS,))]
    written = again(records, SAID)
    assert written == [replace(one, examples=(OTHERS,)) for one in records[:2]]
    assert again([*records, *written], SAID) == []


def test_who_was_erased_before_is_not_quoted_anew_when_another_is_erased() -> None:
    first = again([REPORT], SAID)
    assert again([REPORT, *first], OTHERS) == [replace(REPORT, examples=())]


def test_what_is_no_signal_is_not_written_again() -> None:
    assert list(unquoted([b"", b"{", b"[]", SAID.encode()], {digest(SAID)})) == []
