"""tocsin rebuild: state of intake and detection made again from the archive."""

import typer
from rich.console import Console

from streams import settings
from streams.archive import places
from streams.archive.log import ArchiveError, Log
from streams.broker import local, topics
from streams.hindsight import rebuild
from tocsin import language
from tocsin.errors import SettingsFile, one_line, progress

PROBLEMS = (
    settings.SettingsError, local.BrokerError, topics.TopicError, places.PlaceError, ArchiveError,
)  # fmt: skip


def run(
    file: SettingsFile = None,
    *,
    url: str = typer.Option("", "--archive", help="Another archive's folder or s3:// URL."),
) -> None:
    """Count the archive anew: after a change of cuts or of detection.shards, or a loss of state.

    Stop tocsin run before, and start it afterwards: intake goes on where the archive ends. The
    topic counts and the snapshots are made anew; incidents and public topics stay as they are.

    Example: tocsin rebuild --settings tocsin.toml
    """
    err, words = Console(stderr=True, highlight=False), language.words()
    with one_line(*PROBLEMS):
        chosen = settings.load(file)
        bootstrap = local.address(chosen)
        log = Log(places.at(url, chosen) if url else places.place(chosen))
        with progress(err) as bars:
            counted = bars.add_task(words.say("counting"), total=None)
            counting = rebuild.Counting(chosen, log)
            state = counting.run(on_events=lambda n: bars.advance(counted, n))
        rebuild.put(chosen, bootstrap, state)
    err.print(
        words.numbered(
            "{count} shard made anew from the archive", "{count} shards made anew from the archive",
            len(state.shards),
        )
    )  # fmt: skip
