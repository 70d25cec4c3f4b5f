"""tocsin demo: four weeks of history, then five things go wrong at once."""

import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from alerts.catalogue import LANGUAGES
from alerts.words import Words
from dashboards.demo.addresses import addresses
from dashboards.demo.report import Report, report
from dashboards.demo.screen import Screen
from streams import settings
from streams.broker import local, topics
from streams.demonstration import programme, sandbox
from streams.demonstration.findings import findings
from streams.demonstration.programme import Played
from streams.demonstration.sandbox import Process
from streams.events.event import moment
from streams.hindsight.scorecard import Scorecard
from streams.settings import Settings
from streams.sources.replay import feeding
from streams.traffic.generator import Traffic
from streams.workers.telemetry import Instruments, client
from tocsin import language
from tocsin.errors import one_line
from tocsin.interrupts import stoppable

LIVE = 20.0  # seconds that the last two days take
PATIENCE = 120.0  # seconds after the last event in which everything must be judged and told
LOOK = 0.2
STOPPED = 130
VARIABLE = "LANG_ALERTS"

console = Console(highlight=False)


class Stand(NamedTuple):
    """What has been set up; `instruments` read what the workers tell of themselves."""

    settings: Settings
    bootstrap: str
    workers: Process
    instruments: Instruments


def run(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Stay up afterwards, with the pages, until Ctrl-C.")
    ] = False,
    seed: Annotated[
        int, typer.Option(help="Of the history; another seed is another company's month.", min=0)
    ] = programme.SEED,
    end: Annotated[
        datetime | None,
        typer.Option(help="When it ends, in UTC unless it names a zone; else the present hour."),
    ] = None,
    live: Annotated[float, typer.Option(help="Seconds that the last two days take.", min=1)] = LIVE,
) -> None:
    """Play four weeks and five labelled incidents through a real Kafka; exit 0 if all are called.

    More than one false incident is a failure too. In the language of the command line, or in that
    of LANG_ALERTS: en or zh.

    Example: LANG_ALERTS=zh tocsin demo --keep
    """
    with one_line(ValueError):
        words = Words(_language(), ZoneInfo(programme.ZONE))
    code = STOPPED
    expected = (local.BrokerError, settings.SettingsError, topics.TopicError, sandbox.EndedError)
    try:
        with one_line(*expected), stoppable(), sandbox.secluded():
            made = programme.traffic(end=_end(end), seed=seed, names=words.language)
            show = _Show(words, made, live, Played(moment=moment(made.start)))
            with _stand(words) as stand, show.screen(stand) as screen:
                code = 0 if show.play(stand, screen).passed else 1
                if keep:
                    show.keep(stand)
    except KeyboardInterrupt:
        console.print(words.say("Stopped; nothing is left running."))
    raise typer.Exit(code)


def _language() -> str:
    named = os.environ.get(VARIABLE, "")
    if named and not named.lower().startswith(LANGUAGES):
        raise ValueError(f"{VARIABLE} must be one of {', '.join(LANGUAGES)}, got {named!r}")
    return language.chosen(os.environ, VARIABLE)


def _end(named: datetime | None) -> datetime:
    if named is not None:
        return named.replace(tzinfo=named.tzinfo or UTC)
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@contextmanager
def _stand(words: Words) -> Iterator[Stand]:
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-", ignore_cleanup_errors=True) as folder:
        chosen = sandbox.configured(Path(folder), language=words.language, zone=programme.ZONE)
        starting = console.status(words.say("starting Kafka (the first time downloads 44 MB)"))
        with starting, sandbox.kafka(chosen) as bootstrap:
            starting.stop()
            console.print(words.say("Kafka answers at {address}", address=bootstrap))
            with sandbox.running(chosen.home, "run", _terminal()) as workers, client() as asks:
                yield Stand(chosen, bootstrap, workers, Instruments(chosen.operations, asks))


def _terminal() -> Mapping[str, str]:
    """Makes the workers, whose output comes to us, write as for this terminal."""
    colours = {"FORCE_COLOR": "1"} if console.is_terminal else {}
    return {"COLUMNS": str(console.width), **colours}


@dataclass(frozen=True)
class _Show:
    """One run of the demonstration; `live` is how many seconds the last two days take."""

    words: Words
    made: Traffic
    live: float
    played: Played
    began: float = field(default_factory=time.monotonic)

    def screen(self, stand: Stand) -> Screen:
        return Screen(
            console, self.words, self.played,
            alerts=stand.workers.printed, measure=stand.instruments.read,
        )  # fmt: skip

    def play(self, stand: Stand, screen: Screen) -> Scorecard:
        with feeding(stand.settings, stand.bootstrap) as feed:
            programme.play(self.made, feed, self.played, seconds=self.live)
        self._settle(stand, screen)
        screen.show_alerts()
        card = programme.scored(findings(stand.settings, stand.bootstrap), self.made)
        took, met = time.monotonic() - self.began, screen.telemetry.records
        console.print(report(self.words, Report(card, self.played.sent, met, took)))
        return card

    def _settle(self, stand: Stand, screen: Screen) -> None:
        """Wait until all is judged and told, at most for as long as we have patience."""
        deadline = time.monotonic() + PATIENCE
        while not screen.telemetry.judged(self.made.end / 1000):
            stand.workers.check()
            if time.monotonic() > deadline:
                said = self.words.say("The workers were not done within {seconds} s.",
                                      seconds=f"{PATIENCE:.0f}")  # fmt: skip
                console.print(said, style="bold red")
                return
            time.sleep(LOOK)

    def keep(self, stand: Stand) -> None:
        """Ordinary traffic goes on, and everything can be looked at, until somebody stops it."""
        token = secrets.token_urlsafe(24)
        chosen, bootstrap = stand.settings, stand.bootstrap
        with sandbox.running(chosen.home, "serve", {"TOCSIN_SERVE__TOKEN": token}) as pages:
            pages.await_word()  # it listens
            console.print(addresses(self.words, chosen, bootstrap, token))
            with feeding(chosen, bootstrap) as feed:
                programme.go_on(self.made, feed, self.played)
