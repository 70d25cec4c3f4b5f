"""What the chaos benchmark strikes, and how it reckons; a small size of it is in tests/kafka."""

import json
import os
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.chaos import answers, events, ground, ledger, recovery, strikes
from benchmarks.chaos.battle import Struck
from benchmarks.chaos.sent import Place, Sent
from benchmarks.chaos.strikes import REST, SESSION, Blow, Target
from benchmarks.chaos.watch import Watch
from streams.archive.layout import MARKS, File
from streams.archive.places import Folder
from streams.broker.topics import Role
from streams.counts.cells import decode
from streams.events.columns import Columns
from streams.events.event import Complaint, Mention
from streams.hindsight import simulation
from streams.intake.reading import Plan
from streams.settings import Settings, load
from streams.sources.keys import partition_of
from tests.kafka import histories
from tests.kafka.receiver import receiving
from tests.streams import logs

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
    away, back_at = set[Blow](), -REST
    for blow in long:
        if not blow.returns:
            assert blow.at - back_at >= REST - 1e-9
            assert {one.at for one in away} <= {blow.at}
            away.add(blow)
            continue
        (gone,) = [one for one in away if one == blow._replace(at=one.at, returns=False)]
        away.remove(gone)
        back_at = blow.at
        assert gone.target is Target.BROKER or back_at - gone.at > SESSION
    assert not away


@given(KILLS, SEEDS)
def test_two_workers_of_a_machine_are_frozen_together(kills: int, seed: int) -> None:
    frozen = [blow for blow in strikes.drawn(kills, seed) if blow.target is Target.FROZEN]
    assert len(frozen) == 4 * max(1, kills // 6)
    for one, other in zip(frozen[::2], frozen[1::2], strict=True):
        assert one == other._replace(role=one.role)
        assert one.role != other.role


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
        ([KILLED], [1000, 1500, 1900], {"rebalance": 0.5, "worker intake": 10.0}),
        ([KILLED, KILLED._replace(at=4000)], [1000, 7000], {"worker intake": 5.0}),
        ([KILLED, KILLED._replace(at=4000)], [1000, 3500, 7000], {"worker intake": 3.0}),
        ([KILLED._replace(blow=Blow(0, Target.MACHINE))], [1000, 7000], {"machine intake": 5.0}),
        ([OTHER], [1000, 7000], {"rebalance": 6.0}),
        (OUTAGE, [1000, 12_000], {"broker": 3.0}),
        (OUTAGE, [1000, 8500, 9100], {"broker": 0.1}),
        ([*OUTAGE, KILLED._replace(at=10_000)], [1000, 11_500], {"broker": 2.5}),
        ([KILLED._replace(at=1500), *OUTAGE], [1000, 11_500], {"worker intake": 3.0}),
        ([KILLED], [1000], {"worker intake": 10.0}),
    ],
    ids=[
        "one kill", "before it", "two kills", "recovered between", "a machine", "another role",
        "broker", "early", "broker first", "kill first", "never again",
    ],
)  # fmt: skip
def test_a_standstill_counts_from_the_first_blow_that_it_has_not_recovered_from(
    struck: list[Struck], moments: list[int], expected: dict[str, float]
) -> None:
    stood = recovery.standstills({Role.INTAKE: [moments]}, struck, until=12_000)
    found = recovery.slowest(stood)
    assert {cause: found[cause] for cause in expected} == expected
    assert found.keys() - expected.keys() <= {recovery.JOINED}


@given(st.lists(st.integers(0, 9000), min_size=1), st.lists(st.integers(0, 9000)))
def test_no_second_after_a_blow_is_left_out(moments: list[int], blows: list[int]) -> None:
    struck = [KILLED._replace(at=at) for at in sorted(blows)]
    stood = recovery.standstills({Role.INTAKE: [sorted(moments)]}, struck, until=9000)
    found = recovery.slowest(stood).get("worker intake", 0.0)
    for at in (at for at in blows if at > min(moments)):
        went_on = min((moment for moment in moments if moment > at), default=9000)
        if at not in moments:
            assert found >= (went_on - at) / 1000 - 0.05


def struck(folder: Path) -> Settings:
    """Of the installation that is struck."""
    file = folder / "settings.toml"
    with receiving() as receiver:
        file.write_text(ground.options(receiver, folder), encoding="utf-8")
    return load(file)


