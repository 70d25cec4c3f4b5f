"""Two machines on one broker, and the blows that fall on them."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks.chaos.strikes import MACHINES, Blow, Target
from benchmarks.lifeline import lifeline
from streams.broker import local
from tests.kafka.installation import Installation

SNAPSHOTS = {"TOCSIN_DETECTION__SNAPSHOT_EVERY": "40"}  # one a second, so that progress is seen


class Struck(NamedTuple):
    """A blow, and when it fell or its object was back (epoch ms)."""

    blow: Blow
    at: int


class Battle:
    """The installation that is struck.

    Args:
        folder: of the broker and of both machines.
        machines: of one installation.
    """

    def __init__(self, folder: Path, machines: Sequence[Installation]) -> None:
        self._folder, self._machines = folder, machines

    @property
    def witness(self) -> Installation:
        """The machine that is asked; both see the same topics."""
        return self._machines[0]

    def start(self) -> None:
        for machine in self._machines:
            machine.start()

    def said(self, words: str) -> list[str]:
        """The lines of the workers' logs that hold these words."""
        lines = (line for machine in self._machines for line in machine.log.splitlines())
        return [line for line in lines if words in line]

    def fight(self, blows: Sequence[Blow], on_blow: Callable[[Blow], None]) -> Iterator[Struck]:
        """Strike each at its time from now; as much later as a strike before it took too long."""
        began = time.monotonic()
        for blow in blows:
            time.sleep(max(began + blow.at - time.monotonic(), 0.0))
            began = time.monotonic() - blow.at
            on_blow(blow)
            at = time.time()
            self._strike(blow)
            yield Struck(blow, int((time.time() if blow.returns else at) * 1000))

    def _strike(self, blow: Blow) -> None:
        strike = {
            Target.WORKER: self._worker, Target.MACHINE: self._machine,
            Target.FROZEN: self._freeze, Target.BROKER: self._broker,
        }[blow.target]  # fmt: skip
        strike(blow)

    def _worker(self, blow: Blow) -> None:
        """It may just be dead of something else."""
        with suppress(KeyError, ProcessLookupError):
            os.kill(self._machines[blow.machine].pids()[str(blow.role)], signal.SIGKILL)

    def _machine(self, blow: Blow) -> None:
        machine = self._machines[blow.machine]
        if blow.returns:
            machine.start()
        else:
            machine.end()

    def _freeze(self, blow: Blow) -> None:
        pids = self._machines[blow.machine].pids()
        role, order = str(blow.role), signal.SIGCONT if blow.returns else signal.SIGSTOP
        with suppress(KeyError, ProcessLookupError):
            os.kill(pids[role], order)

    def _broker(self, blow: Blow) -> None:
        if blow.returns:
            local.up(self._folder)
        elif (running := local.status(self._folder)) is not None:
            os.kill(running.pid, signal.SIGKILL)
            os.waitpid(running.pid, 0)


@contextmanager
def prepared(folder: Path, options: str) -> Iterator[Battle]:
    """A broker of its own, and both machines, not started yet; they end with us, even by -9."""
    with lifeline(folder), ExitStack() as standing:
        standing.callback(local.down, folder)
        address = local.up(folder).bootstrap
        machines = [
            standing.enter_context(
                Installation(folder / name, address, "chaos-", options, instance=name)
            )
            for name in map(str, range(MACHINES))
        ]
        for machine in machines:
            # One archive for both, as in a bucket or on a disk that they share.
            machine.environment |= SNAPSHOTS | {"TOCSIN_HOME": str(machines[0].settings.home)}
        yield Battle(folder, machines)
