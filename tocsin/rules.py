"""tocsin rules: what is judged and how, what another set would call, and changing it safely."""

import getpass
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from alerts.words import Words
from streams import acceptance, decisions, durations, installing, mapping, marks, settings
from streams.acceptance import Doubt, Lost, Verdict, Weakened
from streams.comparison import compare
from streams.decisions import Decision, Forgone
from streams.effect import effect
from streams.settings import Settings
from streams.side_by_side import told
from tocsin import comparing, comparison_view, hindsight_view, language, rules_view
from tocsin.backtest import PROBLEMS, Arrived, MapFile
from tocsin.comparing import Material, Side, Weighed
from tocsin.errors import SettingsFile, one_line

REFUSALS = (*PROBLEMS, marks.MarksError, decisions.RecordError)

Marks = Annotated[
    Path | None,
    typer.Option("--marks", help="A CSV of what people said: incident,scope,at,mark,reason."),
]
Played = Annotated[
    list[str] | None,
    typer.Argument(help="As of tocsin backtest; without them the archive of the settings."),
]

app = typer.Typer(
    help="What is judged by which rules, what others would call, and changing them safely.",
    no_args_is_help=True,
)


class RefusedError(Exception):
    """A change of rules that is not made; a line for each reason."""


@app.command()
def show(file: SettingsFile = None) -> None:
    """Show what is counted, by which methods it is judged, and from which limits on.

    Example: tocsin rules show --settings tocsin.toml
    """
    with one_line(*REFUSALS):
        chosen = settings.load(file)
        found = settings.file(file)
        console, words = Console(highlight=False), _words(chosen)
        rules_view.show(console, chosen, words)
        content = found.read_bytes() if found else b""
        digest = decisions.edition(chosen, content).digest
        for line in rules_view.decided(decisions.last(chosen.home), words, digest=digest):
            console.print(Text(line), soft_wrap=True)


@app.command(name="compare")
def beside(
    old: Annotated[Path, typer.Argument(help="A settings file.")],
    new: Annotated[Path, typer.Argument(help="Another one.")],
    paths: Played = None,
    *,
    map_file: MapFile = None,
    marks_file: Marks = None,
    now: Arrived = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Where it goes as one JSON object, too.")
    ] = None,
) -> None:
    """Play the same history under two settings files, and show what each would have called.

    Example: tocsin rules compare tocsin.toml stricter.toml calls.csv.gz --map map.toml
    """
    with one_line(*REFUSALS):
        sides = Side(_name(old, new), settings.load(old)), Side(_name(new, old), settings.load(new))
        mapped = mapping.load(map_file) if map_file else None
        weighed = _weigh(sides, Material(paths or (), mapped, now), marks_file)
        if json_file is not None:
            json_file.write_bytes(_json(weighed))
    _show(Console(highlight=False), weighed)


@app.command()
def apply(
    new: Annotated[Path, typer.Argument(help="The settings file that is to be in force.")],
    paths: Played = None,
    *,
    map_file: MapFile = None,
    marks_file: Marks = None,
    now: Arrived = None,
    later: Annotated[
        str, typer.Option(help="Warn where what is real would be called later by more than this.")
    ] = "1h",
    reason: Annotated[
        str, typer.Option(help="Why, although what is real is lost; it is recorded.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who changes them; else the user's name.")] = "",
    file: SettingsFile = None,
) -> None:
    """Put another settings file in force, unless that loses an incident marked as real.

    Both are played over the same history first. What was in force is kept beside it, and who
    changed it, when and why is recorded.

    Example: tocsin rules apply stricter.toml --marks marks.csv
    """
    with one_line(*REFUSALS, RefusedError):
        latest, change = _latest(later), _change(file, new)
        words = _words(change.sides[0].settings)
        mapped = mapping.load(map_file) if map_file else None
        weighed = _weigh(change.sides, Material(paths or (), mapped, now), marks_file)
        _show(Console(highlight=False), weighed)
        verdict = acceptance.judge(weighed.comparison, weighed.real, latest=latest)
        _say(_warnings(words, weighed, verdict))
        if not verdict.allowed and not reason.strip():
            raise RefusedError("\n".join(_refusals(words, weighed, verdict)))
        decision = _decision(change, verdict, reason=reason.strip(), who=by or _user())
        record = decisions.note(change.sides[1].settings.home, decision)
        installing.exchange(change.content, change.file, former=Path(decision.former))
    _say(_done(words, decision, record))


class Change(NamedTuple):
    """A file that is to have another content, and what both mean."""

    file: Path
    held: bytes
    content: bytes
    sides: tuple[Side, Side]


def _change(file: Path | None, new: Path) -> Change:
    """Paths in the new file are seen from where it is to lie."""
    target = settings.file(file)
    if target is None:
        raise RefusedError("no settings file is in force: name one with --settings")
    held, content = target.read_bytes(), new.read_bytes()
    if held == content:
        raise RefusedError(f"{new}: must differ from {target}, which is in force")
    fresh = settings.load(new, folder=target.absolute().parent)
    sides = Side(_name(target, new), settings.load(target)), Side(_name(new, target), fresh)
    return Change(target, held, content, sides)


