"""Dead letters as people look at them in a terminal, and programs by their JSON."""

from base64 import b64encode
from collections.abc import Iterator
from json import dumps
from typing import Any

from rich.console import Console
from rich.text import Text

from alerts.words import Words
from streams.events.deadletters import DeadLetter
from streams.events.event import Rejected, moment
from streams.events.rejections import shown as on_one_line
from streams.intake.resending import Fate, Plan
from streams.intake.waiting import Summary, Waiting
from tocsin.flowing import Flowing
from tocsin.phrases import said
from tocsin.proposal_view import more, table

MOST = 50  # groups that are listed, and reasons
WHO_OR_ALL = ("person", "author", "event")  # fields whose value is a person, or what one wrote


def summary(console: Console, words: Words, found: Summary, *, topic: str) -> None:
    """The groups as a table, what comes next below it; a line where nothing waits."""
    for line in _counted(words, found, topic=topic):
        console.print(Text(line), soft_wrap=True)
    if not found.groups:
        return
    listed = table(words.say("Why, and where; times of {zone}", zone=words.zone.key))
    listed.add_column(words.say("letters"), justify="right", no_wrap=True)
    for name in (words.say("topic"), words.say("field")):
        listed.add_column(name, overflow="fold")
    listed.add_column(words.say("rule"), overflow="fold", ratio=4)
    listed.add_column(words.say("for example"), overflow="fold", ratio=3)
    for name in (words.say("first"), words.say("last")):
        listed.add_column(name, no_wrap=True)
    for one in found.groups[:MOST]:
        why = one.example
        listed.add_row(
            words.number(one.count), Flowing(on_one_line(one.topic)),
            Flowing(on_one_line(why.field)), Flowing(on_one_line(said(words, why.rule))),
            Flowing(_value(words, why)),
            *(words.hour(moment(at)) for at in (one.first, one.last)),
        )  # fmt: skip
    console.print(listed)
    for line in more(words, len(found.groups) - MOST):
        console.print(line)
    console.print(
        Flowing(
            words.say(
                "one by one: tocsin dead-letters list; "
                "once what was wrong is mended: tocsin dead-letters resend"
            )
        )
    )


def _counted(words: Words, found: Summary, *, topic: str) -> Iterator[str]:
    count = sum(group.count for group in found.groups)
    if not count:
        yield _nothing(words, topic)
    else:
        yield words.numbered(
            "{count} dead letter waits in {topic}",
            "{count} dead letters wait in {topic}",
            count,
            topic=topic,
        )
    if found.sent:
        yield words.numbered(
            "{count} was sent again before", "{count} were sent again before", found.sent
        )


def _nothing(words: Words, topic: str) -> str:
    return words.say("no dead letter waits in {topic}", topic=topic)


def letter(console: Console, words: Words, one: Waiting, *, raw: bool) -> None:
    """In some lines; `raw` shows what it holds as it came."""
    held = one.letter
    at = words.second(moment(one.at))
    console.print(Text(f"{on_one_line(held.place)}  {at}"), style="bold", soft_wrap=True)
    for line in _lines(words, held, raw=raw):
        console.print(Text(f"  {line}"), soft_wrap=True)


def _lines(words: Words, held: DeadLetter, *, raw: bool) -> Iterator[str]:
    yield _refusal(words, held.why, raw=raw)
    if held.first:
        yield words.say("sent again before, and refused once more; first it was {place}",
                        place=on_one_line(held.first))  # fmt: skip
    if not held.whole:
        yield words.say("only its beginning was kept")
    if raw and held.key is not None:
        yield words.say("key: {key}", key=on_one_line(held.key))
    if raw:
        yield from (f"{on_one_line(n)}: {on_one_line(v)}" for n, v in held.headers)
        yield printable(held.raw)


def _refusal(words: Words, why: Rejected, *, raw: bool) -> str:
    field, rule = on_one_line(why.field), on_one_line(said(words, why.rule))
    value = on_one_line(why.value) if raw else _value(words, why)
    if not value:
        return words.say(": ").join((field, rule))
    return words.say("{field}: {rule}, got {value}", field=field, rule=rule, value=value)


def _value(words: Words, why: Rejected) -> str:
    """What was refused, as far as it points at nobody."""
    return "" if why.field in WHO_OR_ALL else words.plain(why.value)


def printable(raw: bytes) -> str:
    """All of it, on one line: what a terminal would obey is escaped."""
    text = raw.decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shown(console: Console, words: Words, count: int, *, of: int, topic: str) -> None:
    """How many of how many; a line where there was none."""
    if not of:
        console.print(Text(_nothing(words, topic)), soft_wrap=True)
    elif count < of:
        line = words.say(
            "the newest {count} of {all}; --limit shows more",
            count=words.number(count), all=words.number(of),
        )  # fmt: skip
        console.print(Text(line), soft_wrap=True)


def json(words: Words, one: Waiting, *, raw: bool) -> str:
    """One object; bytes in base64."""
    held = one.letter
    told: dict[str, Any] = {
        "topic": held.topic, "partition": held.partition, "offset": held.offset,
        "at": moment(one.at).isoformat(), "field": held.why.field,
        "value": held.why.value if raw else _value(words, held.why),
        "rule": held.why.rule, "whole": held.whole, "first": held.first or None,
    }  # fmt: skip
    if raw:
        key = None if held.key is None else b64encode(held.key).decode()
        headers = [(n, b64encode(v).decode()) for n, v in held.headers]
        told |= {"key": key, "headers": headers, "raw": b64encode(held.raw).decode()}
    return dumps(told)  # in ASCII: a terminal obeys more than msgspec escapes


def plan(words: Words, made: Plan, *, topic: str) -> Iterator[str]:
    """What will be sent where, and what will not be, with the reason."""
    if not made.topics:
        yield _nothing(words, topic)
    for name, fates in made.topics.items():
        if going := fates[Fate.COUNTED] + fates[Fate.LATE]:
            yield words.numbered(
                "to {topic}: {count} letter", "to {topic}: {count} letters", going, topic=name
            )
        if fates[Fate.LATE]:
            yield words.numbered(
                "  {count} of them is of a time that is over, and counts as late",
                "  {count} of them are of a time that is over, and count as late",
                fates[Fate.LATE],
            )
    yield from _kept(words, made)
    if made.places:
        yield words.say(
            "workers read by the settings they were started with; "
            "what they refuse once more waits again"
        )


def _kept(words: Words, made: Plan) -> Iterator[str]:
    for (name, field, rule), count in made.refused.most_common(MOST):
        yield words.numbered(
            "not sent: {count} letter of {topic} that is still refused: {field}: {rule}",
            "not sent: {count} letters of {topic} that are still refused: {field}: {rule}",
            count, topic=name, field=field, rule=said(words, rule),
        )  # fmt: skip
    for name, fates in made.topics.items():
        if fates[Fate.CUT]:
            yield words.numbered(
                "not sent: {count} letter of {topic}, of which only the beginning was kept",
                "not sent: {count} letters of {topic}, of which only the beginning was kept",
                fates[Fate.CUT], topic=name,
            )  # fmt: skip
        if fates[Fate.UNKNOWN]:
            yield words.numbered(
                "not sent: {count} letter of {topic}, which is no source of the settings",
                "not sent: {count} letters of {topic}, which is no source of the settings",
                fates[Fate.UNKNOWN], topic=name,
            )  # fmt: skip


def sent(words: Words, count: int) -> str:
    if not count:
        return words.say("nothing was sent")
    return words.numbered("{count} letter sent again", "{count} letters sent again", count)
