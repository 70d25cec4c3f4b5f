"""Two machines on a real broker whose processes are killed at random while events flow.

    python -m benchmarks.chaos --events 2000000 --kills 20 --seed 1
    python -m benchmarks.chaos --events 200000 --kills 6
    python -m benchmarks.chaos --each

Starts a local broker in a folder of its own and two times `tocsin run` on it, each with a worker
of every role. While events flow, `kill -9` falls on single workers, on a whole machine (which
comes back after more than a session), and twice on the broker; now and then a worker is frozen
for longer than its session. With `--each` every kind of blow falls alone instead, which is how
recovery is measured. Prints one JSON object last.

A tenth of the events are posts, some of which are shared, with and without saying so. A fifth of
the complaints are calls, whose source is keyed by id and re-keyed by us: `rekeyed` of the distinct
events, of whose records `carried_again` were written once more after a blow and passed over.

`lost` and `doubled` compare the counts with the events sent, by source, product, minute and
whether they are reposts, in every shard; `people_lost` and `people_doubled` do so with the people
counted, as exactly as that is promised (`benchmarks.chaos.sent`), `unarchived` with the archive;
`duplicate_signals` and `lost_signals` compare what was confirmed with a back-test of the events,
`unheard_signals` what reached response. `lost_incidents` and `unfounded_incidents` compare what
was published with what the log of inputs leads to, line for line, and with the back-test as far
as that is defined (`benchmarks.chaos.answers`); `lost_notifications` and
`never_wanted_notifications` what came with what that log wants. `slowest_recovery_seconds` is the
longest from the first blow that a partition of a role had not recovered from until it went on,
without the time for which the broker was away, `recoveries` the same by what was struck;
`blows_after_all` fell when all events had been sent, as on a machine that is too slow.
The exit code is 1 where anything was lost or doubled.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from operator import attrgetter
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.chaos import answers, events, ground, ledger, recovery, strikes
from benchmarks.chaos.battle import Battle, Struck, prepared
from benchmarks.chaos.sent import Sent
from benchmarks.chaos.strikes import Blow, Target
from benchmarks.chaos.watch import Watch
from streams.events.event import moment
from streams.files.history import History
from tests.kafka.flow import Flow
from tests.kafka.receiver import Receiver, receiving

MUST_BE_NONE = (
    "lost", "doubled", "people_lost", "people_doubled", "unarchived", "duplicate_signals",
    "lost_signals", "unheard_signals", "lost_incidents", "unfounded_incidents",
    "unmarked_repetitions", "lost_notifications", "never_wanted_notifications",
)  # fmt: skip
SHOWN = 8  # standstills
SHARE_OF_RESERVE = 10


def fought(
    battle: Battle, receiver: Receiver, files: list[Path], blows: list[Blow], *, tail: float
) -> dict[str, Any]:
    """Starts, sends, strikes, and waits until detection has judged all there was."""
    witness = battle.witness
    history = History(files, None, intake=witness.settings.intake)
    lasts, reserve = blows[-1].at + tail, len(history) // SHARE_OF_RESERVE
    battle.start()
    with (
        Watch(witness.settings.home / "archive") as archive,
        Flow(
            witness,
            history,
            rate=(len(history) - reserve) / lasts,
            reserve=reserve,
            by=ground.by_topic,
        ) as flow,
    ):
        witness.until(lambda: witness.reader.ends(witness.topics.counts)[0], "the first counts")
        since = _now()
        struck = list(battle.fight(blows, _tell))
        time.sleep(tail)
        until = flow.last  # where nothing flows any more, nothing goes on either
        flow.end()
    incidents = files[0].with_name("incidents.jsonl")
    with ThreadPoolExecutor(1) as aside:
        played = [*map(str, files), "--incidents", str(incidents)]
        expected = aside.submit(witness.backtest, *played)
        witness.settle(at=history.ends["complaints"] // 1000 - 1)
    turn = answers.due(witness)
    witness.until(lambda: answers.answered(witness, turn), "response to all signals")
    ends = ledger.ends(witness)
    witness.until(lambda: ledger.archived(witness, ends), "all records in the archive")
    witness.until(lambda: answers.ended(witness.notifications()), "an end of every delivery")
    sent = Sent.of(files, witness.settings)
    called = [json.loads(line) for line in incidents.read_text(encoding="utf-8").splitlines()]
    progress = recovery.progress(witness, archive.moments, since=since, until=until)
    return {
        **ledger.events(witness, sent),
        **ledger.archive(witness, sent),
        **ledger.signals(witness.signals(), expected.result()),
        "unheard_signals": answers.unheard(witness, expected.result()),
        **answers.incidents(witness, turn, called),
        **answers.notifications(turn, witness.notifications(), receiver.received),
        **_recovered(battle, progress, struck, until=until),
    }


def _now() -> int:
    return time.time_ns() // 1_000_000


def _recovered(
    battle: Battle, progress: recovery.Progress, struck: list[Struck], *, until: int
) -> dict[str, Any]:
    stood = list(recovery.standstills(progress, struck, until=until))
    for one in sorted(stood, key=attrgetter("seconds"))[-SHOWN:]:
        print(f"{one.role} stood still for {one.seconds} s by {one.cause}, at {moment(one.since)}")
    found = recovery.slowest(stood)
    blows = Counter(str(one.blow.target) for one in struck if not one.blow.returns)
    stopped = Counter(line.partition("why=")[2].split(":")[0].strip("'\"")
                      for line in battle.said("stage_stopped"))  # fmt: skip
    return {
        "slowest_recovery_seconds": max(found.values()),
        "recoveries": found,
        "blows": dict(blows),
        "blows_after_all": sum(one.at > until for one in struck),
        "stages_stopped": dict(stopped),
    }


def _tell(blow: Blow) -> None:
    what = "is back" if blow.returns else "is struck"
    where = f"of machine {blow.machine}" if blow.role or blow.target == "machine" else ""
    print(f"{blow.at:6.1f} s: {blow.target} {blow.role or ''} {where} {what}", flush=True)


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that all is ended in order
    options = _options()
    blows = strikes.each() if options.each else strikes.drawn(options.kills, options.seed)
    with _folder(options.folder) as name, receiving() as receiver:
        folder = Path(name)
        receiver.answer.set()
        files = events.write(folder, events=options.events, seed=options.seed)
        with prepared(folder, ground.options(receiver, folder)) as battle:
            found = fought(battle, receiver, files, blows, tail=options.tail)
    kills = sum(blow.target is not Target.FROZEN and not blow.returns for blow in blows)
    about = {"kills": kills, "seed": options.seed}
    print(json.dumps(found | about | machine.surroundings("faust-streaming", "aiokafka")))
    sys.exit(any(found[name] for name in MUST_BE_NONE))


def _folder(kept: Path | None) -> AbstractContextManager[str]:
    """An empty one, where the logs of the workers can be read afterwards if it is named."""
    if kept is None:
        return tempfile.TemporaryDirectory()
    kept.mkdir(parents=True)
    return nullcontext(str(kept))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chaos", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--events", type=int, default=200_000, help="how many (200,000)")
    parser.add_argument("--kills", type=int, default=6, help="how many kill -9 (6)")
    parser.add_argument("--seed", type=int, default=1, help="of events and blows (1)")
    parser.add_argument(
        "--tail", type=float, default=20.0, help="seconds that events flow after the last blow (20)"
    )
    parser.add_argument("--each", action="store_true", help="each kind of blow, one by one")
    parser.add_argument("--folder", type=Path, help="a new one that stays, with all logs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
