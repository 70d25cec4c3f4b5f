from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.deliveries import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    PATIENCE,
    TRIES,
    Delivery,
    DeliveryLine,
    DeliveryState,
    due,
    line,
    pause,
)
from alerts.incident import Reason
from alerts.inputs import Attempted, Input, Outcome, Result, SignalInput, Tick
from alerts.lifecycle import Incidents, step
from tests.alerts.samples import START, TEAM, run, surge


def wanted() -> tuple[Incidents, Delivery]:
    state, _ = run([surge()])
    (delivery,) = state.deliveries.values()
    return state, delivery


def claim(delivery: Delivery, attempt: int = 1, worker: str = "a") -> Attempted:
    return Attempted(delivery=delivery.id, attempt=attempt, worker=worker, at=0)


def outcome(
    delivery: Delivery, result: Result, *, attempt: int = 1, permanent: bool = False
) -> Outcome:
    return Outcome(
        delivery=delivery.id, attempt=attempt, result=result, at=0, permanent=permanent, reason="r"
    )


def test_of_two_attempts_at_one_try_the_first_read_back_wins() -> None:
    state, delivery = wanted()
    state, (first, second) = run([claim(delivery), claim(delivery, worker="b")], state=state)
    assert [line.worker for line in first.deliveries] == ["a"]
    assert second.reason is Reason.OUT_OF_TURN
    assert not second.deliveries


def test_a_sent_delivery_leaves_the_state_and_its_records_count_no_more() -> None:
    state, delivery = wanted()
    sent = outcome(delivery, Result.SENT)
    state, decisions = run([claim(delivery), sent, sent, claim(delivery)], state=state)
    assert not state.deliveries
    assert [d.reason for d in decisions[2:]] == [Reason.OUT_OF_TURN] * 2


def test_nothing_is_due_before_the_first_tick() -> None:
    state, _ = run([surge()], state=Incidents())
    assert due(state.deliveries, now=state.now) == []
    state, _ = run([Tick(START)], state=state)
    assert len(due(state.deliveries, now=state.now)) == 1


def test_a_failure_is_tried_again_after_its_pause_and_not_before() -> None:
    state, delivery = wanted()
    state, _ = run([claim(delivery), outcome(delivery, Result.FAILED)], state=state)
    (waiting,) = state.deliveries.values()
    assert not waiting.repetition
    assert line(waiting).due == datetime.fromtimestamp(waiting.not_before / 1000, UTC)
    assert line(delivery).due is None
    state, _ = run([Tick(waiting.not_before - 1)], state=state)
    assert due(state.deliveries, now=state.now) == []
    state, (early,) = run([claim(delivery, 2)], state=state)
    assert early.reason is Reason.OUT_OF_TURN
    state, _ = run([Tick(waiting.not_before)], state=state)
    assert [d.id for d in due(state.deliveries, now=state.now)] == [delivery.id]


def test_a_permanent_failure_ends_at_once_with_its_reason() -> None:
    state, delivery = wanted()
    failed = outcome(delivery, Result.FAILED, permanent=True)
    state, decisions = run([claim(delivery), failed], state=state)
    (line,) = decisions[1].deliveries
    assert (line.state, line.reason) == (DeliveryState.FAILED, "r")
    assert not state.deliveries


def test_the_tries_are_used_up_within_two_hours_and_then_it_has_failed() -> None:
    state, delivery = wanted()
    for attempt in range(1, TRIES + 1):
        (waiting,) = state.deliveries.values()
        failed = outcome(delivery, Result.FAILED, attempt=attempt)
        tick = Tick(max(state.now, waiting.not_before))
        state, decisions = run([tick, claim(delivery, attempt), failed], state=state)
    assert decisions[-1].deliveries[0].state is DeliveryState.FAILED
    assert state.now - START < 2 * 3_600_000


def test_an_attempt_without_an_outcome_is_repeated_once_and_then_unknown() -> None:
    state, delivery = wanted()
    state, decisions = run([claim(delivery), Tick(START + PATIENCE - 1)], state=state)
    assert decisions[1].deliveries == ()
    state, (lost,) = run([Tick(START + PATIENCE)], state=state)
    (line,) = lost.deliveries
    assert (line.state, line.repetition) == (DeliveryState.WANTED, True)
    state, (again, end) = run(
        [claim(delivery, 2, "b"), Tick(START + 2 * PATIENCE)],
        state=state,
    )
    assert again.deliveries[0].repetition
    assert end.deliveries[0].state is DeliveryState.UNKNOWN
    assert not state.deliveries


def test_a_failure_that_may_have_arrived_is_tried_again_after_a_pause_marked_as_repetition() -> (
    None
):
    state, delivery = wanted()
    state, _ = run([claim(delivery), outcome(delivery, Result.UNKNOWN)], state=state)
    assert due(state.deliveries, now=state.now) == []
    (again,) = due(state.deliveries, now=state.now + FIRST_PAUSE)
    assert again.repetition


def test_a_failure_after_one_that_may_have_arrived_leaves_the_mark() -> None:
    state, delivery = wanted()
    steps: list[Input] = [claim(delivery), outcome(delivery, Result.UNKNOWN)]
    steps += [Tick(START + FIRST_PAUSE), claim(delivery, 2)]
    state, _ = run([*steps, outcome(delivery, Result.FAILED, attempt=2)], state=state)
    (again,) = state.deliveries.values()
    assert (again.state, again.attempt, again.repetition) == (DeliveryState.WANTED, 2, True)


