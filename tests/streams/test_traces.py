"""What signals say beside their figures, from the counts log on: when it began, how it grows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as searched
from hypothesis import strategies as st

from alerts.precedence import led
from alerts.signal import Signal, SignalState
from detectors.growth import Pace
from streams.configuration.sections import Cut, Intake
from streams.counts.cells import Counts
from streams.detection.judges import trace
from streams.detection.packing import freeze, thaw
from streams.detection.stream import Stream
from streams.events.event import Complaint, Event, Mention
from streams.files.history import History
from streams.hindsight.backtest import Backtest
from streams.settings import Settings
from streams.traffic.generator import generate
from streams.traffic.scenarios.social_wave import SocialWave
from tests.streams.counts import SURGE, busy, emitted, merged, parted, records
from tests.streams.logs import CUTS, DAY, HOUR, MINUTE, START, complaint, mention, settings

CHANCE = st.randoms(use_true_random=False)
TWO = settings(partitions=2, records=64)
ONSET = START + SURGE * HOUR


def log(chance: Random | None = None) -> list[Counts]:
    sent = [emitted(TWO, records(own), n) for n, own in enumerate(parted(TWO, busy()))]
    return [counts for (counts,) in merged(sent, chance)]


def called(which: Settings, log: Sequence[Counts]) -> list[Signal]:
    stream = Stream("complaints", which, 0)
    return [signal for counts in log for signal in stream.apply(counts)]


def confirmed(signals: Sequence[Signal]) -> list[Signal]:
    """Of those that last."""
    return [signal for signal in signals if signal.state is SignalState.CONFIRMED]


PLAIN = log()
READ = confirmed(called(TWO, PLAIN))


def minutes(signal: Signal) -> list[float]:
    """When its excess may have begun, in minutes from the planted onset."""
    onset = signal.onset.timestamp() * 1000
    return [(onset - ONSET) / MINUTE + minute for minute in signal.began]


def test_what_is_called_says_when_it_may_have_begun() -> None:
    assert READ
    for signal in READ:
        assert len(signal.began) == 20
        assert np.quantile(minutes(signal), 0.75) >= 0
        assert np.quantile(minutes(signal), 0.05) <= 60


@given(CHANCE)
@searched(max_examples=3, deadline=None)
def test_what_is_said_does_not_depend_on_how_the_counts_were_read(chance: Random) -> None:
    again = confirmed(called(TWO, log(chance)))
    assert [(s.id, s.began, s.growth) for s in again] == [(s.id, s.began, s.growth) for s in READ]


def test_a_trace_that_is_restored_goes_on_to_say_the_same() -> None:
    at = len(PLAIN) * 4 // 5
    before, after = Stream("complaints", TWO, 0), Stream("complaints", TWO, 0)
    said = [signal for counts in PLAIN[:at] for signal in before.apply(counts)]
    after.restore(thaw(freeze(before.snapshot())))
    said += [signal for counts in PLAIN[at:] for signal in after.apply(counts)]
    assert confirmed(said) == READ


def test_a_series_past_the_bound_is_called_without_readings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trace, "MOST_SERIES", 0)
    called_all = confirmed(called(TWO, PLAIN))
    assert [signal.id for signal in called_all] == [signal.id for signal in READ]
    assert not any(signal.began for signal in called_all)


def test_the_oldest_hours_go_where_too_many_cells_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "MOST_CELLS", 20)
    stream = Stream("complaints", TWO, 0)
    for counts in PLAIN:
        list(stream.apply(counts))
    held = stream.snapshot()["judges"]["judges"]["trace"]["hours"]
    assert sum(hour.places.size for hour in held.values()) <= 20
    assert max(held) - min(held) + 1 == len(held) < trace.HOURS


def test_batches_are_left_out() -> None:
    cuts = (*CUTS, Cut(stream="complaints", by=("product", "batch")))
    which = TWO.model_copy(update={"cuts": cuts})
    events = [msgspec.structs.replace(event, batch="B1") for event in busy()]
    sent = [emitted(which, records(own), n) for n, own in enumerate(parted(which, events))]
    found = confirmed(called(which, [counts for (counts,) in merged(sent)]))
    batches = [signal for signal in found if "batch" in signal.scope]
    assert batches
    assert not any(signal.began or signal.growth for signal in batches)
    assert any(signal.began for signal in found)


def test_an_alarm_that_outlasts_the_trace_keeps_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trace, "HOURS", 6)
    days, surge = 7, 90
    sent = [
        emitted(TWO, records(own, ends=START + days * DAY), n)
        for n, own in enumerate(parted(TWO, busy(days, surge=surge, hours=40)))
    ]
    found = called(TWO, [counts for (counts,) in merged(sent)])
    (alarm,) = {s.id for s in found if len(s.scope) == 3 and s.state is SignalState.CLEARED}
    told = [s for s in found if s.id == alarm and s.state is not SignalState.PROVISIONAL]
    assert told[-1].state is SignalState.CLEARED
    assert (told[-2].at - told[0].onset).total_seconds() > 8 * 3600
    assert told[-1].began == told[-2].began == told[-3].began != ()


def test_what_is_over_began_when_it_did_however_its_account_begins_anew() -> None:
    days = 8
    sent = [
        emitted(TWO, records(own, ends=START + days * DAY), n)
        for n, own in enumerate(parted(TWO, busy(days)))
    ]
    found = called(TWO, [counts for (counts,) in merged(sent)])
    over = [s for s in found if s.state is SignalState.CLEARED]
    before = {s.id: s for s in confirmed(found)}
    assert any(s.onset != before[s.id].onset for s in over)
    assert [minutes(s) for s in over] == [minutes(before[s.id]) for s in over]


def test_a_series_of_which_not_all_is_held_has_no_readings_that_are_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It came among the first, and by its name it is past the bound."""
    one = settings(partitions=1, records=64)
    first = complaint("first", START, product="kettle", category="billing")
    second = complaint("second", START, product="iron", category="staff")
    sent = emitted(one, records([first, second, *busy()]), every=100, after=1)
    log = [counts for (counts,) in sent]
    right = {(s.id, s.revision): (s.began, s.growth) for s in confirmed(called(one, log))}
    monkeypatch.setattr(trace, "MOST_SERIES", 2)
    found = confirmed(called(one, log))
    assert len(found) == len(right) > 0
    assert all((s.began, s.growth) in (right[s.id, s.revision], ((), None)) for s in found)


