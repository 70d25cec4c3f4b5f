"""What would have been called, as people look at it in a terminal."""

from datetime import timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.channels.terminal import STYLES
from alerts.signal import matter
from alerts.words import Words
from streams.hindsight.called import LONGEST_LEARNING, SHORTEST_LEARNING, Called, Hindsight, Places
from tocsin import refusals_view
from tocsin.flowing import Flowing
from tocsin.proposal_view import more, table

MOST = 20  # incidents that are listed


def show(console: Console, seen: Hindsight, words: Words) -> None:
    console.print(Flowing(events(seen, words)))
    refusals_view.show(console, words, seen.refused)
    console.print(Flowing(_learning(seen, words)))
    if seen.places.times > 1:
        console.print(Flowing(_overspent(seen.places, words)))
    console.print()
    if seen.called:
        _called(console, seen, words)
    else:
        console.print(words.say("Nothing would have been called."), style="bold")


def events(seen: Hindsight, words: Words) -> str:
    return words.say(
        "{events} from {first} to {last}: {rejected} rejected, {late} late, {duplicates}.",
        events=words.numbered("{count} event", "{count} events", seen.events),
        first=words.moment(seen.first), last=words.moment(seen.last),
        rejected=words.number(len(seen.refused) + seen.rejected), late=words.number(seen.late),
        duplicates=words.numbered("{count} duplicate", "{count} duplicates", seen.duplicates),
    )  # fmt: skip


def _learning(seen: Hindsight, words: Words) -> str:
    """From when on it could call, and how much of it could by the end."""
    shortest, longest = (
        words.number(_days(span)) for span in (SHORTEST_LEARNING, LONGEST_LEARNING)
    )
    if seen.span < SHORTEST_LEARNING:
        return words.say(
            "{days} days of history are less than the {shortest} that a series learns at least: "
            "only what one event is enough for could be called.",
            days=words.number(_days(seen.span)), shortest=shortest,
        )  # fmt: skip
    learnt = words.say(
        "A series learns for {shortest} to {longest} days, here until {earliest} at the earliest; "
        "{learnt} of {series} series had learnt by the end.",
        shortest=shortest, longest=longest, earliest=words.hour(seen.first + SHORTEST_LEARNING),
        learnt=words.number(seen.learning.learnt), series=words.number(seen.learning.series),
    )  # fmt: skip
    if seen.span >= LONGEST_LEARNING:
        return learnt
    short = words.say("{days} days of history are few: two weeks are better, eight are good.",
                      days=words.number(_days(seen.span)))  # fmt: skip
    return f"{learnt} {short}"


def _overspent(places: Places, words: Words) -> str:
    return words.say(
        "{judging} places are judged, and the budget is spread over {budgeted}: up to {times} "
        "times the false alarms that are allowed; detection.series = {judging} keeps to them.",
        judging=places.judging, budgeted=places.budgeted, times=words.number(places.times),
    )  # fmt: skip


def _days(span: timedelta) -> float:
    return round(span / timedelta(days=1), 1)


def _called(console: Console, seen: Hindsight, words: Words) -> None:
    counts = words.listed(
        f"{words.name('colour', colour)} {words.number(n)}" for colour, n in seen.colours.items()
    )
    incidents = words.numbered("{count} incident", "{count} incidents", len(seen.called))
    title = words.say("{incidents} would have been called: {colours}", incidents=incidents,
                      colours=counts)  # fmt: skip
    console.print(_table(title, seen, words))
    for line in more(words, len(seen.called) - MOST):
        console.print(line)


def _table(title: str, seen: Hindsight, words: Words) -> Table:
    listed = table(title)
    listed.add_column(words.say("called"), no_wrap=True)
    listed.add_column(words.say("as"), no_wrap=True)
    listed.add_column(words.say("about"), overflow="fold", ratio=1)
    listed.add_column(words.say("since"), no_wrap=True)
    listed.add_column(words.say("observed"), justify="right")
    listed.add_column(words.say("expected"), justify="right")
    listed.add_column("×", justify="right")
    for called in _foremost(seen):
        listed.add_row(*_row(called, words))
    return listed


def _foremost(seen: Hindsight) -> list[Called]:
    """The most urgent ones, in the order in which they came."""
    urgent = sorted(seen.called, key=lambda called: -called.peak.rank)[:MOST]
    return [called for called in seen.called if called in urgent]


def _row(called: Called, words: Words) -> list[str | Text]:
    signal = called.signal
    row: list[str | Text] = [
        words.hour(called.line.opened),
        colour(called, words),
        Flowing(about(called, words)),
        words.hour(signal.onset),
    ]
    if signal.event:
        return [*row, "", "", ""]
    numbers = signal.observed, signal.expected, signal.multiple
    return [*row, *map(words.number, numbers)]


def colour(called: Called, words: Words) -> Text:
    """What it was first called, and below it the highest that it rose to."""
    colours = dict.fromkeys((called.first, called.peak))
    named = [(words.name("colour", colour), STYLES[colour]) for colour in colours]
    return Text("\n→ ").join(Text(name, style=style) for name, style in named)


def about(called: Called, words: Words) -> str:
    """Its matter, or how many scopes it is across that have nothing in common; and its harms."""
    scopes = words.numbered("{count} scope", "{count} scopes", called.scopes)
    broad = words.listed([words.name("stream", called.signal.stream), scopes])
    parts = [words.named(matter(called.line.about)) or broad]
    if called.signal.absence:
        parts.append(words.say("silent"))
    if called.harms and "harm" not in called.line.scope:
        parts.append(words.harms(called.harms))
    if called.withdrawn:
        parts.append(words.name("incident", called.line.state))
    return words.listed(parts)