@pytest.mark.parametrize("last", [Result.FAILED, Result.UNKNOWN])
def test_what_may_have_arrived_and_never_succeeds_ends_as_unknown(last: Result) -> None:
    state, delivery = wanted()
    steps: list[Input] = [claim(delivery), outcome(delivery, Result.UNKNOWN)]
    steps += [Tick(START + FIRST_PAUSE), claim(delivery, 2)]
    end = outcome(delivery, last, attempt=2, permanent=True)
    state, decisions = run([*steps, end], state=state)
    assert decisions[-1].deliveries[0].state is DeliveryState.UNKNOWN
    assert not state.deliveries


def test_a_try_without_an_outcome_is_repeated_also_after_one_that_may_have_arrived() -> None:
    state, delivery = wanted()
    steps: list[Input] = [claim(delivery), outcome(delivery, Result.UNKNOWN)]
    steps += [Tick(START + FIRST_PAUSE), claim(delivery, 2), Tick(START + FIRST_PAUSE + PATIENCE)]
    state, _ = run(steps, state=state)
    (again,) = due(state.deliveries, now=state.now)
    assert again.repetition


def test_learning_late_that_the_first_try_was_sent_stops_the_repetition() -> None:
    state, delivery = wanted()
    late = outcome(delivery, Result.SENT)
    state, decisions = run([claim(delivery), Tick(START + PATIENCE), late], state=state)
    assert decisions[-1].deliveries[0].state is DeliveryState.SENT
    assert not state.deliveries


def test_a_late_failure_of_an_earlier_try_says_nothing_about_the_current_one() -> None:
    state, delivery = wanted()
    late = outcome(delivery, Result.FAILED, permanent=True)
    steps: list[Input] = [claim(delivery), Tick(START + PATIENCE), claim(delivery, 2), late]
    state, decisions = run(steps, state=state)
    assert decisions[-1].reason is Reason.OUT_OF_TURN
    assert len(state.deliveries) == 1


def test_an_outcome_nobody_attempted_is_ignored() -> None:
    state, delivery = wanted()
    state, (decision,) = run([outcome(delivery, Result.SENT)], state=state)
    assert decision.reason is Reason.OUT_OF_TURN


@given(st.integers(1, 40), st.text())
def test_the_pause_grows_to_a_limit_and_is_the_same_on_replay(attempt: int, name: str) -> None:
    _, delivery = wanted()
    tried = Delivery(id=name, notice=delivery.notice, recipient=delivery.recipient, attempt=attempt)
    full = min(5_000 * 3 ** (attempt - 1), LONGEST_PAUSE)
    assert full // 2 <= pause(tried) <= full
    assert pause(tried) == pause(tried)


@dataclass
class Crew:
    """Workers over one log. One reads it at a time; a crash loses all but the log."""

    log: list[Input] = field(default_factory=list)
    sent: list[DeliveryLine] = field(default_factory=list)
    lines: list[DeliveryLine] = field(default_factory=list)
    state: Incidents = field(default_factory=Incidents)
    starts: int = 0

    def append(self, item: Input) -> DeliveryLine | None:
        """Write a record and read it; its line if it is an attempt that this worker won."""
        self.log.append(item)
        offset = len(self.log) - 1
        self.state, decision = step(self.state, item, offset=offset, recipients=TEAM)
        self.lines += decision.deliveries
        own = (
            line
            for line in decision.deliveries
            if line.state is DeliveryState.ATTEMPTED and line.worker == self.worker
        )
        return next(own, None)

    @property
    def worker(self) -> str:
        return f"w{self.starts}"

    def crash(self) -> None:
        self.starts += 1
        self.state = Incidents()
        for offset, item in enumerate(self.log):
            self.state, _ = step(self.state, item, offset=offset, recipients=TEAM)

    def round(self, ends: str) -> None:
        """Attempt what is due; `ends` says where it crashes, or how the channel answers."""
        for delivery in due(self.state.deliveries, now=self.state.now):
            attempt = delivery.attempt + 1
            won = self.append(
                Attempted(delivery=delivery.id, attempt=attempt, worker=self.worker, at=0)
            )
            if won is None or ends == "before":
                return self.crash()
            if ends != "failed":
                self.sent.append(won)
            if ends == "after":
                return self.crash()
            self.append(
                Outcome(delivery=won.id, attempt=attempt, result=Result(ends), at=0, reason="x")
            )
        return None


@given(st.lists(st.sampled_from(["before", "after", "failed", "unknown", "sent"]), max_size=15))
def test_with_any_crashes_nothing_is_lost_and_each_repetition_says_what_it_is(
    ends: list[str],
) -> None:
    crew = Crew()
    crew.append(Tick(START))
    crew.append(SignalInput(surge()))
    for end in ends:
        crew.round(end)
        crew.append(Tick(crew.state.now + LONGEST_PAUSE))
    for _ in range(TRIES + 2):
        crew.round("sent")
        crew.append(Tick(crew.state.now + LONGEST_PAUSE))
    (last,) = [line for line in crew.lines if line.state in ("sent", "failed", "unknown")]
    assert not crew.state.deliveries
    assert len(crew.sent) <= 2 + ends.count("unknown")
    assert all(line.repetition for line in crew.sent[1:])
    lost = sum(end in ("before", "after") for end in ends)
    failures = ends.count("failed") + ends.count("unknown")
    assert last.state is not DeliveryState.UNKNOWN or lost >= 2 or failures >= TRIES - 2
    assert last.state is not DeliveryState.SENT or crew.sent
    assert last.state is not DeliveryState.FAILED or ends.count("failed") >= TRIES - 2
    assert last.state is not DeliveryState.FAILED or not crew.sent
