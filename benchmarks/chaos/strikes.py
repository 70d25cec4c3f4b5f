"""What is struck and when, drawn from a seed: a pure function, so that a run can be had again."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from operator import attrgetter
from random import Random
from typing import NamedTuple

from streams.broker.topics import Role

MACHINES = 2
SESSION = 10.0  # seconds, after which a group takes a silent worker for dead
BROKER_KILLS = 2
KILLS_A_FREEZE = 6
CHANCE_OF_MACHINE = 0.25
APART = (1.0, 9.0)  # seconds between two blows
# Machines and frozen workers for longer than a session, so that the other machine takes over.
AWAY, FROZEN, BROKER_AWAY = (12.0, 20.0), (12.0, 16.0), (1.0, 15.0)  # seconds
REST = 8.0  # seconds from the return of what was long away to the next of its kind


class Target(StrEnum):
    """What is struck; all but the frozen worker by `kill -9`.

    A worker is started again at once by its supervisor. A machine is all that runs on it,
    supervisor included. A frozen worker is stopped for longer than its session and then goes
    on, so that it takes for its own what another has by now; two of a machine are, together.
    """

    WORKER = "worker"
    MACHINE = "machine"
    FROZEN = "frozen"
    BROKER = "broker"


class Blow(NamedTuple):
    """At `at` (s) something is struck, or returns; `role` is that of a worker."""

    at: float
    target: Target
    machine: int = 0
    role: Role | None = None
    returns: bool = False


def drawn(kills: int, seed: int) -> list[Blow]:
    """That many kills, and two frozen workers for every few of them, in the order of their times.

    Of machine, frozen workers and broker one at a time is away, so that there is always somebody
    to take over; single workers are killed at any moment, on a machine that is there.
    """
    random = Random(seed)
    at, blows, free = 0.0, list[Blow](), 0.0
    for target in _targets(kills, random):
        at += random.uniform(*APART)
        if target is Target.WORKER:
            blows.append(Blow(at, target, _there(blows, at, random), random.choice(list(Role))))
            continue
        began = max(at, free)
        blows += _long(began, target, random)
        free = blows[-1].at + REST
    return sorted(blows, key=attrgetter("at"))


def each() -> list[Blow]:
    """Each kind once, of workers one of each role, one after another.

    So far apart that none meets the recovery from another. The broker is away for less and for
    more than what a client waits for it.
    """
    away = [
        *((Target.WORKER, role, 0.0) for role in Role),
        (Target.MACHINE, None, 2 * SESSION),
        *((Target.FROZEN, role, 1.5 * SESSION) for role in Role),
        *((Target.BROKER, None, seconds) for seconds in (20.0, 45.0)),
    ]
    at, blows = SESSION, list[Blow]()
    for target, role, seconds in away:
        blows.append(Blow(at, target, 0, role))
        if seconds:
            blows.append(Blow(at + seconds, target, 0, role, returns=True))
        at += seconds + 2 * SESSION
    return blows


def _targets(kills: int, random: Random) -> Sequence[Target]:
    broker = min(BROKER_KILLS, kills // 3)
    others = kills - broker
    machines = sum(random.random() < CHANCE_OF_MACHINE for _ in range(others))
    targets = [
        *[Target.BROKER] * broker,
        *[Target.MACHINE] * machines,
        *[Target.WORKER] * (others - machines),
        *[Target.FROZEN] * max(1, kills // KILLS_A_FREEZE),
    ]
    random.shuffle(targets)
    return targets


def _long(at: float, target: Target, random: Random) -> Iterator[Blow]:
    """Goes away and comes back."""
    away = {Target.MACHINE: AWAY, Target.FROZEN: FROZEN, Target.BROKER: BROKER_AWAY}[target]
    machine, back = random.randrange(MACHINES), at + random.uniform(*away)
    roles = random.sample(list(Role), 2) if target is Target.FROZEN else [None]
    yield from (Blow(at, target, machine, role) for role in roles)
    yield from (Blow(back, target, machine, role, returns=True) for role in roles)


def _there(blows: Sequence[Blow], at: float, random: Random) -> int:
    """A machine that is not away."""
    machine = random.randrange(MACHINES)
    for gone, back in pairwise(blows):
        if gone.target is Target.MACHINE and not gone.returns and gone.at <= at <= back.at + REST:
            machine = 1 - gone.machine
    return machine
