"""tocsin replay: files of events into Kafka."""

import time
from typing import Annotated

import typer
from rich.console import Console

from streams import settings
from streams.broker import local, topics
from streams.events import mapping
from streams.files import inputs
from streams.files.history import Arrival, History
from streams.sources import replay as playing
from tocsin import language, refusals_view
from tocsin.arguments import Files, MapFile
from tocsin.errors import SettingsFile, one_line, progress


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise typer.BadParameter(f'must be "max" or a number above 0, got {text!r}')
    return speed


def replay(
    paths: Files,
    map_file: MapFile = None,
    speed: Annotated[
        str, typer.Option(help='Seconds of event time in a second, or "max".')
    ] = "max",
    file: SettingsFile = None,
) -> None:
    """Put files of events into Kafka in the order of their times, and say that they have ended.

    Example: tocsin replay calls.csv.gz --map examples/montco911.toml --speed 3600
    """
    err, words = Console(stderr=True, highlight=False), language.words()
    problems = (
        settings.SettingsError, mapping.MappingError, inputs.FileError, local.BrokerError,
        topics.TopicError,
    )  # fmt: skip
    pace = _speed(speed)
    with one_line(*problems), progress(err) as bars:
        chosen = settings.load(file)
        bootstrap = local.address(chosen)
        topics.create(chosen, bootstrap)
        task = bars.add_task(words.say("reading"), total=None)
        chosen_map = mapping.load(map_file) if map_file else None
        history = History(
            paths, chosen_map, intake=chosen.intake,
            arrival=Arrival(time.time_ns() // 1_000_000, chosen.sources),
            on_rows=lambda n: bars.advance(task, n),
        )  # fmt: skip
        task = bars.add_task(words.say("sending"), total=len(history))
        sent = playing.replay(
            chosen, bootstrap, history, speed=pace,
            on_events=lambda n: bars.advance(task, n),
        )  # fmt: skip
    refusals_view.show(err, words, history.refused)
    err.print(
        words.listed((
            words.numbered("{count} event sent", "{count} events sent", sent),
            words.numbered("{count} row refused", "{count} rows refused", len(history.refused)),
        )),
        soft_wrap=True,
    )  # fmt: skip
