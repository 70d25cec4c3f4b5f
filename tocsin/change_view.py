"""What somebody is told who changes the rules."""

from collections.abc import Iterator
from pathlib import Path

from alerts.words import Words
from streams.rulesets.acceptance import Doubt, Verdict, Weakened
from streams.rulesets.decisions import Decision
from tocsin import hindsight_view
from tocsin.comparing import Weighed
from tocsin.comparison_view import span
from tocsin.marks_view import named

Names = tuple[str, str]
"""Of the set in force, and of that which is to be."""


def warnings(words: Words, weighed: Weighed, verdict: Verdict) -> Iterator[str]:
    """What does not forbid the change."""
    if not any(case.real for case in weighed.cases):
        yield words.say("Nothing is marked as real, so no incident is held against the change.")
    old, _ = weighed.names
    for case in weighed.unmet:
        yield words.say(
            "{mark} is marked as real, but {old} does not call it in this history: nothing can "
            "be said of it",
            mark=named(case.mark, words), old=old,
        )  # fmt: skip
    yield from weaker(words, weighed.names, verdict)


def weaker(words: Words, names: Names, verdict: Verdict) -> Iterator[str]:
    """What is real and would be called later or lower."""
    for one in verdict.weakened:
        yield _weaker(words, one, names[1])


def _weaker(words: Words, one: Weakened, new: str) -> str:
    called, other = one.pair
    assert called is not None
    assert other is not None
    if one.why is Doubt.LATER:
        return words.say(
            "{id} is real, and {new} would call it {time} later, at {moment}", new=new,
            id=called.line.id, time=span(other.line.opened - called.line.opened),
            moment=words.moment(other.line.opened),
        )  # fmt: skip
    return words.say(
        "{id} is real, and would be {lower} by {new} where it was {higher}", new=new,
        id=called.line.id, lower=words.name("colour", other.peak),
        higher=words.name("colour", called.peak),
    )  # fmt: skip


def losses(words: Words, names: Names, verdict: Verdict) -> Iterator[str]:
    """What forbids it."""
    old, new = names
    for called, why in verdict.lost:
        yield words.say(
            "{new} loses {id}, which is real ({about}; {old} called it at {moment}): {loss}",
            new=new, id=called.line.id, about=hindsight_view.about(called, words), old=old,
            moment=words.moment(called.line.opened), loss=words.name("loss", why),
        )  # fmt: skip


def refusals(words: Words, names: Names, verdict: Verdict) -> Iterator[str]:
    yield from losses(words, names, verdict)
    yield words.say(
        "{old} stays in force; --reason, which is recorded, changes the rules all the same",
        old=names[0],
    )  # fmt: skip


def done(words: Words, decision: Decision, record: Path) -> Iterator[str]:
    for one in decision.lost:
        yield words.say("given up: {incident}", incident=one.incident)
    yield words.say("{file} is in force; what it was lies in {former}", file=decision.file,
                    former=decision.former)  # fmt: skip
    yield words.say("recorded in {file}", file=record)
    yield words.name("effect", decision.effect)
