"""tocsin demo: four weeks of history, then three things go wrong."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from alerts.words import Words
from streams import broker, demo, replay, settings, topics
from streams.settings import Settings
from streams.traffic.generator import Traffic
from tocsin import language
from tocsin.errors import one_line

LIVE = 20.0  # seconds that the last two days take
PATIENCE = 60.0  # seconds after the last event in which everything must have been called
GRACE = 20.0
PLAIN = ("stream", "harm")  # said by the kind of incident

console = Console(highlight=False)

Result = tuple[demo.Played, list[demo.Call], int]


def run() -> None:
    """Play four weeks and three labelled incidents through a real Kafka; exit 0 if all are called.

    In the language of the command line, or in that of LANG_ALERTS: en or zh.

    Example: tocsin demo
    """
    began, words = time.monotonic(), language.words("LANG_ALERTS")
    with one_line(broker.BrokerError, settings.SettingsError, topics.TopicError):
        played, calls, false_alarms = _played(words)
    _table(words, played, calls)
    missed = [call.label.name for call in calls if call.incident is None]
    console.print(
        words.say(
            "{called} of {all} called, {false_alarms}, {seconds} s",
            called=len(calls) - len(missed), all=len(calls),
            false_alarms=words.numbered(
                "{count} false alarm", "{count} false alarms", false_alarms
            ),
            seconds=f"{time.monotonic() - began:.0f}",
        )
    )  # fmt: skip
    if missed:
        console.print(words.say("not called: {names}", names=words.listed(missed)), markup=False)
        raise typer.Exit(1)


def _played(words: Words) -> Result:
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    made = demo.traffic(end=end)
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-", ignore_cleanup_errors=True) as folder:
        chosen = settings.load(_settings(Path(folder), words.language))
        with _kafka(words, chosen) as bootstrap, _workers(Path(folder)):
            return _watched(words, made, chosen, bootstrap)


def _watched(words: Words, made: Traffic, chosen: Settings, bootstrap: str) -> Result:
    watch = demo.Watch(chosen, bootstrap)
    try:
        console.print(
            words.numbered(
                "playing {count} day of history ...", "playing {count} days of history ...",
                demo.HISTORY_DAYS,
            )
        )  # fmt: skip
        with replay.feeding(chosen, bootstrap) as feed:
            played = demo.play(made, feed, seconds=LIVE, on_live=lambda: _announce(words))
        demo.settled(watch, made, within=PATIENCE)
        calls = [watch.call(label) for label in made.labels]
        since = datetime.fromtimestamp(made.start / 1000, UTC) + demo.LEARNING
        return played, calls, len(watch.false_alarms(calls, since=since))
    finally:
        watch.close()


def _announce(words: Words) -> None:
    console.print(words.say("... and now the last two days, in {seconds} s", seconds=f"{LIVE:.0f}"))
    console.print()


def _settings(home: Path, language: str) -> Path:
    file = home / "tocsin.toml"
    file.write_text(
        f'home = "{home.as_posix()}"\n[response]\nlanguage = "{language}"\n'
        "[channels.terminal]\nenabled = true\n"
        "[operations]\nintake_port = 0\ndetection_port = 0\nresponse_port = 0\n",
        encoding="utf-8",
    )
    return file


@contextmanager
def _kafka(words: Words, chosen: Settings) -> Iterator[str]:
    with console.status(words.say("starting Kafka (the first time downloads 44 MB)")):
        running = broker.up(chosen.home)
    console.print(words.say("Kafka answers at {address}", address=running.bootstrap))
    try:
        topics.create(chosen, running.bootstrap)
        yield running.bootstrap
    finally:
        broker.down(chosen.home)


@contextmanager
def _workers(home: Path) -> Iterator[None]:
    """All roles as `tocsin run` starts them; their alerts come to this terminal."""
    with (home / "log").open("ab") as log:
        command = [sys.executable, "-m", "tocsin", "run", "--settings", str(home / "tocsin.toml")]
        process = subprocess.Popen(command, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timedelta(seconds=GRACE).total_seconds())


def _table(words: Words, played: demo.Played, calls: list[demo.Call]) -> None:
    console.print(
        words.numbered(
            "{count} record played, the history in {seconds} s",
            "{count} records played, the history in {seconds} s",
            played.records, seconds=f"{played.history_seconds:.1f}",
        )
    )  # fmt: skip
    table = Table(
        words.say("what"), words.say("began"), words.say("called"), words.say("after"),
        words.say("events"), words.say("as"),
        title=words.say("what went wrong, and when it was called (times in UTC)"),
    )  # fmt: skip
    for call in calls:
        table.add_row(*_row(words, played, call))
    console.print(table)


def _row(words: Words, played: demo.Played, call: demo.Call) -> list[str]:
    label = call.label
    scope = words.named({f: value for f, value in label.scope.items() if f not in PLAIN})
    what = f"{words.name('scenario', label.kind)}: {scope}"
    if call.at is None:
        return [what, words.hour(call.began), words.say("not called"), "", "", ""]
    hours = (call.at - call.began).total_seconds() / 3600
    return [
        what, words.hour(call.began), words.hour(call.at),
        words.say("{hours} h", hours=f"{hours:.1f}"),
        words.say("{some} of {all}", some=played.until(call), all=len(label.events)),
        f"{words.name('colour', call.colour)} {call.incident}",
    ]  # fmt: skip
