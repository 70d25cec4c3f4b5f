"""tocsin init: settings for one's own data, and what they would have called."""

import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from alerts.redaction import clean
from alerts.words import Words
from streams import settings
from streams.broker import local, topics
from streams.configuration.sections import SOURCES
from streams.events import mapping
from streams.files import inputs
from streams.proposal import installing, sampling, written
from streams.proposal.proposal import Proposal, ProposalError
from streams.proposal.sample import MOST, Sample
from streams.proposal.sampling import Data
from tocsin import hindsight_view, interview, language, looking
from tocsin.errors import SettingsFile, one_line, progress
from tocsin.interview import Desk, InitError, Kind
from tocsin.looking import Material

PROBLEMS = (
    InitError, looking.NoEventsError, ProposalError, settings.SettingsError,
    mapping.MappingError, inputs.FileError, local.BrokerError, topics.TopicError, OSError,
)  # fmt: skip
NAME = 60  # characters of the sample's name that are shown


class Reading(NamedTuple):
    """How a topic is read: where, and which of its records."""

    bootstrap: str | None
    most: int
    oldest: bool


def init(
    samples: Annotated[
        list[Path] | None, typer.Argument(metavar="[SAMPLE]...", help="CSV or JSON lines.")
    ] = None,
    *,
    topic: Annotated[str | None, typer.Option(help="A Kafka topic instead of files.")] = None,
    bootstrap: Annotated[
        str | None, typer.Option(help="Its broker, host:port; else that of the settings.")
    ] = None,
    most: Annotated[
        int, typer.Option("--records", min=1, help="Records of the topic that are read.")
    ] = MOST,
    oldest: Annotated[
        bool, typer.Option(help="The topic's oldest records instead of its newest.")
    ] = False,
    stream: Annotated[
        Kind | None, typer.Option(help="What the sample holds; else what looks likelier.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(help="Of the customers, such as Asia/Shanghai; else the machine's."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for tocsin.toml and map.toml.")] = Path(),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    force: Annotated[bool, typer.Option(help="Overwrite the files where they exist.")] = False,
    file: SettingsFile = None,
) -> None:
    """Propose a mapping and cuts for a sample, write them, and play the sample through them.

    Example: tocsin init calls.csv.gz --zone America/New_York
    """
    console = Console(highlight=False)
    desk = Desk(
        language.words(), console, Console(stderr=True, highlight=False),
        asks=not yes and interview.answerable(console),
    )  # fmt: skip
    with one_line(*PROBLEMS), tempfile.TemporaryDirectory(prefix="tocsin-init-") as aside:
        interview.may_overwrite(desk, out, force=force)
        wanted = interview.wanted(desk, samples or [], topic)
        data = _data(desk, wanted, Path(aside), file, Reading(bootstrap, most, oldest))
        sample = _sampled(desk, data)
        proposal = interview.agreed(desk, sample, stream, interview.zone(desk, zone))
        _install(desk, proposal, data, out)
        _look_back(desk, data, out)
        _next(desk, data, out)


def _data(
    desk: Desk, wanted: list[Path] | str, aside: Path, file: Path | None, reading: Reading
) -> Data:
    if not isinstance(wanted, str):
        return Data(", ".join(path.name for path in wanted), wanted)
    chosen = settings.load(file)
    kafka = sampling.reached(chosen.kafka, reading.bootstrap)
    address = kafka.bootstrap or local.address(chosen)
    with desk.err.status(desk.words.say("reading {topic}", topic=wanted)):
        data = sampling.of_topic(
            kafka, address, wanted, aside, most=reading.most, oldest=reading.oldest
        )
    return data if kafka.bootstrap else data._replace(home=str(chosen.home))


def _sampled(desk: Desk, data: Data) -> Sample:
    with progress(desk.err) as bars:
        task = bars.add_task(desk.words.say("reading"), total=None)
        sample = sampling.of_files(data.paths, data.name, lambda n: bars.advance(task, n))
    rows = desk.words.numbered("{count} row", "{count} rows", sample.total)
    desk.tell(desk.words.say("{name}: {rows}", name=clean(sample.name, cap=NAME), rows=rows))
    return sample


def _install(desk: Desk, proposal: Proposal, data: Data, out: Path) -> None:
    words = desk.words
    topic = _topic(proposal, data)
    contents = {
        installing.SETTINGS: written.settings(proposal, topic, data.kafka, words),
        written.MAP: written.mapping(proposal, words),
    }
    installing.install(contents, out)
    desk.out.print()
    for name in contents:
        desk.tell(words.say("wrote {file}", file=out / name))


def _topic(proposal: Proposal, data: Data) -> written.Topic:
    """Where the events come in: in the topic of the sample, or where `tocsin replay` sends them."""
    if data.part is None:
        usual = next(source for source in SOURCES if source.stream == proposal.stream)
        return written.Topic(usual.topic, usual.key, mapped=False)
    return written.Topic(
        data.name, sampling.keyed_by(data.part, proposal.mapping), mapped=True,
        partitions=data.part.partitions, home=data.home,
    )  # fmt: skip


def _look_back(desk: Desk, data: Data, out: Path) -> None:
    """The back-test with the files that were written, over all of the data."""
    words = desk.words
    chosen = settings.load(out / installing.SETTINGS)
    mapped = mapping.load(out / written.MAP)
    material = Material([str(path) for path in data.paths], mapped)
    seen = looking.look_back(desk.err, words, chosen, material)
    desk.out.print()
    zoned_words = Words(words.language, ZoneInfo(chosen.detection.zone))
    hindsight_view.show(desk.out, seen, zoned_words)


def _next(desk: Desk, data: Data, out: Path) -> None:
    """The commands that come next."""
    words = desk.words
    desk.out.print()
    desk.out.print(words.say("What comes next:"), style="bold")
    for command, why in _of_topic(words) if data.part else _of_files(words, data, out):
        line = f"{_program()} {command}{_settings(out)}"
        desk.out.print(Text(f"  # {why}"), style="dim")
        desk.out.print(Text(f"  {line}"), soft_wrap=True)


def _of_files(words: Words, data: Data, out: Path) -> list[tuple[str, str]]:
    given = shlex.join(["--map", str(out / written.MAP), *map(str, data.paths)])
    return [
        (f"backtest {given} --signals signals.jsonl",
         words.say("the same again, after a change of a file")),
        ("kafka up", words.say("a Kafka on this machine")),
        (f"replay {given}", words.say("the events into Kafka")),
        ("check", words.say("what is set, and does it answer?")),
        ("run", words.say("the workers that watch it; alerts come to this terminal")),
        ("serve", words.say("in another terminal: the incidents as web pages")),
    ]  # fmt: skip


def _of_topic(words: Words) -> list[tuple[str, str]]:
    return [
        ("check", words.say("do broker, topic and columns answer to the settings?")),
        ("run", words.say("the workers that watch the topic; alerts come to this terminal")),
        ("serve", words.say("in another terminal: the incidents as web pages")),
    ]


def _settings(out: Path) -> str:
    file = str(out / installing.SETTINGS)
    return "" if out == Path() else f" --settings {shlex.quote(file)}"


def _program() -> str:
    """As it was called, where its name alone would not be found."""
    if shutil.which("tocsin"):
        return "tocsin"
    called = Path(sys.argv[0])
    return shlex.quote(sys.argv[0]) if called.name == "tocsin" else "python -m tocsin"
