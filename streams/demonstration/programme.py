"""What the demonstration plays: four weeks of ordinary history, then five things at once."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain

import numpy as np

from streams.configuration.sections import Source, Stream
from streams.events.columns import Columns
from streams.events.event import EPOCH, MILLISECOND, Event, moment
from streams.files.course import Owners, Passage, parted
from streams.hindsight.backtest import Backtest
from streams.hindsight.scorecard import Findings, Scorecard, score
from streams.settings import Settings
from streams.sources.replay import Feed, Pace
from streams.traffic.generator import STREAMS, Traffic, generate
from streams.traffic.scenarios.scenario import Kind
from streams.traffic.scenarios.silence import Silence
from streams.traffic.schedule import lately
from streams.traffic.transport import Made

HISTORY_DAYS = 28
DAYS = HISTORY_DAYS + 2
LEARNING = timedelta(days=14)  # until each day of the week was met twice
AFTERWARDS = 30  # days that it can go on
SEED = 7
ZONE = "Asia/Shanghai"  # of the company
LATENESS = Source.model_fields["lateness"].default // MILLISECOND


def traffic(*, end: datetime, seed: int = SEED, names: str = "en") -> Traffic:
    """Four weeks and two days that end at `end`, with one happening of each kind."""
    start = end - timedelta(days=DAYS)
    return generate(seed=seed, start=start, days=DAYS, incidents=lately(end), names=names)


class Phase(StrEnum):
    HISTORY = "history"
    LIVE = "live"
    VERDICTS = "verdicts"
    AFTERWARDS = "afterwards"


@dataclass
class Played:
    """How far the play has come, and what was sent, by what became of it on its way."""

    phase: Phase = Phase.HISTORY
    day: int = 0
    moment: datetime = EPOCH
    sent: Counter[str] = field(default_factory=Counter)

    def note(self, one: Made) -> None:
        self.moment = moment(one.arrives)
        self.sent["all"] += 1
        self.sent["damaged"] += one.damage is not None
        self.sent["again"] += one.again
        self.sent["slow"] += one.delay > LATENESS


def play(made: Traffic, feed: Feed, played: Played, *, seconds: float) -> None:
    """Send the history at once and the last two days within `seconds`, then the end of input."""
    pace = Pace(timedelta(days=made.days - HISTORY_DAYS).total_seconds() / seconds)
    for number, day in enumerate(made.daily()):
        played.day = number
        if number == HISTORY_DAYS:
            played.phase = Phase.LIVE
        for one in day:
            if played.phase is Phase.LIVE:
                pace.wait(one.arrives)
            _send(feed, one, played)
    feed.end(STREAMS, made.end)
    played.phase = Phase.VERDICTS


def go_on(made: Traffic, feed: Feed, played: Played) -> None:
    """Send what comes afterwards, ordinary and on the silent channel still nothing, as it comes."""
    played.phase = Phase.AFTERWARDS
    end = moment(made.end)
    silences = [
        Silence(begins=end, lasts=timedelta(days=AFTERWARDS), channel=label.scope["channel"])
        for label in made.labels
        if label.kind is Kind.SILENCE
    ]
    more = generate(
        seed=made.seed + 1, start=end, days=AFTERWARDS, incidents=silences, names=made.names
    )
    for one in more:
        time.sleep(max(one.arrives / 1000 - time.time(), 0))
        _send(feed, one, played)


def _send(feed: Feed, one: Made, played: Played) -> None:
    if one.damage:
        feed.raw(one.stream, one.raw)
    else:
        feed.event(one.stream, one.event)
    played.note(one)


def scored(findings: Findings, made: Traffic) -> Scorecard:
    since = moment(made.start) + LEARNING
    return score(findings, made.labels, made.planted, since=since)


def rehearse(made: Traffic, settings: Settings) -> Findings:
    """What is found in the same events without Kafka."""
    findings = Findings()
    for outcome in Backtest(settings, now=made.end).play(_Script(made)):
        findings.take(outcome.signals, outcome.incidents)
    return findings


class _Script:
    """The traffic as a back-test plays it, a day at a time; what is damaged is left out."""

    def __init__(self, made: Traffic) -> None:
        self.ends = dict.fromkeys(STREAMS, made.end)
        self._made = made

    def passages(self, owners: Owners) -> Iterator[list[Passage]]:
        for day in self._made.daily():
            events: dict[Stream, list[Event]] = {}
            for made in day:
                if not made.damage:
                    events.setdefault(made.stream, []).append(made.event)
            yield list(chain.from_iterable(_parted(owners, *one) for one in events.items()))


def _parted(owners: Owners, stream: Stream, events: Sequence[Event]) -> Iterator[Passage]:
    columns = Columns.of(events)
    return parted(stream, columns, np.arange(len(columns)), owners(stream, columns))
