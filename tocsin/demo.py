"""tocsin demo: four weeks of history, then three things go wrong."""

import os
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

from streams import broker, demo, replay, settings, topics
from streams.settings import Settings
from streams.traffic.generator import Traffic
from tocsin.errors import one_line

LIVE = 20.0  # seconds that the last two days take
PATIENCE = 60.0  # seconds after the last event in which everything must have been called
GRACE = 20.0
PLAIN = ("stream", "harm")  # said by the kind of incident

console = Console(highlight=False)

Result = tuple[demo.Played, list[demo.Call], int]


def run() -> None:
    """Play four weeks and three labelled incidents through a real Kafka; exit 0 if all are called.

    Alerts are in English, or in Chinese with LANG_ALERTS=zh.

    Example: tocsin demo
    """
    began = time.monotonic()
    with one_line(broker.BrokerError, settings.SettingsError, topics.TopicError):
        played, calls, false_alarms = _played()
    _table(played, calls)
    missed = [call.label.name for call in calls if call.incident is None]
    console.print(
        f"{len(calls) - len(missed)} of {len(calls)} called, {false_alarms} false alarms, "
        f"{time.monotonic() - began:.0f} s"
    )
    if missed:
        console.print(f"not called: {', '.join(missed)}", markup=False)
        raise typer.Exit(1)


def _played() -> Result:
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    made = demo.traffic(end=end)
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-", ignore_cleanup_errors=True) as folder:
        chosen = settings.load(_settings(Path(folder)))
        with _kafka(chosen) as bootstrap, _workers(Path(folder)):
            return _watched(made, chosen, bootstrap)


def _watched(made: Traffic, chosen: Settings, bootstrap: str) -> Result:
    watch = demo.Watch(chosen, bootstrap)
    try:
        console.print(f"playing {demo.HISTORY_DAYS} days of history ...")
        with replay.feeding(chosen, bootstrap) as feed:
            played = demo.play(made, feed, seconds=LIVE, on_live=_announce)
        demo.settled(watch, made, within=PATIENCE)
        calls = [watch.call(label) for label in made.labels]
        since = datetime.fromtimestamp(made.start / 1000, UTC) + demo.LEARNING
        return played, calls, len(watch.false_alarms(calls, since=since))
    finally:
        watch.close()


def _announce() -> None:
    console.print(f"... and now the last two days, in {LIVE:.0f} s\n")


def _settings(home: Path) -> Path:
    language = os.environ.get("LANG_ALERTS", "en")
    file = home / "tocsin.toml"
    file.write_text(
        f'home = "{home.as_posix()}"\n[response]\nlanguage = "{language}"\n'
        "[channels.terminal]\nenabled = true\n"
        "[operations]\nintake_port = 0\ndetection_port = 0\nresponse_port = 0\n",
        encoding="utf-8",
    )
    return file


@contextmanager
def _kafka(chosen: Settings) -> Iterator[str]:
    with console.status("starting Kafka (the first time downloads 44 MB)"):
        running = broker.up(chosen.home)
    console.print(f"Kafka answers at {running.bootstrap}")
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


def _table(played: demo.Played, calls: list[demo.Call]) -> None:
    console.print(
        f"{played.records:,} records played, the history in {played.history_seconds:.1f} s"
    )
    table = Table(title="what went wrong, and when it was called (times in UTC)")
    for name in ("what", "began", "called", "after", "events", "as"):
        table.add_column(name)
    for call in calls:
        label = call.label
        scope = ", ".join(value for field, value in label.scope.items() if field not in PLAIN)
        what, began = f"{label.kind.replace('_', ' ')}: {scope}", _short(call.began)
        if call.at is None:
            table.add_row(what, began, "not called", "", "", "")
            continue
        hours = (call.at - call.began).total_seconds() / 3600
        table.add_row(
            what, began, _short(call.at), f"{hours:.1f} h",
            f"{played.until(call)} of {len(label.events)}", f"{call.colour} {call.incident}",
        )  # fmt: skip
    console.print(table)


def _short(moment: datetime) -> str:
    return f"{moment:%m-%d %H:%M}"
