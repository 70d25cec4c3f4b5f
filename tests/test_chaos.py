"""What the chaos benchmark strikes, and how it reckons; a small size of it is in tests/kafka."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.chaos import recovery, strikes
from benchmarks.chaos.battle import Struck
from benchmarks.chaos.strikes import REST, SESSION, Blow, Target
from streams.broker.topics import Role

KILLS = st.integers(1, 40)
SEEDS = st.integers(0, 10_000)
LONG = (Target.MACHINE, Target.FROZEN, Target.BROKER)


@given(KILLS, SEEDS)
def test_a_seed_gives_the_same_blows_and_as_many_kills_as_asked(kills: int, seed: int) -> None:
    blows = strikes.drawn(kills, seed)
    assert blows == strikes.drawn(kills, seed)
    killed = [b for b in blows if not b.returns and b.target is not Target.FROZEN]
    assert len(killed) == kills
    assert sum(b.target is Target.BROKER for b in killed) == min(2, kills // 3)


@given(KILLS, SEEDS)
def test_what_is_away_comes_back_before_the_next_goes_away(kills: int, seed: int) -> None:
    long = [blow for blow in strikes.drawn(kills, seed) if blow.target in LONG]
    for gone, back in zip(long[::2], long[1::2], strict=True):
        assert not gone.returns
        assert back == gone._replace(at=back.at, returns=True)
        if gone.target is not Target.BROKER:
            assert back.at - gone.at > SESSION
    for back, gone in zip(long[1::2], long[2::2], strict=False):
        assert gone.at - back.at >= REST - 1e-9


@given(KILLS, SEEDS)
def test_a_worker_is_killed_on_a_machine_that_is_there(kills: int, seed: int) -> None:
    away: set[int] = set()
    for blow in strikes.drawn(kills, seed):
        if blow.target is Target.MACHINE and blow.returns:
            away.remove(blow.machine)
        elif blow.target is Target.MACHINE:
            away.add(blow.machine)
        else:
            assert blow.target is not Target.WORKER or blow.machine not in away


KILLED = Struck(Blow(0, Target.WORKER, 0, Role.INTAKE), 2000)
OTHER = Struck(Blow(0, Target.WORKER, 0, Role.RESPONSE), 2000)
OUTAGE = [Struck(Blow(0, Target.BROKER), 2000), Struck(Blow(0, Target.BROKER, returns=True), 9000)]


@pytest.mark.parametrize(
    ("struck", "moments", "expected"),
    [
        ([KILLED], [1000, 7000], {"worker intake": 5.0}),
        ([KILLED], [1000, 1500, 1900], {"rebalance": 0.5}),
        ([KILLED, KILLED._replace(at=4000)], [1000, 7000], {"worker intake": 3.0}),
        ([KILLED._replace(blow=Blow(0, Target.MACHINE))], [1000, 7000], {"machine intake": 5.0}),
        (
            [Struck(Blow(0, Target.WORKER, 0, Role.RESPONSE), 2000)],
            [1000, 7000],
            {"rebalance": 6.0},
        ),
        (OUTAGE, [1000, 12_000], {"broker": 3.0}),
        (OUTAGE, [1000, 8500], {"broker": 0.0}),
    ],
    ids=["one kill", "before it", "the last kill", "a machine", "another role", "broker", "early"],
)
def test_a_standstill_counts_from_the_last_blow_in_it(
    struck: list[Struck], moments: list[int], expected: dict[str, float]
) -> None:
    stood = recovery.standstills({Role.INTAKE: [moments]}, struck)
    assert recovery.slowest(stood) == expected
