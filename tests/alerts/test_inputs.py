import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.inputs import (
    Attempted,
    ForeignInputError,
    Input,
    Outcome,
    Result,
    SignalInput,
    Tick,
    UnreadableInputError,
    decode,
    encode,
)  # fmt: skip
from alerts.signal import Signal, SignalState
from tests.alerts.samples import NOON, surge, trigger

SIGNAL = (
    b'{"id":"a","kind":"surge","scope":{"stream":"complaints"},"bucket":"%b",'
    b'"onset":"2026-03-02T11:00:00Z","at":"2026-03-02T12:00:00Z","state":"confirmed",'
    b'"revision":0,"observed":9,"expected":1,"score":4,"threshold":3,"multiple":9,'
    b'"learning":false,"reason":"excess"}'
)


@given(st.text(), st.integers(1, 99), st.sampled_from(Result), st.booleans())
def test_an_input_reads_back_as_it_was_written(
    name: str, attempt: int, result: Result, permanent: bool
) -> None:
    items: list[Input] = [
        SignalInput(trigger(name)),
        Tick(attempt),
        Attempted(delivery=name, attempt=attempt, worker=name, at=1),
        Outcome(
            delivery=name, attempt=attempt, result=result, at=1, reason=name, permanent=permanent
        ),
    ]
    assert [decode(encode(item)) for item in items] == items


def test_a_signal_on_the_wire_names_its_zone() -> None:
    raw = msgspec.to_builtins(surge())
    assert raw["at"] == "2026-03-02T12:00:00Z"
    local = msgspec.json.decode(SIGNAL % b"2026-03-02T20:00:00+08:00", type=Signal)
    assert local.bucket == NOON


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="timezone"):
        msgspec.json.decode(SIGNAL % b"2026-03-02T12:00:00", type=Signal)


DEEP = b'{"type":"tick","at":1,"x":' + b"[" * 5_000


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b"\xff", b'{"type":1}', DEEP], ids=len)
def test_what_is_no_object_with_a_type_is_none_of_ours(raw: bytes) -> None:
    with pytest.raises(ForeignInputError):
        decode(raw)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"type":"claim"}', "an input of type 'claim': Invalid value 'claim'"),
        (b'{"type":"tick","at":"x"}', "an input of type 'tick': Expected `int`, got `str`"),
        (encode(SignalInput(surge())).replace(b'"surge"', b'"rumour"'), "'rumour'.*signal.kind"),
    ],
)
def test_one_of_ours_that_a_newer_version_wrote_is_told_from_what_is_none(
    raw: bytes, why: str
) -> None:
    with pytest.raises(UnreadableInputError, match=why):
        decode(raw)


def test_a_later_state_supersedes_and_an_overtaken_revision_does_not() -> None:
    first = surge(state=SignalState.PROVISIONAL, revision=3)
    assert surge(revision=0).supersedes(first)
    assert not first.supersedes(surge(revision=0))
    assert not first.supersedes(first)
    assert surge(state=SignalState.PROVISIONAL, revision=4).supersedes(first)