def _weigh(sides: tuple[Side, Side], material: Material, marks_file: Path | None) -> Weighed:
    said = marks.load(marks_file) if marks_file else []
    err, words = Console(stderr=True, highlight=False), language.words()
    seen = comparing.look_back(err, words, sides, material)
    comparison = compare(*(one.called for one in seen))
    called = [*comparison.new, *comparison.old]
    cases = marks.placed(marks_file, said, called) if marks_file else []
    return Weighed(sides, seen, comparison, cases)


def _show(console: Console, weighed: Weighed) -> None:
    old, new = (side.settings for side in weighed.sides)
    words = _words(old)
    comparison_view.show(console, words, weighed)
    if old.sources != new.sources:
        console.print(
            words.say(
                "The sources differ: each set is played with its own, and calls nothing of what "
                "it has no source for."
            ),
            soft_wrap=True,
        )


def _warnings(words: Words, weighed: Weighed, verdict: Verdict) -> Iterator[str]:
    """What does not forbid the change."""
    if not any(case.real for case in weighed.cases):
        yield words.say("Nothing is marked as real, so no incident is held against the change.")
    old, new = weighed.names
    for case in weighed.unmet:
        yield words.say(
            "{mark} is marked as real, but {old} does not call it in this history: nothing can "
            "be said of it",
            mark=case.mark.named, old=old,
        )  # fmt: skip
    for one in verdict.weakened:
        yield _weaker(words, one, new)


def _weaker(words: Words, one: Weakened, new: str) -> str:
    called, other = one.pair
    assert called is not None
    assert other is not None
    if one.why is Doubt.LATER:
        return words.say(
            "{id} is real, and {new} would call it {time} later, at {moment}", new=new,
            id=called.line.id, time=comparison_view.span(other.line.opened - called.line.opened),
            moment=words.moment(other.line.opened),
        )  # fmt: skip
    return words.say(
        "{id} is real, and would be {lower} by {new} where it was {higher}", new=new,
        id=called.line.id, lower=words.name("colour", other.peak),
        higher=words.name("colour", called.peak),
    )  # fmt: skip


def _refusals(words: Words, weighed: Weighed, verdict: Verdict) -> Iterator[str]:
    old, new = weighed.names
    for called, why in verdict.lost:
        yield words.say(
            "{new} loses {id}, which is real ({about}; {old} called it at {moment}): {loss}",
            new=new, id=called.line.id, about=hindsight_view.about(called, words), old=old,
            moment=words.moment(called.line.opened), loss=words.name("loss", why),
        )  # fmt: skip
    yield words.say(
        "{old} stays in force; --reason, which is recorded, changes the rules all the same",
        old=old,
    )  # fmt: skip


def _decision(change: Change, verdict: Verdict, *, reason: str, who: str) -> Decision:
    old, new = (side.settings for side in change.sides)
    before = decisions.edition(old, change.held)
    file = change.file.resolve()
    return Decision(
        at=datetime.now(UTC), who=who, reason=reason, effect=effect(old, new), file=str(file),
        former=str(file.with_name(f"{file.stem}.{before.digest}{file.suffix}")),
        before=before, after=decisions.edition(new, change.content),
        lost=tuple(_forgone(one) for one in verdict.lost),
    )  # fmt: skip


def _forgone(lost: Lost) -> Forgone:
    line = lost.called.line
    return Forgone(incident=line.id, scope=line.subject, called=line.opened, why=lost.why)


def _done(words: Words, decision: Decision, record: Path) -> Iterator[str]:
    for one in decision.lost:
        yield words.say("given up: {incident}", incident=one.incident)
    yield words.say("{file} is in force; what it was lies in {former}", file=decision.file,
                    former=decision.former)  # fmt: skip
    yield words.say("recorded in {file}", file=record)
    yield words.name("effect", decision.effect)


def _json(weighed: Weighed) -> bytes:
    chosen = [side.settings for side in weighed.sides]
    whole = told(weighed.names, chosen, weighed.seen[0], weighed.comparison, weighed.rulings)
    return msgspec.json.encode(whole)


def _say(lines: Iterable[str]) -> None:
    console = Console(highlight=False)
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def _name(file: Path, other: Path) -> str:
    """As short as tells it from the other."""
    return file.name if file.name != other.name else str(file)


def _words(chosen: Settings) -> Words:
    return Words(language.words().language, ZoneInfo(chosen.detection.zone))


def _latest(text: str) -> timedelta:
    try:
        return durations.parse(text)
    except ValueError as error:
        raise RefusedError(f"--later {error}") from None


def _user() -> str:
    """A container may run as somebody who has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid {os.getuid()}"
