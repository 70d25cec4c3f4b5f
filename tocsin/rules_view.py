"""What is judged by which method and within which limits, as people look at it in a terminal."""

from collections.abc import Iterable, Iterator
from typing import get_args

from rich.console import Console
from rich.table import Table

from alerts.redaction import clean
from alerts.signal import Kind
from alerts.words import VALUE_LENGTH, Words
from streams.configuration.durations import text
from streams.configuration.limits import Rule
from streams.configuration.methods import Method
from streams.detection.judges.judge import kind_of
from streams.detection.stream import STREAMS, Stream
from streams.rulesets.decisions import NAME, Newest
from streams.settings import Settings
from tocsin.flowing import Flowing
from tocsin.proposal_view import table
from tocsin.told_view import budget


def show(console: Console, settings: Settings, words: Words) -> None:
    for part in (_cuts(settings, words), _methods(settings, words), _rules(settings, words)):
        if part is not None:
            console.print(part)
            console.print()
    for line in _further(settings, words):
        console.print(Flowing(line))


def decided(newest: Newest, words: Words, *, digest: str) -> Iterator[str]:
    """The last change of the rules, and whether the file is still what it was made then."""
    decision, broken = newest
    if broken:
        yield words.say(
            "passed over in {file}, being no decision, as a crash may leave: line {lines}",
            file=NAME, lines=words.listed(map(str, broken)),
        )  # fmt: skip
    if decision is None:
        yield words.say("no change was made by tocsin rules apply yet")
        return
    yield words.say(
        "last change: {when}, by {who}; before it the file was {former}",
        when=words.moment(decision.at), who=clean(decision.who, cap=VALUE_LENGTH),
        former=decision.former,
    )  # fmt: skip
    if decision.lost:
        lost = words.listed(one.incident for one in decision.lost)
        yield words.say("  given up: {incidents}", incidents=lost)
    if decision.reason:
        yield words.say("  reason: {reason}", reason=words.plain(decision.reason))
    if decision.after.digest != digest:
        yield words.say("  the file is another one since, changed without tocsin rules apply")


def _cuts(settings: Settings, words: Words) -> Table:
    listed = table(words.say("What is counted, and what judges it"))
    for name in (words.say("stream"), words.say("by"), words.say("only where")):
        listed.add_column(name, overflow="fold", ratio=1)
    listed.add_column(words.say("judged by"), overflow="fold", ratio=1)
    listed.add_column(words.say("borrows from"), overflow="fold", ratio=1)
    for cut in settings.cuts:
        listed.add_row(
            words.name("stream", cut.stream), Flowing(_fields(cut.by, words)),
            Flowing(words.listed(words.field(*pair) for pair in sorted(cut.where.items()))),
            Flowing(words.listed(cut.methods) or words.say("nothing: counted for others")),
            Flowing(_fields(filter(None, [cut.group]), words)),
        )  # fmt: skip
    return listed


def _fields(fields: Iterable[str], words: Words) -> str:
    return words.listed(words.name("field", field) for field in fields)


def _methods(settings: Settings, words: Words) -> Table:
    """Those that somebody has chosen, and those that are always there, as the judges say."""
    listed = table(words.say("Methods"))
    listed.add_column(words.say("method"), style="bold", no_wrap=True)
    listed.add_column(words.say("alarms at"), overflow="fold", ratio=1)
    listed.add_column(words.say("from a score of"), justify="right", no_wrap=True)
    for name, score in _scores(settings).items():
        above = "" if score is None else words.number(score)
        listed.add_row(Flowing(name), Flowing(words.name("kind", kind_of(name))), above)
    return listed


def _scores(settings: Settings) -> dict[str, float | None]:
    """By method the score from which on it alarms; rules are told of by themselves."""
    held: dict[str, float | None] = {}
    for stream in STREAMS:
        held |= Stream(stream, settings, 0).judges.thresholds
    asked = {method for cut in settings.cuts for method in cut.methods}
    quiet = set(get_args(Method)) - asked
    quiet |= set() if any(source.silence for source in settings.sources) else {Kind.SILENCE}
    kinds = set(Kind)
    return {n: score for n, score in held.items() if kind_of(n) in kinds and n not in quiet}


def _rules(settings: Settings, words: Words) -> Table | None:
    if not settings.rules:
        return None
    listed = table(words.say("Plain rules"))
    listed.add_column(words.say("name"), style="bold", overflow="fold", ratio=1)
    listed.add_column(words.say("about"), overflow="fold", ratio=1)
    listed.add_column(words.say("holds from"), overflow="fold", ratio=2)
    listed.add_column(words.say("for at least"), no_wrap=True)
    listed.add_column(words.say("over below"), justify="right", no_wrap=True)
    for rule in settings.rules:
        holds = text(rule.holds) if rule.holds else ""
        until = "" if rule.until is None else words.number(rule.until)
        listed.add_row(
            Flowing(rule.name),
            Flowing(_about(rule, words)),
            Flowing(_limit(rule, words)),
            holds,
            until,
        )
    return listed


def _about(rule: Rule, words: Words) -> str:
    each = words.say(
        "{stream} by {fields}",
        stream=words.name("stream", rule.stream), fields=_fields(rule.by, words),
    )  # fmt: skip
    fixed = sorted((rule.where | rule.only).items())
    return words.listed([each, *(words.field(*pair) for pair in fixed)])


def _limit(rule: Rule, words: Words) -> str:
    people = words.numbered("{count} person", "{count} people", rule.people)
    parts = [words.say("{people} within {time}", people=people, time=text(rule.within))]
    if rule.share:
        parts.append(words.say("{share} % of all", share=words.number(100 * rule.share)))
    if rule.times:
        times = words.number(rule.times)
        parts.append(words.say("× {times} of {than} before", times=times, than=text(rule.than)))
    return words.listed(parts)


def _further(settings: Settings, words: Words) -> Iterator[str]:
    calendar = settings.calendar
    yield from budget(words, settings)
    yield words.say("hours are those of {zone}", zone=settings.detection.zone)
    known = words.numbered("{count} known event", "{count} known events", len(calendar.events))
    country = calendar.country or words.say("no country")
    yield words.say("calendar: public holidays of {country}, {known}", country=country, known=known)
    yield words.say("version of what is counted: {version}", version=settings.version)
