"""Two sets of rules over the same history, as people look at it in a terminal."""

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.words import Words
from streams.configuration.durations import text
from streams.hindsight.called import Called
from streams.hindsight.marks import Ruling
from streams.rulesets.acceptance import Rulings, marked
from streams.rulesets.comparison import Comparison, Pair
from tocsin import hindsight_view, refusals_view
from tocsin.comparing import Weighed
from tocsin.flowing import Flowing
from tocsin.proposal_view import more, table

MOST = 40  # incidents that are listed
WEEKS = 12  # that are listed, the last ones
STYLES = {Ruling.REAL: "bold red", Ruling.NOT_A_CRISIS: "dim"}


def show(console: Console, words: Words, weighed: Weighed) -> None:
    for line in dict.fromkeys(hindsight_view.events(one, words) for one in weighed.seen):
        console.print(Flowing(line))
    refusals_view.show(console, words, weighed.seen[0].refused)
    if differ := _sources(words, weighed):
        console.print(differ, soft_wrap=True)
    console.print()
    pairs = weighed.comparison.pairs
    if not pairs:
        console.print(words.say("Neither would have called anything."), style="bold")
        return
    console.print(_pairs(words, weighed))
    for line in more(words, len(pairs) - MOST):
        console.print(line)
    console.print()
    console.print(_weeks(words, weighed.names, weighed.comparison))
    console.print()
    console.print(Text(_counts(words, weighed.names, weighed.comparison)), soft_wrap=True)


def _sources(words: Words, weighed: Weighed) -> str:
    old, new = (side.settings.sources for side in weighed.sides)
    if old == new:
        return ""
    return words.say(
        "The sources differ: each set is played with its own, and calls nothing of what it has no "
        "source for."
    )


def _pairs(words: Words, weighed: Weighed) -> Table:
    listed = table(words.say("What each would have called, and when"))
    for name in weighed.names:
        listed.add_column(Text(name), no_wrap=True)
    listed.add_column(words.say("later"), justify="right", no_wrap=True)
    listed.add_column(words.say("about"), overflow="fold", ratio=1)
    listed.add_column(words.say("marked"), no_wrap=True)
    for pair in _foremost(weighed.comparison.pairs, weighed.rulings):
        about, said = pair.old or pair.new, marked(pair, weighed.rulings)
        listed.add_row(
            _side(pair.old, words), _side(pair.new, words), _later(pair),
            Flowing(hindsight_view.about(about, words) if about else ""),
            _ruling(said, words) if said else "",
        )  # fmt: skip
    return listed


def _foremost(pairs: Sequence[Pair], rulings: Rulings) -> list[Pair]:
    """What is marked and what differs first, then the most urgent; in the order they came."""

    def precedence(pair: Pair) -> tuple[bool, bool, int]:
        sides = [side for side in pair if side is not None]
        said = marked(pair, rulings) is not None
        differs = len(sides) < len(pair) or bool(pair.later) or pair.lower
        return not said, not differs, -max(side.peak.rank for side in sides)

    kept = {id(pair) for pair in sorted(pairs, key=precedence)[:MOST]}
    return [pair for pair in pairs if id(pair) in kept]


def _side(called: Called | None, words: Words) -> Text:
    """When it was called, and as what; below that the colour that it rose to."""
    if called is None:
        return Text(words.say("not called"), style="dim")
    return Text(f"{words.hour(called.line.opened)} ").append(hindsight_view.colour(called, words))


def _later(pair: Pair) -> str:
    if not pair.later:
        return ""
    return f"{'-' if pair.later < timedelta() else '+'}{span(pair.later)}"


def span(apart: timedelta) -> str:
    """How long, without a sign, in whole minutes."""
    return text(timedelta(minutes=round(abs(apart) / timedelta(minutes=1))))


def _ruling(ruling: Ruling, words: Words) -> Text:
    return Text(words.name("ruling", ruling), style=STYLES[ruling])


def _weeks(words: Words, names: tuple[str, str], comparison: Comparison) -> Table:
    listed = table(words.say("Incidents by the week in which they were called"))
    listed.add_column(words.say("week"), no_wrap=True)
    for name in names:
        listed.add_column(Text(name), justify="right")
    weeks = comparison.weeks(words.zone)
    for week in weeks[-WEEKS:]:
        listed.add_row(week.name, words.number(week.old), words.number(week.new))
    if len(weeks) > WEEKS:
        earlier = weeks[:-WEEKS]
        old, new = sum(week.old for week in earlier), sum(week.new for week in earlier)
        listed.add_row(words.say("before"), words.number(old), words.number(new))
    return listed


def _counts(words: Words, names: tuple[str, str], comparison: Comparison) -> str:
    old, new = names
    return words.say(
        "{old}: {called} called, {gone} of them by it alone; "
        "{new}: {recalled} called, {added} by it alone",
        old=old, new=new, called=words.number(len(comparison.old)),
        recalled=words.number(len(comparison.new)), gone=words.number(len(comparison.gone)),
        added=words.number(len(comparison.added)),
    )  # fmt: skip