TWO = logs.settings(partitions=2)
POSTS = Plan(TWO, TWO.sources[1], 2)
ONE = Place("mentions", "kettle", logs.START // logs.MINUTE)


def test_posts_and_their_people_are_reckoned_as_intake_counts_them(tmp_path: Path) -> None:
    files = events.write(tmp_path, events=10_000, seed=1)
    sent = Sent.of(files[1:], TWO)
    posts = [json.loads(line) for line in files[1].read_text(encoding="utf-8").splitlines()]
    parsed = [msgspec.convert(post, Mention) for post in posts]
    counts = []
    for number in range(2):
        own = [one for one in parsed if partition_of(POSTS.source, one, 2) == number]
        records = [logs.Record(n, parsed[-1].time, one) for n, one in enumerate(own)]
        counts += logs.read(POSTS, [records], number=number).counts()
    assert ledger.counted(counts, TWO) == (sent.distinct, sent.people)
    assert len(posts) == sent.events.total() > sent.distinct.total()
    reposts = sum(n for at, n in sent.distinct.items() if at.repost)
    declared = sum("repost_of" in post for post in posts)
    assert declared < reposts < 2 * declared
    assert 0 < sent.people.total() < sent.distinct.total() - reposts


def test_who_comes_again_in_another_partition_of_posts_is_somebody_else(tmp_path: Path) -> None:
    names = [f"post {n}" for n in range(8)]
    post = {"time": logs.START, "author": "ann", "product": "kettle", "category": "billing"}
    file = histories.write(tmp_path / "mentions.jsonl", [post | {"id": name} for name in names])
    assert Sent.of([file], TWO).people == Counter({ONE: 2})
    assert Sent.of([file], logs.settings()).people == Counter({ONE: 1})


def test_who_comes_again_after_the_horizon_is_refused_for_nothing_is_promised(
    tmp_path: Path,
) -> None:
    files = events.write(tmp_path, events=2000, seed=1)
    with pytest.raises(ValueError, match="within the horizon"):
        Sent.of(files, struck(tmp_path))


@pytest.mark.parametrize("first", [0, 1])
def test_callers_are_reckoned_as_intake_counts_them_whichever_call_goes_on_first(
    tmp_path: Path, first: int
) -> None:
    settings = struck(tmp_path)
    (source,) = [source for source in settings.sources if source.topic == "calls"]
    (file, _) = events.write(tmp_path, events=8000, seed=1)
    made = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    calls = [msgspec.convert(one, Complaint) for one in made if ground.calls(one["person"])]
    topic = simulation.topic(Plan(settings, source, source.partitions))
    counts = []
    for number in (first, 1 - first):
        own = [one for one in calls if partition_of(source, one, 2) == number]
        taken = topic.take(number, Columns.of(own), now=calls[-1].time)
        counts += [decode(told.counts[0]) for told in taken]
    sent, found = Sent.of([file], settings), ledger.counted(counts, settings)
    assert found.events == Counter(
        {at: n for at, n in sent.distinct.items() if at.source == "calls"}
    )
    assert found.people == Counter({at: n for at, n in sent.people.items() if at.source == "calls"})
    assert len(calls) > 1000
    assert found.events.total() - found.people.total() == len([c for c in calls if "again" in c.id])


def test_a_repost_that_is_counted_as_a_post_is_lost_and_doubled() -> None:
    sent, found = Counter({ONE._replace(repost=True): 1}), Counter({ONE: 1})
    assert ledger.missing(sent, [sent, found]) == ledger.beyond(sent, [found, sent]) == 1


def signalled(*names: str) -> list[dict[str, Any]]:
    return [{"id": name, "scope": {"product": "kettle"}, "signals": [f"{name}-1", f"{name}-2"],
             "colour": "blue"} for name in names]  # fmt: skip


def test_an_incident_is_lost_where_no_line_holds_one_of_its_signals() -> None:
    expected, found = signalled("one", "two"), signalled("one", "two")
    assert answers.lost(expected, found) == 0
    found[1]["id"] = "another order, another name"
    assert answers.lost(expected, found) == 0
    found[1]["signals"] = ["two-1"]
    assert answers.lost(expected, found) == 1


def test_an_end_is_a_delivery_that_is_over_for_good() -> None:
    wanted = {"id": "one", "state": "wanted"}
    assert not answers.ended([wanted, {"id": "one", "state": "attempted"}])
    assert answers.ended([wanted, {"id": "one", "state": "sent"}])


def test_the_settings_are_those_of_a_siege_where_partitions_are_soon_idle(tmp_path: Path) -> None:
    settings = struck(tmp_path)
    assert {source.partitions for source in settings.sources} == {2}
    assert settings.intake.idle_after == timedelta(seconds=1)
    sources = [(source.topic, source.stream, source.rekeyed) for source in settings.sources]
    assert sources == [
        ("complaints", "complaints", False), ("calls", "complaints", True),
        ("mentions", "mentions", False),
    ]  # fmt: skip


def test_an_archive_goes_on_where_a_file_of_the_source_is_written(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.look()
    assert not watch.moments
    file = File("complaints", "chaos-complaints", 3, date(2026, 11, 29), 0)
    for name, at in ((file.name, 5), (file._replace(folder=MARKS).name, 6), (file.name, 7)):
        Folder(tmp_path).put(name, Path.touch)
        os.utime(tmp_path / name, (at, at))
        watch.look()
    assert watch.moments == {("chaos-complaints", 3): {5000, 7000}}


def test_a_part_that_never_went_on_is_seen_and_one_that_nobody_knows_is_an_error() -> None:
    found = recovery.parts([("complaints", 0), ("complaints", 1)], [(("complaints", 0), 7)])
    assert found == {("complaints", 0): [7], ("complaints", 1): []}
    with pytest.raises(KeyError):
        recovery.parts([("complaints", 0)], [(("chaos-complaints", 0), 7)])
