"""Negative posts among all of a product, judged through a stream as the detector would alone."""

from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest

from alerts.signal import Kind, Signal, SignalState
from streams.configuration.sections import Cut
from streams.counts.cells import Counts
from streams.detection.judges.judge import Seat
from streams.detection.judges.share import Trio, share_judge
from streams.detection.packing import freeze, thaw
from streams.detection.shards import Shard
from streams.detection.stream import Stream
from streams.events.event import Mention
from streams.settings import Settings, SettingsError, load
from tests.streams.counts import decided, emitted, learnt, merged, parted, played, records
from tests.streams.logs import DAY, HOUR, START, mention, settings

DAYS, SHIFT = 10, 8 * 24
MOODS = ("negative", "neutral", "unknown")
NEGATIVE = Cut(
    stream="mentions", by=("product",), where={"sentiment": "negative"}, methods=("surge", "share")
)
UNKNOWN = Cut(stream="mentions", by=("product",), where={"sentiment": "unknown"}, methods=())
ALL = Cut(stream="mentions", by=("product",))


def plan(*cuts: Cut, **facts: Any) -> Settings:
    plain = settings(records=256, **facts)
    return plain.model_copy(
        update={"cuts": cuts or (NEGATIVE, ALL, UNKNOWN), "sources": plain.sources[1:]}
    )


@cache
def posts() -> list[Mention]:
    """Eight an hour of either product; from the shift on six in ten of the kettle's are bad."""
    chance = np.random.default_rng(7)
    made = []
    for hour in range(DAYS * 24):
        for product in ("iron", "kettle"):
            bad = 0.6 if product == "kettle" and hour >= SHIFT else 0.2
            moods = chance.choice(MOODS, chance.poisson(8.0), p=[bad, 0.9 - bad, 0.1])
            made += [(START + hour * HOUR + int(chance.integers(HOUR)), product, m) for m in moods]
    return [
        mention(n, time, product=product, sentiment=None if mood == "unknown" else str(mood))
        for n, (time, product, mood) in enumerate(sorted(made))
    ]


def logs(which: Settings) -> list[list[Counts]]:
    return emitted(which, records(posts(), ends=START + DAYS * DAY), every=300)


@cache
def called() -> list[Signal]:
    found, _ = played(plan(), logs(plan()))
    return [signal for signal in found if signal.kind is Kind.SHARE]


def test_more_of_the_posts_than_usual_are_negative_and_it_says_how_many_of_how_many() -> None:
    first = called()[0]
    assert first.scope == {"stream": "mentions", "product": "kettle", "sentiment": "negative"}
    assert first.state is SignalState.CONFIRMED
    assert START + SHIFT * HOUR < first.at.timestamp() * 1000 <= START + (SHIFT + 24) * HOUR
    assert first.observed > 0.45 * first.whole
    assert 0.15 * first.whole < first.expected < 0.3 * first.whole
    share, usual = (100 * n / first.whole for n in (first.observed, first.expected))
    assert f"share of negative {share:.0f} % of {first.whole:.0f} since " in first.reason
    assert first.reason.endswith(f" where {usual:.0f} % is usual")
    assert {signal.scope["product"] for signal in called()} == {"kettle"}


def test_restored_in_the_middle_it_goes_on_to_the_same_bytes() -> None:
    which = plan()
    before, after = Stream("mentions", which, 0), Stream("mentions", which, 0)
    sent = [record for (record,) in logs(which)]
    middle = len(sent) // 2
    for record in sent[:middle]:
        list(before.apply(record))
    after.restore(thaw(freeze(before.snapshot())))
    for record in sent[middle:]:
        assert list(after.apply(record)) == list(before.apply(record))
    assert freeze(after.snapshot()) == freeze(before.snapshot())


def test_neither_partitions_nor_the_order_of_reading_change_what_is_called() -> None:
    which = plan(partitions=2)
    parts = [
        emitted(which, records(events, ends=START + DAYS * DAY), number, every=250)
        for number, events in enumerate(parted(which, posts()))
    ]
    one, (shard,) = played(which, merged(parts, Random(1)))
    other, (same,) = played(which, merged(parts, Random(2)))
    assert decided(one) == decided(other)
    assert learnt(shard) == learnt(same)
    (held, again) = (
        s._streams["mentions"].judges.snapshot()["judges"]["share"] for s in (shard, same)
    )
    assert freeze(held) == freeze(again)


def test_one_shard_tells_of_what_all_judge_alike() -> None:
    which = plan(shards=3)
    found, _ = played(which, logs(which))
    told = [s for s in found if s.kind is Kind.SHARE and s.revision == 0 and s.live]
    assert len(told) == len({signal.id for signal in told}) >= 1


def test_a_part_may_name_the_fields_of_its_whole_in_another_order() -> None:
    whole = Cut(stream="mentions", by=("region", "product"))
    part = Cut(
        stream="mentions", by=("product", "region"), where={"sentiment": "negative"},
        methods=("share",),
    )  # fmt: skip
    which = plan(whole, part)
    events = [
        mention(n, START + n * HOUR // 2, region="N", sentiment="negative") for n in range(48)
    ]
    sent = emitted(which, records(events, ends=START + DAY))
    shard = Shard(which, 0)
    for (record,) in sent:
        list(shard.apply(record))
    held = shard._streams["mentions"].judges.snapshot()["judges"]["share"]["state"]
    assert held["events"].tolist() == [48.0]


def test_no_cut_asks_for_it_and_there_is_no_such_judge() -> None:
    seat = Seat("mentions", plan(), [ALL], None, 1.0, lambda *_: True)  # type: ignore[arg-type]
    assert share_judge(seat) is None
    assert Trio.of(0, (NEGATIVE, ALL, UNKNOWN)) == (0, 1, 2)
    assert Trio.of(1, (ALL, NEGATIVE)) == (1, 0, None)


CUT = '[[cuts]]\nstream = "mentions"\nby = ["product"]\n'
NEGATIVE_PART = 'where = { sentiment = "negative" }\nmethods = ["share"]\n'


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            CUT + NEGATIVE_PART,
            r"cuts\[0\].methods: share needs .* part of; none counts mentions by product$",
        ),
        (CUT + 'methods = ["share"]\n', "share needs where to fix one field, got"),
        (
            CUT + 'family = "product"\n' + CUT + NEGATIVE_PART,
            r"cuts\[1\].methods: the cut product must have no family, or that of its part",
        ),
        (
            CUT + CUT + NEGATIVE_PART + CUT + 'family = "product"\n'
            'where = { sentiment = "unknown" }\n',
            r"cuts\[1\].methods: the cut product\[sentiment=unknown\] must have no family, or",
        ),
    ],
)
def test_a_share_without_its_whole_is_refused(written: str, said: str, tmp_path: Any) -> None:
    file = tmp_path / "tocsin.toml"
    file.write_text(written, encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        load(file)
