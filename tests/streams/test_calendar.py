"""A known event through a stream: expected where it is, learnt, and no excuse for what exceeds it.

Bills are complained of six times an hour and twice as often in two sales; the staff three times.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as searched
from hypothesis import strategies as st

from alerts.signal import Kind, Signal, SignalState
from streams.configuration.declared import Calendar, KnownEvent
from streams.counts.cells import Counts
from streams.detection.packing import freeze, thaw
from streams.detection.snapshots import Frozen
from streams.detection.stream import Stream
from streams.settings import Settings
from tests.streams.counts import emitted, records
from tests.streams.logs import DAY, HOUR, START, complaint, settings

DAYS = 22
FIRST, SECOND = 14, 19  # days since START on which a sale begins
LASTS = 2
BILLING, STAFF = {"category": "billing"}, {"category": "staff"}
PLAIN = settings(records=64)


class Wave(NamedTuple):
    """So many times the usual of bills for some hours; 0 times: nobody complains of anything."""

    day: int
    hours: int
    times: float


SALES = (Wave(FIRST, 24 * LASTS, 2.0), Wave(SECOND, 24 * LASTS, 2.0))


@cache
def log(*waves: Wave) -> list[Counts]:
    chance, rates = np.random.default_rng(5), np.array([[6.0, 3.0]] * 24 * DAYS)
    for wave in waves:
        concerned = slice(0, 1 if wave.times else 2)
        rates[24 * wave.day : 24 * wave.day + wave.hours, concerned] *= wave.times
    counts = chance.poisson(rates)
    found = sorted(
        (START + hour * HOUR + int(chance.integers(HOUR)), matter)
        for hour, row in enumerate(counts.tolist())
        for matter, n in zip(("billing", "staff"), row, strict=True)
        for _ in range(n)
    )
    events = [complaint(n, time, category=matter) for n, (time, matter) in enumerate(found)]
    read = records(events, ends=START + DAYS * DAY)
    return [counts for (counts,) in emitted(PLAIN, read, every=64)]


def sale(day: int, **fields: Any) -> KnownEvent:
    begins = datetime.fromtimestamp(START / 1000, UTC) + timedelta(days=day)
    lasts: dict[str, Any] = {"since": begins, "until": begins + timedelta(days=LASTS)}
    facts = {"name": f"sale of day {day}", "kind": "sale", "scope": BILLING}
    return KnownEvent(**(facts | lasts | fields))


def knowing(*events: KnownEvent) -> Settings:
    return PLAIN.model_copy(update={"calendar": Calendar(events=events)})


def made(which: Settings) -> Stream:
    return Stream("complaints", which, 0)


def read(stream: Stream, counts: Sequence[Counts]) -> list[Signal]:
    return [signal for one in counts for signal in stream.apply(one)]


@cache
def eve(*waves: Wave) -> tuple[int, Frozen]:
    """Records of the log before the eve of the first sale, and a stream that has read them.

    No event is near that day, so that it may be restored under any calendar.
    """
    counts = [one for one in log(*waves) if reached(one) < FIRST - 1]
    stream = made(PLAIN)
    read(stream, counts)
    return len(counts), freeze(stream.snapshot())


def played(which: Settings, *waves: Wave, until: float = DAYS) -> tuple[Stream, list[Signal]]:
    """What a stream finds from the eve of the first sale on, until a day since START."""
    (at, held), stream = eve(*waves), made(which)
    stream.restore(thaw(held))
    return stream, read(stream, [one for one in log(*waves)[at:] if reached(one) < until])


def called(which: Settings, *waves: Wave) -> list[Signal]:
    """Alarms that begin in one of the sales."""
    days = [FIRST + n for n in range(LASTS)] + [SECOND + n for n in range(LASTS)]
    return [
        signal
        for signal in played(which, *waves)[1]
        if signal.state is SignalState.CONFIRMED
        and int(signal.onset.timestamp() * 1000 - START) // DAY in days
    ]


def test_a_doubling_that_nobody_knows_of_is_called() -> None:
    assert called(PLAIN, *SALES)


def test_the_same_that_was_declared_is_not() -> None:
    known = knowing(sale(FIRST, uplift=2.0), sale(SECOND, uplift=1.6))
    assert called(known, *SALES) == []


def test_nor_if_no_more_is_known_than_that_it_will_be() -> None:
    assert called(knowing(sale(FIRST), sale(SECOND)), *SALES) == []


def test_what_exceeds_it_is_called_and_the_event_named() -> None:
    waves = (Wave(FIRST, 48, 2.0), Wave(FIRST, 24, 4.0))
    found = called(knowing(sale(FIRST, uplift=2.0)), *waves)
    bills = [signal for signal in found if signal.scope.get("category") == "billing"]
    assert bills
    assert "; expected includes sale of day 14: x" in bills[0].reason


def test_what_happens_elsewhere_meanwhile_is_called_and_nothing_named() -> None:
    found = called(knowing(sale(FIRST, uplift=2.0, scope=STAFF)), *SALES)
    bills = [s for s in found if s.scope.get("category") == "billing"]
    assert bills
    assert not any("sale" in signal.reason for signal in bills)


def test_what_came_of_a_sale_is_expected_of_the_next() -> None:
    known = knowing(sale(FIRST), sale(SECOND))
    assert played(known, *SALES, until=FIRST)[0]._calendar.uplift("sale").factor == 1.0
    stream, _ = played(known, *SALES, until=FIRST + LASTS + 2)
    assert 1.5 < stream._calendar.uplift("sale").factor < 2.1


def test_an_event_of_the_whole_stream_is_learnt_too() -> None:
    stream, _ = played(knowing(sale(FIRST, scope={})), *SALES)
    assert stream._calendar.uplift("sale").factor == pytest.approx(15 / 9, rel=0.15)


def test_a_rest_that_was_declared_is_no_silence() -> None:
    rest = Wave(FIRST, 24 * LASTS, 0.0)
    assert Kind.SILENCE in {signal.kind for signal in called(PLAIN, rest)}
    assert called(knowing(sale(FIRST, uplift=0.01, scope={})), rest) == []


def test_what_holds_the_scope_among_others_expects_its_share() -> None:
    whole = []
    for which in (knowing(sale(FIRST, uplift=2.0)), PLAIN):
        stream, _ = played(which, *SALES, until=FIRST + 0.2)
        whole.append(float(stream._groups.rhythm.mean[0]))
    assert whole[0] / whole[1] == pytest.approx(1 + 6 / 9, rel=0.1)


def reached(counts: Counts) -> float:
    """Days since START that a record of the log has come to."""
    return ((counts.watermark or START) - START) / DAY


BOTH = knowing(sale(FIRST), sale(SECOND, scope={}))


@cache
def course() -> list[tuple[list[Signal], Frozen]]:
    """What a stream that never stopped says to each record, and its snapshot then."""
    stream = made(BOTH)
    begun: tuple[list[Signal], Frozen] = [], freeze(stream.snapshot())
    return [begun, *((read(stream, [one]), freeze(stream.snapshot())) for one in log(*SALES))]


@given(st.integers(0, len(log(*SALES))))
@searched(max_examples=3, deadline=None)
@example(sum(reached(one) < FIRST + 1 for one in log(*SALES)))
@example(sum(reached(one) < SECOND + 1 for one in log(*SALES)))
def test_a_stream_restored_at_any_offset_goes_on_to_the_same_bytes(at: int) -> None:
    after = made(BOTH)
    after.restore(thaw(course()[at][1]))
    told = [signal for said, _ in course()[at + 1 :] for signal in said]
    assert read(after, log(*SALES)[at:]) == told
    assert freeze(after.snapshot()) == course()[-1][1]


def cut() -> int:
    """The offset in the middle of the first sale."""
    return sum(reached(one) < FIRST + 1 for one in log(*SALES))


def restored(which: Settings) -> Stream:
    """Under other settings than those of the first half."""
    before, after = played(knowing(sale(FIRST)), *SALES, until=FIRST + 1)[0], made(which)
    after.restore(thaw(freeze(before.snapshot())))
    return after


def test_an_event_that_is_moved_while_it_lasts_begins_its_account_anew() -> None:
    moved = sale(FIRST, until=datetime.fromtimestamp(START / 1000, UTC) + timedelta(days=20))
    stream = restored(knowing(moved))
    assert [live.uplift for live in stream._calendar.live] == [stream._calendar.uplift("sale")]


def test_an_event_that_is_struck_while_it_lasts_teaches_nothing() -> None:
    stream = restored(PLAIN)
    read(stream, log(*SALES)[cut() :])
    assert stream._calendar.snapshot() == {"learnt": {}, "accounts": {}}


def test_what_was_learnt_is_kept_while_no_event_of_the_kind_is_set() -> None:
    learnt, _ = played(knowing(sale(FIRST)), *SALES)
    stream = made(PLAIN)
    stream.restore(thaw(freeze(learnt.snapshot())))
    assert stream._calendar.uplift("sale") == learnt._calendar.uplift("sale")
    assert stream._calendar.uplift("sale").factor > 1.5
