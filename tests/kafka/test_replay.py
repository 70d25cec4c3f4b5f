"""What Kafka carries and several processes decide equals what one process finds in the files."""

import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from streams.broker.topics import Role
from streams.detection.shards import Shard
from tests.data import shared
from tests.kafka import histories, tallies
from tests.kafka.conftest import Install
from tests.kafka.installation import SENTINEL, Installation

EXAMPLES = Path(__file__).parents[2] / "examples"
OPTIONS = """
[intake]
idle_after = "{idle_after}"
chunk_records = {chunk_records}
[detection]
shards = {shards}
snapshot_every = {snapshot_every}
"""
HALF = 10  # days
END_OF_CALLS = 1_459_483_200  # 2016-04-01, midnight where the calls come from


def late_at_detection(installation: Installation) -> int:
    """People who came after their bucket was judged, as a reader of the counts finds them."""
    shard = Shard(installation.settings, 0)
    for counts in installation.counts(0):
        shard.apply(counts)
    return shard.late_at_detection


def restored(installation: Installation) -> dict[int, int]:
    """By shard the offset at which a worker said that it goes on."""
    found = re.findall(r"shard_restored +offset=(\d+) .*shard=(\d+)", installation.log)
    return {int(shard): int(offset) for offset, shard in found}


def test_real_calls_through_kafka_are_judged_as_in_a_backtest(install: Install) -> None:
    files = [str(shared("montco911", "calls_to_2016-03.csv.gz"))]
    files += ["--map", str(EXAMPLES / "montco911.toml")]
    calls = install(
        OPTIONS.format(idle_after="500ms", chunk_records=1024, shards=1, snapshot_every=2000),
        Role.INTAKE, Role.DETECTION,
    )  # fmt: skip
    with ThreadPoolExecutor(1) as aside:
        expected = aside.submit(calls.backtest, *files)
        calls.start()
        ends = calls.reader.ends
        calls.until(lambda: ends(calls.topics.counts)[0] > 24, "word of each partition's idleness")
        calls.replay(*files)
        calls.settle(at=END_OF_CALLS)
        wanted = tallies.confirmed(expected.result())
    assert len(wanted) > 50
    assert tallies.confirmed(calls.signals()) == wanted
    assert late_at_detection(calls) == 0


def test_both_kinds_are_judged_as_in_a_backtest_though_detection_starts_anew_in_between(
    install: Install, tmp_path: Path
) -> None:
    halves = written(tmp_path)
    stream = install(
        OPTIONS.format(idle_after="1h", chunk_records=64, shards=2, snapshot_every=50),
        Role.INTAKE, Role.DETECTION,
    )  # fmt: skip
    with ThreadPoolExecutor(1) as aside:
        stream.start()
        stream.replay(*halves[0])
        expected = aside.submit(stream.backtest, *halves[0], *halves[1])
        stream.until(stream.counted, "counts of the first half")
        # How many there are depends on what one costs this machine.
        stream.until(lambda: len(stream.snapshots()) == 2, "a snapshot of each shard")
        stream.kill(Role.DETECTION)
        stream.until(lambda: len(restored(stream)) == 2, "restored shards")
        stream.replay(*halves[1])
        stream.settle()
        wanted = tallies.confirmed(expected.result())
    assert len(wanted) > 10
    assert any("channel" in signal["scope"] for signal in expected.result())
    assert tallies.confirmed(stream.signals()) == wanted
    assert late_at_detection(stream) == 0
    assert_replayed_in_vain(stream, *halves)


def assert_replayed_in_vain(stream: Installation, *parts: Sequence[str]) -> None:
    """The same ids once more change no count and confirm nothing new."""
    before, confirmed = counted(stream), tallies.confirmed(stream.signals())
    for part in parts:
        stream.replay(*part)
    stream.settle()
    assert counted(stream) == before
    assert tallies.confirmed(stream.signals()) == confirmed


def counted(stream: Installation) -> list[Counter[str]]:
    """Events and people by product, without those that `Installation.settle` made up."""
    return [
        Counter({name: n for name, n in found.items() if not name.startswith(SENTINEL)})
        for shard in range(stream.settings.detection.shards)
        for tally in (tallies.events, tallies.people)
        for kind, by_product in (("complaints", 2), ("mentions", 0))
        for found in [tally(stream.counts(shard), kind, cut=by_product)]
    ]


def written(folder: Path) -> list[list[str]]:
    """Files of complaints and mentions, of a first and of a second half of twenty days."""
    complaints = histories.surge(
        histories.complaints(6000, days=2 * HALF, seed=1), 180, hour=330, hours=8, seed=2,
        product="heater", category="quality",
    )  # fmt: skip
    complaints = histories.silenced(complaints, hour=420, hours=24, channel="phone")
    mentions = histories.surge(
        histories.mentions(6000, days=2 * HALF, seed=3), 180, hour=230, hours=8, seed=4,
        product="heater", sentiment="negative",
    )  # fmt: skip
    middle = histories.START + HALF * 24 * histories.HOUR
    names = ("first", "second")
    for name in names:
        (folder / name).mkdir()
    return [
        [
            str(histories.write(folder / name / f"{stream}.jsonl", half))
            for stream, events in (("complaints", complaints), ("mentions", mentions))
            for half in [
                histories.with_repetitions(
                    event for event in events if (event["time"] >= middle) == (name == "second")
                )
            ]
        ]
        for name in names
    ]
