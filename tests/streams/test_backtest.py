"""The whole way in one process: what is called, what is not, and always the same."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from alerts.incident import IncidentState
from alerts.signal import Kind, Signal, SignalState
from streams.configuration.sections import Detection, Intake
from streams.events.event import LATEST, Complaint, Event
from streams.files.history import History
from streams.hindsight.backtest import Backtest, Outcome
from streams.settings import Settings
from tests.streams.counts import (
    SURGE,
    busy,
    decided,
    emitted,
    merged,
    parted,
    played,
    records,
    stored,
)
from tests.streams.logs import BURN, DAY, HOUR, START, complaint, mention, settings

NOW = START + 999 * DAY
Surged = Callable[..., list[Outcome]]


def history(folder: Path, events: Sequence[Event], name: str = "complaints") -> History:
    return History([stored(events, folder / f"{name}.jsonl")], None, intake=Intake())


def outcomes(which: Settings, held: History) -> list[Outcome]:
    return list(Backtest(which, now=NOW).play(held))


@pytest.fixture(scope="module")
def surged(tmp_path_factory: pytest.TempPathFactory) -> Surged:
    """What a back-test finds of the busy days under these settings, played once for each."""
    held = history(tmp_path_factory.mktemp("busy"), busy())

    @cache
    def played(**chosen: int) -> list[Outcome]:
        return outcomes(settings(**chosen), held)

    return played


def signals(found: Sequence[Outcome]) -> list[Signal]:
    return [signal for outcome in found for signal in outcome.signals]


def calm() -> list[Complaint]:
    return [e for e in busy() if not SURGE <= (e.time - START) // HOUR < SURGE + 4]


def test_a_surge_is_called_in_its_scopes_within_its_first_two_hours(surged: Surged) -> None:
    found = signals(surged(partitions=3, shards=2))
    fired = [s for s in found if s.state is SignalState.CONFIRMED and s.revision == 0]
    assert {tuple(s.scope.values()) for s in fired} == {
        ("complaints", "billing"), ("complaints", "kettle", "billing")
    }  # fmt: skip
    assert all(SURGE <= _hours(s) - 1 <= SURGE + 1 for s in fired)


def _hours(signal: Signal) -> int:
    return int(signal.at.timestamp() * 1000 - START) // HOUR


def test_a_surge_is_one_incident(tmp_path: Path) -> None:
    test = Backtest(settings(shards=2), now=NOW)
    lines = [line for outcome in test.play(history(tmp_path, busy())) for line in outcome.incidents]
    assert test.opened == len({line.id for line in lines if line.state is IncidentState.OPEN}) == 1


def test_quiet_days_call_nothing(tmp_path: Path) -> None:
    found = outcomes(settings(partitions=3, shards=2), history(tmp_path, calm()))
    assert signals(found) == []
    assert [line for outcome in found for line in outcome.incidents] == []


def test_the_same_history_gives_the_same_signals_and_incidents(
    surged: Surged, tmp_path: Path
) -> None:
    which, held = settings(partitions=3, shards=2), history(tmp_path, busy())
    assert outcomes(which, held) == surged(partitions=3, shards=2)


@pytest.mark.parametrize("partitions", [3, 4])
def test_partitions_do_not_change_what_is_confirmed(surged: Surged, partitions: int) -> None:
    found = signals(surged(partitions=partitions))
    assert decided(found) == decided(signals(surged()))


def test_it_has_room_for_the_series_of_all_shards(tmp_path: Path) -> None:
    bounded = Detection(shards=2, max_series=2)
    test = Backtest(settings().model_copy(update={"detection": bounded}), now=NOW)
    list(test.play(history(tmp_path, busy())))
    assert test.series == 4


@pytest.mark.parametrize("shards", [1, 2, 5])
def test_it_confirms_what_workers_confirm_from_the_same_partitions(
    surged: Surged, tmp_path: Path, shards: int
) -> None:
    which = settings(partitions=3, shards=shards)
    held = history(tmp_path, busy())
    logs = [
        emitted(which, records(own, ends=held.ends["complaints"]), n, every=7)
        for n, own in enumerate(parted(which, busy()))
    ]
    by_workers, _ = played(which, merged(logs))
    assert decided(by_workers) == decided(signals(surged(partitions=3, shards=shards)))


def test_signals_come_in_the_order_of_event_time(surged: Surged) -> None:
    for outcome in surged():
        times = [signal.at for signal in outcome.signals]
        assert times == sorted(times)


def test_a_harmful_complaint_opens_an_incident_however_quiet_it_is(tmp_path: Path) -> None:
    said = [complaint(1), complaint(2, START + HOUR, text=BURN), complaint(3, START + 2 * HOUR)]
    test = Backtest(settings(), now=NOW)
    found = list(test.play(history(tmp_path, said)))
    assert {(s.kind, s.state) for s in signals(found)} == {
        (Kind.TRIGGER, SignalState.PROVISIONAL), (Kind.TRIGGER, SignalState.CONFIRMED)
    }  # fmt: skip
    assert test.opened == 1


def test_it_tells_what_became_of_the_events(tmp_path: Path) -> None:
    said = [complaint(1), complaint(1), complaint(2, START + 2 * DAY), complaint(3)]
    test = Backtest(settings(), now=START + DAY)
    list(test.play(history(tmp_path, said)))
    assert (test.duplicates, test.rejected, test.late, test.series) == (1, 1, 0, 2)


def test_a_row_from_the_far_future_is_refused_and_does_not_move_time(tmp_path: Path) -> None:
    said = [complaint(1, text=BURN), complaint(2, LATEST)]
    test = Backtest(settings(), now=START + 2 * HOUR)
    found = signals(list(test.play(history(tmp_path, said))))
    assert test.rejected == 1
    assert [s.state for s in found] == [SignalState.PROVISIONAL, SignalState.CONFIRMED]


def test_progress_is_told_in_events(tmp_path: Path) -> None:
    told: list[int] = []
    list(Backtest(settings(), now=NOW).play(history(tmp_path, calm()), on_events=told.append))
    assert sum(told) == len(calm())


def test_streams_are_judged_side_by_side(tmp_path: Path) -> None:
    posts = [mention(n, e.time, author=f"a{n}") for n, e in enumerate(busy())]
    found = signals(outcomes(settings(), history(tmp_path, posts, "mentions")))
    assert {s.scope["stream"] for s in found} <= {"mentions"}
    assert Backtest(settings(), now=NOW).series == 0


def test_an_empty_history_is_over_at_once(tmp_path: Path) -> None:
    assert signals(outcomes(settings(), history(tmp_path, []))) == []
