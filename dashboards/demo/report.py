"""How the demonstration ended: what was called, what falsely, what became of the records."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from alerts.channels.terminal import STYLES
from alerts.signal import Scope
from alerts.words import Words
from streams.demonstration.programme import LATENESS, LEARNING
from streams.hindsight.scorecard import Call, Scorecard

MINUTE = 60_000  # ms
IMPLIED = frozenset({"stream", "harm", "source"})  # fields that the kind of happening implies


class Report(NamedTuple):
    """What is reported; `sent` counts what became of records on their way, `met` their outcomes."""

    card: Scorecard
    sent: Counter[str]
    met: Counter[str]
    seconds: float


def report(words: Words, told: Report) -> RenderableType:
    lines = [
        _counts(words), *_innocent(words, told.card), *_false(words, told.card),
        *_records(words, told),
    ]  # fmt: skip
    return Group(
        _table(words, told.card), *[Text(line) for line in lines], Text(), _verdict(words, told)
    )


def _table(words: Words, card: Scorecard) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(words.say("what went wrong"), ratio=1)
    table.add_column(words.say("began"), no_wrap=True)
    table.add_column(words.say("called"), no_wrap=True)
    table.add_column(words.say("events by then"), no_wrap=True, justify="right")
    table.add_column(words.say("as"), no_wrap=True)
    for call in card.wanted:
        table.add_row(*_row(words, call))
    return table


def _row(words: Words, call: Call) -> Iterator[Text]:
    what = f"{words.name('scenario', call.label.kind)}\n{_about(words, call.label.scope)}"
    yield Text(what)
    yield Text(words.hour(call.began))
    if call.at is None:
        yield Text(words.say("not called"), "bold red")
        return
    yield Text(f"{words.hour(call.at)}\n{_later(words, call.at - call.began)}")
    yield Text(_heard(words, call))
    colour = words.name("colour", call.colour) if call.colour else ""
    yield Text(f"{colour}\n", STYLES[call.colour] if call.colour else "") + Text(call.incident)


def _later(words: Words, after: timedelta) -> str:
    if after < timedelta(hours=1):
        return words.say("{minutes} min later", minutes=round(after / timedelta(minutes=1)))
    return words.say("{hours} h later", hours=words.number(after / timedelta(hours=1)))


def _about(words: Words, scope: Scope) -> str:
    return words.named({field: value for field, value in scope.items() if field not in IMPLIED})


def _heard(words: Words, call: Call) -> str:
    """How many of its events had happened when it was called."""
    if not call.label.events:
        return "–"
    return words.say("{part} of {all}", part=call.heard, all=len(call.label.events))


def _counts(words: Words) -> str:
    """Why these numbers are not those of the alerts."""
    return words.say(
        "Events include reposts and repeat contacts; alerts count people and first posts."
    )


def _innocent(words: Words, card: Scorecard) -> Iterator[str]:
    for call in card.calls:
        if not call.label.innocent:
            continue
        what = words.name("scenario", call.label.kind)
        about = _about(words, call.label.scope)
        if call.at is None:
            yield words.say("Innocent: {what} ({about}); not called.", what=what, about=about)
        else:
            yield words.say(
                "Innocent: {what} ({about}); called falsely, {incident}.",
                what=what, about=about, incident=call.incident,
            )  # fmt: skip


def _false(words: Words, card: Scorecard) -> Iterator[str]:
    named = [f"{line.id} ({words.named(line.about)})" for line in card.false]
    yield words.say("False incidents: {count}.", count=words.number(len(named))) + " ".join(
        ["", *named]
    )
    if card.early:
        yield words.numbered(
            "{count} more in the first {days} days does not count: it was still learning.",
            "{count} more in the first {days} days do not count: it was still learning.",
            len(card.early), days=LEARNING.days,
        )  # fmt: skip
    if card.further:
        yield words.numbered(
            "{count} more incident is about the same things and was not grouped with them.",
            "{count} more incidents are about the same things and were not grouped with them.",
            card.further,
        )


def _records(words: Words, told: Report) -> Iterator[str]:
    """What intake met beside what was sent."""
    sent, met, number = told.sent, told.met, words.number
    yield words.say(
        "Records: {met} met of {sent} sent.", met=number(met["all"]), sent=number(sent["all"])
    )
    yield words.say(
        "Rejected: {met} of {sent} damaged. Duplicates: {again} of {twice} sent twice.",
        met=number(met["rejected"]), sent=number(sent["damaged"]),
        again=number(met["duplicate"]), twice=number(sent["again"]),
    )  # fmt: skip
    yield words.say(
        "Late: {met}; {sent} were more than {minutes} minutes on their way.",
        met=number(met["late"]), sent=number(sent["slow"]), minutes=LATENESS // MINUTE,
    )  # fmt: skip


def _verdict(words: Words, told: Report) -> Text:
    wanted, missed = told.card.wanted, told.card.missed
    said = words.say(
        "{called} of {all} called, false incidents: {false}, {seconds} s",
        called=len(wanted) - len(missed), all=len(wanted), false=len(told.card.false),
        seconds=f"{told.seconds:.0f}",
    )  # fmt: skip
    return Text(said, "bold green" if told.card.passed else "bold red")
