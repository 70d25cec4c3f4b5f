"""What a calibration found, as people look at it in a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from alerts.words import Words
from detectors.calibration import Interval
from streams.calibration.search import Calibration, Finding, Note
from streams.hindsight.called import Called
from streams.settings import Settings
from tocsin.flowing import Flowing
from tocsin.hindsight_view import about
from tocsin.marks_view import named
from tocsin.proposal_view import more, table

MOST = 20  # incidents that are listed


def show(console: Console, found: Calibration, settings: Settings, words: Words) -> None:
    budget = settings.detection.false_alarms_per_week
    title = words.say(
        "False alarms a week; the budget is {budget} over all methods:",
        budget=words.number(budget),
    )  # fmt: skip
    console.print(_table(title, found, words))
    for line in _notes(found, words):
        console.print(Flowing(line))
    if not found.changes:
        console.print(words.say("Nothing is to be changed."), style="bold")
        return
    _listed(console, words.say("No longer called:"), found.gone, words)
    _listed(console, words.say("Called as well:"), found.new, words)


def _table(title: str, found: Calibration, words: Words) -> Table:
    shown = table(title)
    shown.add_column(words.say("method"), no_wrap=True)
    for head in (
        words.say("series"), words.say("weeks"), words.say("its part"), words.say("seen"),
        words.say("now"), words.say("threshold"), words.say("then"),
    ):  # fmt: skip
        shown.add_column(head, justify="right")
    for finding in _judging(found):
        shown.add_row(*_row(finding, words))
    return shown


def _judging(found: Calibration) -> list[Finding]:
    return [one for one in found.findings if one.note is not Note.LEARNING]


def _row(finding: Finding, words: Words) -> list[str]:
    share, number = finding.share, words.number
    changed = dict.fromkeys(map(number, (finding.before, finding.times)))
    return [
        finding.method, number(share.places), number(share.weeks), number(share.a_week),
        number(finding.seen), _interval(finding.now, words),
        "\n→ ".join(f"×{one}" for one in changed), _interval(finding.expected, words),
    ]  # fmt: skip


def _interval(interval: Interval, words: Words) -> str:
    mean, low, high = map(words.number, interval)
    return f"{mean}\n({low}–{high})"


def _notes(found: Calibration, words: Words) -> Iterator[str]:
    """What the figures stand on, and which marks had a say."""
    yield words.say(
        "In brackets: 90 % intervals. An incident is a false alarm unless it is marked as real, "
        "and counts for each method that speaks in it."
    )
    if few := _named(found, Note.SHORT):
        yield words.say("History too short to tell, so left as it is: {methods}.",
                        methods=words.listed(few))  # fmt: skip
    if none := _named(found, Note.LEARNING):
        yield words.say("Has learnt no series yet: {methods}.", methods=words.listed(none))
    for held in found.held:
        yield words.say(
            "{method} is held back: else {mark} (row {row}) would be lost.",
            method=held.method, mark=named(held.case.mark, words), row=held.case.mark.row,
        )  # fmt: skip
    for case in found.uncalled:
        yield words.say(
            "{mark} (row {row}) is marked as real and is not called by the present settings.",
            mark=named(case.mark, words), row=case.mark.row,
        )  # fmt: skip
    if dismissed := [case for case in found.cases if not case.real]:
        yield words.numbered(
            "Of {count} mark of no crisis {still} would still be called.",
            "Of {count} marks of no crisis {still} would still be called.",
            len(dismissed), still=sum(found.still(case) for case in dismissed),
        )  # fmt: skip


def _named(found: Calibration, note: Note) -> list[str]:
    return [one.method for one in found.findings if one.note is note]


def _listed(console: Console, title: str, called: Sequence[Called], words: Words) -> None:
    if not called:
        return
    console.print(title, style="bold")
    for one in called[:MOST]:
        console.print(Flowing(f"  {words.moment(one.line.opened)}  {about(one, words)}"))
    for line in more(words, len(called) - MOST):
        console.print(f"  {line}")
