"""A shard is a pure function of its counts log, however that log came about."""

from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as searched
from hypothesis import strategies as st

from alerts.signal import Kind, Signal, SignalState
from streams.configuration.sections import Cut
from streams.counts.cells import Counts, decode
from streams.counts.watermarks import CountsGapError, CountsOverlapError
from streams.detection.shards import Shard
from streams.detection.snapshots import Frozen, SnapshotError
from streams.events.columns import End, Parsed
from streams.events.event import Complaint, Event, Update
from streams.intake.reading import Plan
from streams.settings import Settings
from tests.streams.counts import (
    SURGE,
    Log,
    applied,
    busy,
    decided,
    emitted,
    learnt,
    merged,
    of_shard,
    parted,
    played,
    records,
)
from tests.streams.logs import (
    BURN,
    DAY,
    HOUR,
    MINUTE,
    START,
    Partition,
    complaint,
    log,
    mention,
    plan,
    read,
    settings,
)

CHANCE = st.randoms(use_true_random=False)
HOURS = START // HOUR
TWO = settings(partitions=2, records=64)
NINTH = START + 8 * DAY
SEARCHED = searched(max_examples=8)  # an example is six days of a shard


def logs(which: Settings, *, every: int = 25) -> list[list[Log]]:
    """One log a partition."""
    events = parted(which, busy())
    return [emitted(which, records(own), n, every=every) for n, own in enumerate(events)]


WHOLE = logs(TWO)
PLAIN = merged(WHOLE)
SIGNALS, (SHARD,) = played(TWO, PLAIN)


def states(signals: list[Signal], state: SignalState) -> list[Signal]:
    return [signal for signal in signals if signal.state is state]


