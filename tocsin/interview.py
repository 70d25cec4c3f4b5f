"""What somebody wants of `tocsin init`: as given, else as answered in a terminal, else proposed."""

import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo, available_timezones

import typer
from rich.console import Console
from rich.markup import escape
from rich.prompt import Prompt
from rich.text import Text

from alerts.words import Words
from streams.events import mapping, zoned
from streams.events.rejections import NAMES
from streams.proposal import installing, matching
from streams.proposal.proposal import Proposal, likelier, propose
from streams.proposal.sample import Sample
from streams.settings import Stream
from tocsin import proposal_view

OF_TOPIC = "topic:"
STREAM = "stream"
YES = ("y", "yes", "是")

Answer = TypeVar("Answer")


class InitError(Exception):
    """What was asked for cannot be done; one line."""


class Kind(StrEnum):
    """The streams that a sample may be of."""

    COMPLAINTS = "complaints"
    MENTIONS = "mentions"


class Desk(NamedTuple):
    """Whom the command speaks to: in which words, where, and whether it may ask."""

    words: Words
    out: Console
    err: Console
    asks: bool

    def tell(self, line: str) -> None:
        self.out.print(Text(line))

    def ask(self, question: str, read: Callable[[str], Answer], *, default: str = "") -> Answer:
        """Ask until `read` takes the answer; its ValueError says what is wrong with it."""
        while True:
            try:
                answer = Prompt.ask(escape(question), console=self.out, default=default or None)
                return read((answer or "").strip())
            except ValueError as wrong:
                self.out.print(str(wrong), markup=False, style="red")
            except EOFError:
                raise typer.Abort from None


def answerable(console: Console) -> bool:
    """Whether there is somebody to answer."""
    return console.is_terminal and sys.stdin.isatty()


def wanted(desk: Desk, samples: list[Path], topic: str | None) -> list[Path] | str:
    """The files or the topic, asked for where neither is given."""
    words = desk.words
    if samples and topic:
        raise InitError(words.say("files or --topic, not both"))
    if samples or topic:
        return topic or samples
    if not desk.asks:
        raise InitError(words.say("which data? Give a file (CSV or JSON lines), or --topic NAME"))
    question = words.say("A file (CSV or JSON lines), or topic:NAME for a topic of Kafka")
    return desk.ask(question, lambda answer: _named(words, answer))


def _named(words: Words, answer: str) -> list[Path] | str:
    if answer.startswith(OF_TOPIC) and answer != OF_TOPIC:
        return answer.removeprefix(OF_TOPIC)
    path = Path(answer).expanduser()
    if not path.is_file():
        raise ValueError(words.say("There is no file {name}.", name=repr(answer)))
    return [path]


def zone(desk: Desk, name: str | None) -> ZoneInfo:
    """As given or answered; else the machine's, which is said."""
    machine, words = zoned.of_machine(), desk.words
    if name is not None:
        try:
            return _zone(words, name)
        except ValueError as wrong:
            raise InitError(f"--zone: {wrong}") from None
    if desk.asks:
        question = words.say("The customers' time zone, such as Asia/Shanghai")
        return desk.ask(question, lambda name: _zone(words, name), default=machine.key)
    desk.tell(words.say("Time zone {zone}, as of this machine; --zone names another.",
                       zone=machine.key))  # fmt: skip
    return machine


def _zone(words: Words, name: str) -> ZoneInfo:
    if name in available_timezones():
        return ZoneInfo(name)
    near = mapping.nearest(name, available_timezones())[0]
    raise ValueError(words.say("{name} is no time zone; nearest: {near}", name=name, near=near))


def agreed(desk: Desk, sample: Sample, kind: Kind | None, place: ZoneInfo) -> Proposal:
    """The proposal, changed until whoever is asked likes it."""
    stream: Stream = kind.value if kind else likelier(sample, place)
    chosen: dict[str, str] = {}
    while True:
        proposal = propose(sample, stream, place, chosen)
        desk.out.print()
        proposal_view.show(desk.out, proposal, desk.words)
        if not desk.asks or not (change := _change(desk, proposal)):
            return proposal
        field, column = change
        if field == STREAM:
            stream, chosen = Kind(column).value, {}
        else:
            chosen[field] = column


def _change(desk: Desk, proposal: Proposal) -> tuple[str, str] | None:
    question = desk.words.say(
        "Enter accepts; field=column changes, field= leaves out, stream={other} reads it as those",
        other=next(kind for kind in Kind if kind != proposal.stream),
    )
    desk.out.print()
    return desk.ask(question, lambda answer: _changed(desk.words, proposal, answer))


def _changed(words: Words, proposal: Proposal, answer: str) -> tuple[str, str] | None:
    if not answer:
        return None
    if "=" not in answer:
        raise ValueError(words.say("A change is field=column, or field= to leave it out."))
    field, _, column = (part.strip() for part in answer.partition("="))
    if field == STREAM and column in list(Kind):
        return field, column
    known, columns = matching.order(proposal.stream), proposal.sample.columns
    if field not in known:
        raise ValueError(words.say("Fields are: {names}.", names=words.listed(known)))
    if column not in ("", *columns):
        near = _first(words, mapping.nearest(column, columns))
        raise ValueError(words.say("Columns are: {names}.", names=near))
    if (field, column) == ("time", ""):
        raise ValueError(words.say("An event needs its time."))
    return field, column


def _first(words: Words, names: Sequence[str]) -> str:
    return words.listed([*names[:NAMES], *proposal_view.more(words, len(names) - NAMES)])


def may_overwrite(desk: Desk, out: Path, *, force: bool) -> None:
    """Raises InitError where a file is there, and nobody says that it may go."""
    for file in () if force else installing.present(out):
        if not desk.asks:
            said = desk.words.say("{file} is there already; --force overwrites it", file=file)
            raise InitError(said)
        question = desk.words.say("{file} is there already. Overwrite it? (y/n)", file=file)
        if not desk.ask(question, lambda answer: answer.lower() in YES, default="n"):
            raise InitError(desk.words.say("nothing was written"))
