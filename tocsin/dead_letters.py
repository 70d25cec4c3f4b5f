"""tocsin dead-letters: what could not be read, looked at and sent again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.prompt import Confirm
from rich.text import Text

from alerts.words import Words
from streams import settings
from streams.broker import local, records
from streams.broker.records import Log
from streams.broker.topics import Topics
from streams.events import mapping
from streams.intake import resending, waiting
from streams.intake.resending import Judge, Plan
from streams.intake.waiting import Filter, Waiting
from streams.settings import Settings
from tocsin import language, letters_view
from tocsin.errors import SettingsFile, one_line, progress
from tocsin.interview import answerable
from tocsin.phrases import said

PROBLEMS = (settings.SettingsError, local.BrokerError, mapping.MappingError)
SHOWN = 20  # letters, without --limit

Reason = Annotated[
    str, typer.Option(help="Only letters whose rule holds these words, as the list says it.")
]
Field = Annotated[str, typer.Option(help="Only letters refused for this field.")]
Topic = Annotated[str, typer.Option(help="Only letters of this topic.")]

app = typer.Typer(add_completion=False)


class UnansweredError(Exception):
    """A question that nobody is there to answer; one line."""


class Box(NamedTuple):
    """The dead letters of an installation, where they lie and how they are spoken of."""

    settings: Settings
    bootstrap: str
    words: Words
    log: Log | None

    @property
    def topic(self) -> str:
        return Topics.of(self.settings).dead_letters

    def letters(self) -> Iterator[Waiting]:
        """As they stand now; none where the topic was never made."""
        return waiting.found(self.log.latest() if self.log else ())

    def filter(self, reason: str, field: str, topic: str) -> Filter:
        prefix = self.settings.kafka.topic_prefix
        whole = topic if topic.startswith(prefix) or not topic else prefix + topic
        spoken = lru_cache(1024)(partial(said, self.words))
        return Filter(reason=reason, field=field, topic=whole, spoken=spoken)


@app.callback(invoke_without_command=True)
def summary(context: typer.Context, file: SettingsFile = None) -> None:
    """What could not be read and waits: how much, why and since when; looked at, and sent again.

    Example: tocsin dead-letters --settings tocsin.toml
    """
    if context.invoked_subcommand is not None:
        return
    with one_line(*PROBLEMS), opened(file) as box:
        letters_view.summary(
            Console(highlight=False), box.words, waiting.summed(box.letters()), topic=box.topic
        )


@app.command("list")
def listed(
    *,
    reason: Reason = "",
    field: Field = "",
    topic: Topic = "",
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = SHOWN,
    raw: Annotated[
        bool, typer.Option("--raw", help="Also the records as they came, names and all.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    file: SettingsFile = None,
) -> None:
    """Show letters one by one: where each lay, when it was refused, and for what.

    What people wrote is shown without what points at a person, unless --raw asks for it.

    Example: tocsin dead-letters list --field time --limit 5
    """
    console = Console(highlight=False)
    with one_line(*PROBLEMS), opened(file) as box:
        found = box.filter(reason, field, topic).of(box.letters())
        wanted, count = waiting.newest(found, limit)
        for one in wanted:
            if as_json:
                typer.echo(letters_view.json(box.words, one, raw=raw))
            else:
                letters_view.letter(console, box.words, one, raw=raw)
        if not as_json:
            letters_view.shown(console, box.words, len(wanted), of=count, topic=box.topic)


@app.command()
def resend(
    *,
    reason: Reason = "",
    field: Field = "",
    topic: Topic = "",
    limit: Annotated[int | None, typer.Option(min=1, help="The oldest so many.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say it, and send nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    file: SettingsFile = None,
) -> None:
    """Send letters to their topics again, those that the settings and mappings now can read.

    Each goes as it came, with the header tocsin-resent, and once: it is marked as sent. What the
    workers refuse once more is a letter of its own.

    Example: tocsin dead-letters resend --field time --dry-run
    """
    console = Console(highlight=False)
    with one_line(*PROBLEMS, UnansweredError), opened(file) as box:
        meant = islice(box.filter(reason, field, topic).of(box.letters()), limit)
        judged = Judge(box.settings).fates(meant, now=time.time_ns() // 1_000_000)
        plan = Plan.of(judged)
        for line in letters_view.plan(box.words, plan, topic=box.topic):
            console.print(Text(letters_view.printable(line.encode())), soft_wrap=True)
        goes = bool(plan.places) and not dry_run and (yes or _agreed(console, box.words))
        sent = _send(box, plan) if goes else 0
    console.print(Text(letters_view.sent(box.words, sent)), soft_wrap=True)


@contextmanager
def opened(file: Path | None) -> Iterator[Box]:
    chosen = settings.load(file)
    bootstrap, words = local.address(chosen), language.words(zone=chosen.detection.zone)
    with records.connected(chosen.kafka, bootstrap) as cluster:
        name = Topics.of(chosen).dead_letters
        log = cluster.log(name) if name in cluster.names else None
        yield Box(chosen, bootstrap, words, log)


def _agreed(console: Console, words: Words) -> bool:
    if not answerable(console):
        raise UnansweredError("--yes: must be given where nobody can be asked")
    try:
        return Confirm.ask(words.say("Send them?"), console=console, default=False)
    except EOFError:
        raise typer.Abort from None


def _send(box: Box, plan: Plan) -> int:
    """Those of the plan that wait still: some may have been erased since, or sent by others."""
    err, sent = Console(stderr=True, highlight=False), 0
    waits = (one for one in box.letters() if not one.letter.again)
    with progress(err) as bars:
        task = bars.add_task(box.words.say("sending"), total=len(plan.places))
        for count in resending.send(box.settings, box.bootstrap, plan.of_them(waits)):
            bars.advance(task, count)
            sent += count
    return sent
