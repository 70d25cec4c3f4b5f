"""An installation under test: its settings, its processes, its topics as a reader sees them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import duckdb

from streams.archive import views
from streams.archive.places import place
from streams.broker.topics import Role, Topics, group
from streams.counts.cells import Counts, decode, shard_of
from streams.detection import snapshots
from streams.settings import Source, load
from tests.kafka.reader import Reader

DEADLINE = 90.0  # seconds; the machine may be busy with something else
LOOK = 0.2
SENTINEL = "sentinel"
SERVES = "[operations]"
OFF = "".join(f"\n{role}_port = 0" for role in Role)  # several at once on a machine


class Installation:
    """Runs `tocsin run` under settings of its own, with topics and groups of its own.

    Args:
        home: a folder of its own.
        bootstrap: of the broker.
        prefix: of its topics and groups.
        options: TOML, appended to the settings.
        instance: names the machine, where two of them run the same roles.
        kafka: TOML, of the section `kafka`, for a broker that asks who we are.
        reads: address at which the test reads and writes; `bootstrap` without it.
        roles: that it runs; a test starts no worker that it does not ask about.

    Attributes:
        environment: of the workers; all counts are kept, so that a test can read them.
    """

    def __init__(
        self, home: Path, bootstrap: str, prefix: str, options: str = "", *,
        instance: str = "0", kafka: str = "", reads: str = "", roles: Collection[Role] = (),
    ) -> None:  # fmt: skip
        home.mkdir(parents=True, exist_ok=True)
        self.file = home / "settings.toml"
        served = "" if SERVES in options else SERVES + OFF
        self.file.write_text(
            f"home = {json.dumps(str(home))}\n{options}\n{served}\n"
            f"[kafka]\nbootstrap = {json.dumps(bootstrap)}\ntopic_prefix = {json.dumps(prefix)}\n"
            f"{kafka}\n",
            encoding="utf-8",
        )
        self.environment = {"TOCSIN_DETECTION__TRIM_EVERY": "24h"}
        self.bootstrap = bootstrap
        self.settings = load(self.file)
        self.topics = Topics.of(self.settings)
        self.reader = Reader(reads or bootstrap)
        self.roles = set(roles or Role)
        self._instance = instance
        self._pids = home / "pids"
        self._log = home / "log"
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._settled = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self.reader.close()

    def start(self) -> None:
        """Start the workers; returns when each of their processes is there.

        A role alone has this process for itself, and nobody who would restart it.
        """
        named = [word for role in sorted(self.roles) for word in ("--role", role)]
        with self._log.open("ab") as log:
            # In a group of its own, so that nothing can be left behind.
            self._supervisor = subprocess.Popen(
                self.command(
                    "run", *named, "--instance", self._instance, "--pids", str(self._pids)
                ),
                stdout=log, stderr=log, start_new_session=True, env=os.environ | self.environment,
            )  # fmt: skip
        if len(self.roles) > 1:
            self.until(lambda: self.pids().keys() == self.roles, "a process for each role")

    def restarted(self) -> None:
        """Start again after `stop`, with topics that may be others of the same names."""
        self._pids.unlink(missing_ok=True)
        self.reader.close()
        self.reader = Reader(self.bootstrap)
        self.start()

    def stop(self) -> int:
        """Stop in order, as SIGTERM to `tocsin run` does; returns its exit code."""
        assert self._supervisor is not None
        self._supervisor.terminate()
        return self._supervisor.wait(DEADLINE)

    def ended(self) -> int:
        """Wait until its only role has ended by itself; returns its exit code."""
        assert self._supervisor is not None
        return self._supervisor.wait(DEADLINE)

    def end(self) -> None:
        """`kill -9` of the supervisor and all its workers; it has reaped those that ended before.

        They can be started again.
        """
        if self._supervisor is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._supervisor.pid, signal.SIGKILL)
            self._supervisor.wait()
            self._supervisor = None
            self._pids.unlink(missing_ok=True)

    def kill(self, role: Role) -> None:
        """`kill -9`; returns when another process has taken the role."""
        before = self.pids()[role]
        os.kill(before, signal.SIGKILL)
        self.until(lambda: self.pids().get(role, before) != before, f"another {role}")

    def asked(self, query: str, *values: object) -> list[tuple[Any, ...]] | None:
        """Rows of the archive; None where a file that fills was written anew meanwhile."""
        try:
            with views.opened(place(self.settings)) as archive:
                return archive.execute(query, values).fetchall()
        except duckdb.ProgrammingError:
            raise
        except duckdb.Error:
            return None

    def archived(self) -> bool:
        """Whether every record of the first source, of complaints, is in the archive."""
        topic = self.topics.counted(self.settings.sources[0])
        found = self.asked(
            'SELECT "partition", count(DISTINCT "offset") FROM complaints_records GROUP BY ALL'
        )
        return found is not None and dict(found) == {
            part: end for part, end in self.reader.ends(topic).items() if end
        }

    def erased(self, person: str) -> str:
        """What `tocsin erase` says, in English; its exit code says whether to call it again."""
        done = subprocess.run(
            self.command("erase", person), capture_output=True, text=True, check=False,
            env=os.environ | {"TOCSIN_LANGUAGE": "en"},
        )  # fmt: skip
        assert done.returncode == ("erase again" in done.stdout), done.stderr
        return done.stdout

    def pids(self) -> dict[str, int]:
        if not self._pids.exists():
            return {}
        lines = self._pids.read_text(encoding="utf-8").splitlines()
        return {role: int(pid) for role, pid in (line.split() for line in lines)}

    @property
    def log(self) -> str:
        """What the supervisor and the workers have said."""
        return self._log.read_text(encoding="utf-8")

    def command(self, name: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tocsin", name, *arguments, "--settings", str(self.file)]

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for what is to come true; the test fails where it does not."""
        deadline = time.monotonic() + DEADLINE
        while not self._holds(condition):
            if self._supervisor is not None and self._supervisor.poll() is not None:
                raise AssertionError(f"tocsin run ended while it owed {what}: {self.log[-4000:]}")
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what} within {DEADLINE:.0f} s: {self.log[-4000:]}")

    @staticmethod
    def _holds(condition: Callable[[], object]) -> bool:
        """Pauses where it does not, for twice as long as it took to see: others need the time."""
        began = time.monotonic()
        if condition():
            return True
        time.sleep(max(LOOK, 2 * (time.monotonic() - began)))
        return False

    def signals(self) -> list[dict[str, Any]]:
        return self._objects(self.topics.signals)

    def incidents(self) -> list[dict[str, Any]]:
        return self._objects(self.topics.incidents)

    def notifications(self) -> list[dict[str, Any]]:
        return self._objects(self.topics.notifications)

    def dead_letters(self) -> list[Any]:
        return self.reader.topic(self.topics.dead_letters)

    def counts(self, shard: int = 0) -> list[Counts]:
        """The records of one shard's log, in its order."""
        records = self.reader.topic(self.topics.counts)
        counts = self.reader.values(self.topics.counts, decode)
        pairs = zip(records, counts, strict=True)
        return [one for record, one in pairs if record.partition == shard]

    def snapshots(self) -> dict[int, int]:
        """By shard the offset of the newest snapshot whose marker is written."""
        changelog = Topics.changelog(self.settings, Role.DETECTION)
        places = [snapshots.Place.of(r.key) for r in self.reader.topic(changelog) if r.value]
        return dict(sorted((p.shard, p.offset) for p in places if p.number is None))

    def _objects(self, topic: str) -> list[dict[str, Any]]:
        return list(self.reader.values(topic, json.loads))

    def replay(self, *arguments: str) -> None:
        """Play files into the topics; returns when the broker has all of it."""
        done = subprocess.run(
            self.command("replay", *arguments), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def backtest(self, *arguments: str) -> list[dict[str, Any]]:
        """The signals that a backtest finds in files."""
        out = self.file.with_name("backtest.jsonl")
        done = subprocess.run(
            self.command("backtest", *arguments, "--signals", str(out)),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]

    def counted(self) -> bool:
        """Everything in the sources' topics is in the counts."""
        due = {
            (source.topic, partition): end
            for source in self.settings.sources
            for partition, end in self.reader.ends(self.topics.counted(source)).items()
            if end
        }
        done = {(c.topic, c.partition): c.end for c in self.counts() if not c.idle}
        went_on = all(self._went_on(source) for source in self.settings.sources if source.rekeyed)
        return went_on and all(done.get(place, 0) >= end for place, end in due.items())

    def _went_on(self, source: Source) -> bool:
        """Everything in a source's topic is in the re-keyed one."""
        topic = self.topics.source(source)
        ends = {partition: end for partition, end in self.reader.ends(topic).items() if end}
        return ends == self.reader.committed(group(self.settings, Role.INTAKE), topic)

    def settle(self, *, at: int | None = None) -> None:
        """Wait until detection has judged all that was sent so far.

        The report has the time `at` (s), else the present; where partitions rest, all buckets
        before it are judged too.

        Each shard's log then holds everything, in each of them follows a report of harm, and
        what a shard says of that comes after what it says of all before.
        """
        self.until(self.counted, "counts of all events")
        self._settled += 1
        wanted = _one_product_a_shard(self.settings.detection.shards, self._settled)
        self.send("complaints", [
            {
                "id": product, "time": at or int(time.time()), "person": product,
                "product": product, "severity": "safety",
            }
            for product in wanted
        ])  # fmt: skip
        self.until(
            lambda: wanted <= {signal["scope"].get("product") for signal in self.signals()},
            "word from every shard",
        )

    def send(self, topic: str, events: Sequence[dict[str, Any]], partition: int = 0) -> None:
        """Put events into one partition of a source's topic."""
        self.reader.send(
            self.topics.prefix + topic, [json.dumps(event).encode() for event in events], partition
        )


def _one_product_a_shard(shards: int, turn: int) -> set[str]:
    """Products nobody has heard of before this turn."""
    found: dict[int, str] = {}
    number = 0
    while len(found) < shards:
        product = f"{SENTINEL}-{turn}-{number}"
        found.setdefault(shard_of("product", product, shards=shards), product)
        number += 1
    return set(found.values())