def played(folder: Path, which: Settings | None = None, **streams: Sequence[Event]) -> list[Signal]:
    """What a back-test of these events calls."""
    paths = [folder / f"{name}.jsonl" for name in streams]
    for path, events in zip(paths, streams.values(), strict=True):
        path.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in events))
    history = History(paths, None, intake=Intake())
    outcomes = Backtest(which or settings(), now=START + 999 * DAY).play(history)
    return [signal for outcome in outcomes for signal in outcome.signals]


def sorted_by_time(*events: Any) -> list[Any]:
    return sorted(events, key=lambda event: event.time)


def wave(name: str, at: int, make: Any, *, n: int = 120, seed: int = 1) -> list[Any]:
    """Some who come after a moment, soon most of them and then fewer."""
    after = np.random.default_rng(seed).gamma(2.0, 40 * MINUTE, n).astype(np.int64)
    return [
        make(f"{name}{k}", int(at + one), person=f"{name}{k}", author=f"{name}{k}")
        for k, one in enumerate(after.tolist())
    ]


def posted(name: str, at: int, *, author: str, person: str) -> Any:
    return mention(name, at, author=author)


def filed(name: str, at: int, *, author: str, person: str) -> Any:
    return complaint(name, at, person=person)


@pytest.mark.parametrize("ahead", [90, -90])
def test_posts_and_complaints_of_one_matter_tell_which_led(tmp_path: Path, ahead: int) -> None:
    """The second wave is `ahead` minutes of the first: of the posts."""
    calm = [event for event in busy() if event.time < ONSET]
    posts = [mention(f"m{n}", event.time, author=f"a{n}") for n, event in enumerate(calm)]
    found = played(
        tmp_path,
        complaints=sorted_by_time(*calm, *wave("c", ONSET + ahead * MINUTE, filed, seed=2)),
        mentions=sorted_by_time(*posts, *wave("p", ONSET, posted)),
    )
    newest = {signal.id: signal for signal in found}
    said = led(newest.values())
    assert said is not None
    assert said.told
    assert said.low <= -ahead <= said.high
    assert (said.chance > 0.5) == (ahead < 0)


def test_an_excess_that_doubles_is_called_with_how_fast(tmp_path: Path) -> None:
    calm = [event for event in busy() if event.time < ONSET]
    hours = np.log2(1 + 63 * np.random.default_rng(3).random(200)) * 1.5  # six times in nine hours
    more = [complaint(f"d{n}", int(ONSET + one * HOUR)) for n, one in enumerate(hours.tolist())]
    found = played(tmp_path, complaints=sorted_by_time(*calm, *more))
    grown = [signal.growth for signal in confirmed(found) if signal.growth]
    assert grown
    assert {growth.pace for growth in grown} <= {Pace.GROWING, Pace.OPEN}
    fastest, _, slowest = grown[-1].doubling
    assert fastest <= 1.5 <= slowest


def test_in_made_traffic_a_post_that_goes_round_is_said_to_have_led_the_complaints(
    tmp_path: Path,
) -> None:
    begins = datetime(2026, 3, 15, 3, tzinfo=UTC)
    wave = SocialWave(begins=begins, product="Display D27", complaints=90)
    made = generate(
        seed=4, start=begins - timedelta(days=14), days=15, per_day=800, incidents=[wave]
    )
    events = [one.event for one in made if not (one.damage or one.again)]
    found = played(
        tmp_path, Settings(),
        complaints=[event for event in events if isinstance(event, Complaint)],
        mentions=[event for event in events if isinstance(event, Mention)],
    )  # fmt: skip
    about = [s for s in found if s.scope.get("product") == wave.product and s.onset >= begins]
    said = led({signal.id: signal for signal in about}.values())
    assert said is not None
    assert said.told
    assert said.chance < 0.5
    assert said.low <= -120 <= said.high