def test_a_surge_is_called_in_its_scopes_and_nowhere_else() -> None:
    fired = [s for s in states(SIGNALS, SignalState.CONFIRMED) if s.revision == 0]
    assert {tuple(s.scope.values()) for s in fired} == {
        ("complaints", "billing"), ("complaints", "kettle", "billing")
    }  # fmt: skip
    hour = HOURS + SURGE
    assert {int(s.bucket.timestamp()) // 3600 for s in fired} <= {hour, hour + 1}
    assert all(s.observed > 3 * s.expected and s.kind is Kind.SURGE for s in fired)


def test_nothing_is_called_on_quiet_days() -> None:
    which = settings()
    quiet = [e for e in busy() if not SURGE <= (e.time - START) // HOUR < SURGE + 4]
    found, (shard,) = played(which, emitted(which, records(quiet)))
    assert found == []
    assert shard.series() == 5


@pytest.mark.parametrize("shards", [1, 4])
def test_a_series_is_counted_once_however_many_shards_there_are(shards: int) -> None:
    which = settings(shards=shards)
    _, made = played(which, emitted(which, records(busy())))
    assert sum(shard.series() for shard in made) == 5
    assert sum(shard.places() for shard in made) == 5  # the feed learns for a week
    restored = [Shard(which, number) for number in range(shards)]
    for shard, before in zip(restored, made, strict=True):
        shard.restore(before.snapshot())
    assert [shard.series() for shard in restored] == [shard.series() for shard in made]
    assert [shard.places() for shard in restored] == [shard.places() for shard in made]


@given(CHANCE)
@SEARCHED
def test_the_order_in_which_partitions_are_read_changes_no_decision(chance: Random) -> None:
    found, (shard,) = played(TWO, merged(WHOLE, chance))
    assert decided(found) == decided(SIGNALS)
    assert learnt(shard) == learnt(SHARD)


@given(CHANCE, st.integers(1, 60))
@SEARCHED
def test_how_often_a_filling_chunk_is_sent_changes_no_decision(chance: Random, every: int) -> None:
    found, (shard,) = played(TWO, merged(logs(TWO, every=every), chance))
    assert decided(found) == decided(SIGNALS)
    assert learnt(shard) == learnt(SHARD)


@given(CHANCE, st.data())
@SEARCHED
def test_open_chunks_left_out_change_no_decision(chance: Random, data: st.DataObject) -> None:
    chunks = [
        [one for one in own[:-1] if one[0].closed or chance.random() < 0.3] + own[-1:]
        for own in WHOLE
    ]
    found, (shard,) = played(TWO, merged(chunks, chance))
    assert decided(found) == decided(SIGNALS)
    assert learnt(shard) == learnt(SHARD)


@given(CHANCE)
@SEARCHED
def test_records_of_the_past_repeated_change_not_a_bit(chance: Random) -> None:
    repeated: list[Log] = []
    for n, one in enumerate(PLAIN):
        repeated.append(one)
        repeated += [PLAIN[chance.randint(0, n)] for _ in range(chance.randint(0, 2))]
    found, (shard,) = played(TWO, repeated)
    assert found == SIGNALS
    assert shard.snapshot() == SHARD.snapshot()


@cache
def one_after_the_other() -> tuple[list[Signal], dict[str, Any]]:
    """What is found, and learnt, where a partition is read to its end before the other."""
    found, (shard,) = played(TWO, [*WHOLE[0], *WHOLE[1]])
    return found, learnt(shard)


@given(st.integers(0, len(WHOLE[0]) - 1), st.integers(0, 40))
@SEARCHED
def test_a_crash_of_intake_that_reads_from_a_chunks_start_again_changes_nothing(
    at: int, every: int
) -> None:
    own = WHOLE[0]
    chunk = own[at][0].start
    partition = emitted(TWO, records(parted(TWO, busy())[0]), every=every + 1)
    again = [one for one in partition if one[0].start >= chunk]
    found, (shard,) = played(TWO, [*own[: at + 1], *again, *WHOLE[1]])
    plain, other = one_after_the_other()
    assert decided(found) == decided(plain) == decided(SIGNALS)
    assert learnt(shard) == other


@cache
def course() -> list[tuple[list[Signal], Frozen]]:
    """What a shard that never stopped says to each record, and its snapshot then."""
    shard = Shard(TWO, 0)
    return [([], shard.snapshot()), *((shard.apply(one), shard.snapshot()) for (one,) in PLAIN)]


@given(st.integers(0, len(PLAIN)))
@searched(max_examples=25, deadline=None)
def test_a_shard_restored_at_any_offset_goes_on_to_the_same_bytes(at: int) -> None:
    restored = Shard(TWO, 0)
    restored.restore(course()[at][1])
    assert restored.snapshot() == course()[at][1]
    for (one,), (said, snapshot) in zip(PLAIN[at:], course()[at + 1 :], strict=True):
        assert restored.apply(one) == said
        assert restored.snapshot() == snapshot


@pytest.mark.parametrize("shards", [2, 5])
def test_the_number_of_shards_changes_no_decision_and_none_is_told_twice(shards: int) -> None:
    which = settings(partitions=2, records=64, shards=shards)
    found, held = played(which, merged(logs(which)))
    assert decided(found) == decided(SIGNALS)
    names = [(s.id, s.state, s.revision) for s in found]
    assert len(names) == len(set(names))
    lives = [learnt(shard)["complaints"]["lives"] for shard in held]
    whole = learnt(SHARD)["complaints"]["lives"]
    for key, state in whole.items():
        holders = [own[key] for own in lives if key in own]
        assert len(holders) == (shards if key.cut == 0 else 1)
        assert all(own == state for own in holders)


@pytest.mark.parametrize("partitions", [1, 3])
def test_the_number_of_partitions_changes_no_decision_on_ordered_events(partitions: int) -> None:
    which = settings(partitions=partitions, records=64)
    found, _ = played(which, merged(logs(which)))
    assert decided(found) == decided(SIGNALS)


def test_a_provisional_alarm_comes_once_and_is_confirmed_under_its_id() -> None:
    provisional = states(SIGNALS, SignalState.PROVISIONAL)
    confirmed = {s.id: s for s in states(SIGNALS, SignalState.CONFIRMED) if s.revision == 0}
    assert provisional
    assert len({s.id for s in provisional}) == len(provisional)
    for signal in provisional:
        assert signal.id in confirmed
        assert signal.at <= confirmed[signal.id].at
        assert signal.score <= confirmed[signal.id].score


def test_the_score_of_a_bucket_that_fills_only_rises() -> None:
    which = settings(records=4096)
    fine = emitted(which, records(busy()), every=1)
    found, _ = played(which, fine)
    early = {s.id: s for s in states(found, SignalState.PROVISIONAL)}
    late = {s.id: s for s in states(found, SignalState.CONFIRMED) if s.revision == 0}
    assert set(early) == set(late)
    assert all(s.observed <= late[s.id].observed for s in early.values())
    assert {s.bucket for s in early.values()} == {s.bucket for s in late.values()}
    assert min(s.at for s in early.values()) < min(s.at for s in late.values())


def steady(days: int, *, per_hour: int = 120, rare: int = 4) -> list[Complaint]:
    """Kettles every so many seconds, and an iron every `rare` hours."""
    step = HOUR // per_hour
    often = [complaint(n, START + n * step) for n in range(days * 24 * per_hour)]
    seldom = [
        complaint(f"i{n}", START + n * rare * HOUR, product="iron", category="staff")
        for n in range(days * 24 // rare)
    ]
    return sorted([*often, *seldom], key=lambda event: event.time)


def after_eight_days(*said: Complaint) -> list[Signal]:
    """What surges a shard finds in these complaints of the ninth day."""
    which, calm = settings(records=4096), steady(8)
    history = [*calm, *sorted(said, key=lambda event: event.time)]
    ended = records(history, ends=START + 9 * DAY)
    sent = emitted(which, ended, every=5, after=len(calm))
    found = played(which, sent)[0]
    return [s for s in found if s.kind is Kind.SURGE and s.bucket.timestamp() * 1000 >= NINTH]


def iron(n: int, time: int) -> Complaint:
    return complaint(f"iron-{n}", time, product="iron", category="staff")


def test_a_provisional_alarm_is_withdrawn_if_the_close_finds_an_outage() -> None:
    found = after_eight_days(*(iron(n, NINTH + n * MINUTE) for n in range(25)))
    told = {s.id for s in states(found, SignalState.PROVISIONAL)}
    assert told
    assert {s.id for s in states(found, SignalState.WITHDRAWN)} == told
    assert states(found, SignalState.CONFIRMED) == []


def test_a_surge_while_the_source_works_is_confirmed() -> None:
    usual = [complaint(f"u{n}", NINTH + n * 30_000) for n in range(120)]
    found = after_eight_days(*usual, *(iron(n, NINTH + n * MINUTE) for n in range(25)))
    assert {s.state for s in found} >= {SignalState.PROVISIONAL, SignalState.CONFIRMED}
    assert states(found, SignalState.WITHDRAWN) == []


def test_what_was_held_back_by_an_outage_raises_no_alarm_when_it_arrives() -> None:
    held_back = [complaint(f"h{n}", NINTH + HOUR + n * 5_000) for n in range(700)]
    assert after_eight_days(complaint("trickle", NINTH), *held_back) == []


def test_a_category_that_is_new_is_no_outage_of_the_stream() -> None:
    usual = [complaint(f"u{n}", NINTH + n * 30_000) for n in range(120)]
    surge = [iron(n, NINTH + n * MINUTE) for n in range(25)]
    newcomer = complaint("new", NINTH + MINUTE, category="ethics", product="iron")
    found = after_eight_days(*usual, *surge, newcomer)
    assert states(found, SignalState.CONFIRMED)
    assert states(found, SignalState.WITHDRAWN) == []


def one_chunk(event: Event, which: Settings) -> Counts:
    (counts,) = read(plan(which), [log([event])]).counts()
    return counts


def test_a_harmful_event_is_told_at_once_and_confirmed_at_the_close() -> None:
    which = settings()
    said = [complaint(1, START + HOUR, text=BURN), complaint(2, START + 2 * HOUR)]
    sent = emitted(which, records(said), every=1)
    found, _ = played(which, sent)
    assert [(s.kind, s.state, s.revision) for s in found] == [
        (Kind.TRIGGER, SignalState.PROVISIONAL, 0), (Kind.TRIGGER, SignalState.CONFIRMED, 0)
    ]  # fmt: skip
    assert len({s.id for s in found}) == 1
    assert found[0].harm == ("injury",)
    assert found[0].examples == (BURN,)


def test_a_chunk_that_stays_open_after_its_hour_closed_tells_its_trigger_no_second_time() -> None:
    which = settings()
    hours = [complaint(n, START + n * HOUR) for n in range(1, 9)]
    sent = emitted(which, records([complaint(0, START, text=BURN), *hours]), every=1)
    found, _ = played(which, sent)
    assert [s.state for s in found] == [SignalState.PROVISIONAL, SignalState.CONFIRMED]


def test_late_harmful_events_of_one_closed_hour_are_all_told() -> None:
    which = settings()
    late = [complaint("a", START, text=BURN), complaint("b", START, text=BURN, product="iron")]
    said: list[Parsed] = [complaint(1, START + HOUR), End(START + 5 * HOUR), *late]
    sent = emitted(which, records(said), every=2)
    found, (shard,) = played(which, sent)
    told = states(found, SignalState.PROVISIONAL)
    assert {s.scope["product"] for s in told} == {"kettle", "iron"}
    assert {s.id for s in states(found, SignalState.CONFIRMED)} == {s.id for s in told}
    assert shard.late_at_detection == 0


def test_a_harmful_event_that_idle_time_overtook_is_told_and_confirmed() -> None:
    which = settings(records=4096)
    partition, shard = Partition(plan(which)), Shard(which, 0)
    partition.take(log([complaint(0)]))
    applied(shard, partition.counts())
    shard.apply(decode(partition.reading.mark(end=1, idle=5 * HOUR)))
    late = [complaint("a", text=BURN), complaint("b", text=BURN, product="iron")]
    partition.take(log(late, offset=1, every=1))
    told = applied(shard, partition.counts())
    assert [s.state for s in told] == [SignalState.PROVISIONAL] * 2
    assert {int(s.bucket.timestamp()) // 3600 for s in told} == {HOURS + 4}
    partition.take(log([End(START + 5 * HOUR)], offset=3, every=1))
    confirmed = applied(shard, partition.counts())
    assert {s.id for s in states(confirmed, SignalState.CONFIRMED)} == {s.id for s in told}


def test_a_trigger_is_told_by_one_shard_whatever_its_product() -> None:
    which = settings(shards=4)
    said = [complaint(n, START, text=BURN, product=p) for n, p in enumerate(["a", "b", None])]
    found, _ = played(which, emitted(which, log([*said, End(START + DAY)], every=1)))
    assert len(found) == 6
    assert len({(s.id, s.state) for s in found}) == 6


def test_one_post_is_hearsay_and_a_second_author_with_words_of_his_own_makes_it_an_alarm() -> None:
    which = settings().model_copy(update={"cuts": (Cut(stream="complaints", by=("category",)),)})
    source = Plan(which, which.sources[1], 1)

    def told(*posts: tuple[str, str]) -> list[Signal]:
        partition = Partition(source)
        said = [mention(n, author=author, text=text) for n, (author, text) in enumerate(posts)]
        partition.take(log(said, every=1))
        return applied(Shard(which, 0), partition.counts())

    other = "The kettle burned my son's fingers and he had to go to hospital"
    assert told(("ann", BURN)) == told(("ann", BURN), ("ann", other)) == []
    assert told(("ann", BURN), ("bob", f"{BURN.upper()} 😡")) == []
    for text in (other, f"So did mine! {BURN}"):
        (signal,) = told(("ann", BURN), ("bob", text))
        assert signal.state == SignalState.PROVISIONAL


def test_people_whom_idle_time_overtook_are_counted_as_late_at_detection() -> None:
    which = settings(records=4096)
    which = which.model_copy(
        update={"intake": which.intake.model_copy(update={"chunk_span": timedelta(days=1)})}
    )
    partition, shard = Partition(plan(which)), Shard(which, 0)
    partition.take(log([complaint(0, START), complaint(1, START + 10 * MINUTE)]))
    applied(shard, partition.counts())
    idle = decode(partition.reading.mark(end=2, idle=2 * HOUR))
    shard.apply(idle)
    overtaken = [complaint(n, START + (10 + n) * MINUTE) for n in (2, 3, 4)]
    partition.take(log(overtaken[:2], offset=2))
    assert shard.late_at_detection == 0
    applied(shard, partition.counts())
    assert shard.late_at_detection == 2
    partition.take(log(overtaken[2:], offset=4))
    applied(shard, partition.counts())
    assert shard.late_at_detection == 3


def test_a_person_who_was_in_time_is_not_late_because_the_chunk_goes_on() -> None:
    which = settings(records=4096)
    said = [complaint(n, START + n * 10 * MINUTE) for n in range(60)]
    _, (shard,) = played(which, emitted(which, records(said), every=1))
    assert shard.late_at_detection == 0


def test_series_are_born_in_the_order_of_their_names_whoever_is_read_first() -> None:
    which = settings(partitions=2)
    names = ["violet", "amber", "red"]
    one, other = (
        emitted(which, records(complaint(c, START + n, category=c) for n, c in enumerate(own)), n)
        for n, own in enumerate((names[:2], names[2:]))
    )
    born = [
        learnt(played(which, log_of)[1][0])["complaints"]["order"]
        for log_of in ([*one, *other], [*other, *one])
    ]
    assert born[0] == born[1] == sorted(born[0])


def test_nothing_is_judged_before_each_partition_has_spoken() -> None:
    found, (shard,) = played(TWO, WHOLE[0])
    assert found == []
    assert shard.series() == 0


def test_a_hole_in_the_counts_stops_the_shard_by_name() -> None:
    closed = [one for one in WHOLE[0] if one[0].closed]
    shard = Shard(TWO, 0)
    applied(shard, of_shard(0, closed[:1]))
    with pytest.raises(CountsGapError, match=r"complaints\[0\]: counts must go on at offset 64"):
        applied(shard, of_shard(0, closed[2:3]))


def test_records_lost_from_the_source_are_no_hole_in_the_counts() -> None:
    which = settings()
    shard = Shard(which, 0)
    applied(shard, of_shard(0, emitted(which, log([complaint(1)], every=1))))
    later = emitted(which, log([complaint(2)], offset=5000, every=1))
    assert later[0][0].first
    applied(shard, of_shard(0, later))
    assert learnt(shard)["complaints"]["open"][HOURS][0, "billing"] == 2


def test_records_lost_inside_a_chunk_that_fills_are_counted_once_all_the_same() -> None:
    which = settings(records=8)
    shard, said = Shard(which, 0), log([complaint(n) for n in range(12)], every=1)
    applied(shard, of_shard(0, emitted(which, said[:6])))
    applied(shard, of_shard(0, emitted(which, said[3:6])))
    assert learnt(shard)["complaints"]["open"][HOURS][0, "billing"] == 6
    *_, (filling,) = emitted(which, said[3:7])
    assert (filling.start, filling.end) == (3, 7)
    with pytest.raises(CountsOverlapError, match="counted from 0 to 6, and the rest of it"):
        applied(shard, [filling])


def test_a_chunk_that_lost_its_beginning_is_followed_by_the_next_one() -> None:
    which = settings(records=8)
    shard, said = Shard(which, 0), log([complaint(n) for n in range(12)], every=1)
    applied(shard, of_shard(0, emitted(which, said[:8])))
    applied(shard, of_shard(0, emitted(which, said[3:12])))
    assert learnt(shard)["complaints"]["open"][HOURS][0, "billing"] == 12


def test_counts_under_other_cuts_are_refused_be_they_as_many() -> None:
    other = settings().model_copy(
        update={"cuts": (Cut(stream="complaints", by=("region",)), *settings().cuts[1:])}
    )
    with pytest.raises(ValueError, match=r"complaints\[0\]: counts at offset .* other cuts"):
        Shard(other, 0).apply(one_chunk(complaint(1), settings()))


def test_a_snapshot_under_other_cuts_is_refused() -> None:
    other = settings().model_copy(
        update={"cuts": (Cut(stream="complaints", by=("region",)), *settings().cuts[1:])}
    )
    with pytest.raises(SnapshotError, match="complaints: a snapshot must be restored under"):
        Shard(other, 0).restore(SHARD.snapshot())


def test_series_past_the_bound_are_counted_as_refused_once_however_often_they_are_sent() -> None:
    which = settings()
    bounded = which.model_copy(
        update={"detection": which.detection.model_copy(update={"max_series": 3})}
    )
    said = [complaint(n, category=f"c{n}") for n in range(5)]
    found, (shard,) = played(bounded, emitted(which, log(said, every=1), every=1))
    assert found == []
    # By category and by product and category each of five people is in one series.
    assert sum(shard.refused.values()) == 7


def test_updates_are_judged_by_nobody() -> None:
    which = settings(topic="updates", stream="updates", key="id")
    step = Update(id="u", time=START, complaint="c", step="accepted")
    assert Shard(which, 0).apply(one_chunk(step, which)) == []
