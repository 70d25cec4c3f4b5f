"""tocsin erase: a person leaves what Tocsin keeps."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.text import Text

from alerts.words import Words
from streams import settings
from streams.archive import places
from streams.archive.places import Place
from streams.broker import local, topics
from streams.broker.topics import Topics
from streams.configuration.durations import text
from streams.erasure import arrears, evidence
from streams.erasure.arrears import Arrears
from streams.erasure.eraser import Erased, Eraser
from streams.erasure.evidence import Letters, Quoting
from streams.settings import Settings
from tocsin import language
from tocsin.errors import SettingsFile, one_line

PROBLEMS = (
    settings.SettingsError, local.BrokerError, topics.TopicError, places.PlaceError,
)  # fmt: skip


class Outcome(NamedTuple):
    """What became of the person, and what the stages had still to read."""

    archived: Erased
    letters: Letters
    behind: Sequence[Arrears]

    @property
    def whole(self) -> bool:
        """No other call will be needed."""
        return not (self.archived.fills or self.behind or self.letters.evidence is False)


def erase(
    person: Annotated[str, typer.Argument(help="As events name the person or the author.")],
    file: SettingsFile = None,
) -> None:
    """Take a person out of archive, dead letters and incidents; what was counted stays counted.

    In the archive the person's events stay as rows without text, under names that say nothing.
    What could not be reached is said: above all the source topics, which are not Tocsin's. Ends
    with exit code 1 where the person has to be erased again.

    Example: tocsin erase p-000123
    """
    console, words = Console(highlight=False), language.words()
    with one_line(*PROBLEMS):
        chosen = settings.load(file)
        bootstrap = local.address(chosen)
        place = places.place(chosen)
        outcome = leave(
            place, person,
            await_stages=partial(arrears.awaited, chosen, bootstrap, place),
            leave_kafka=partial(evidence.erase, chosen, bootstrap, person),
        )  # fmt: skip
    for line in account(words, chosen, outcome):
        console.print(Text(line), soft_wrap=True)
    if not outcome.whole:
        raise typer.Exit(1)


def leave(
    place: Place, person: str, *, await_stages: Callable[[], Sequence[Arrears]],
    leave_kafka: Callable[[Collection[str]], Letters],
) -> Outcome:  # fmt: skip
    """Kafka before the archive, from which alone it is known what is quoted there.

    Args:
        place: of the archive.
        person: as events name it.
        await_stages: lets them read what lies in the topics; says what they have not.
        leave_kafka: given digests of what signals may show of the person.

    Raises:
        PlaceError: where the archive refuses; another call goes on, as after any other error.
    """
    behind = await_stages()
    eraser = Eraser(place, person)
    letters = leave_kafka(eraser.quotes)
    outcome = Outcome(eraser.erase(), letters, behind)
    if outcome.whole:
        eraser.finish()
    return outcome


def account(words: Words, chosen: Settings, outcome: Outcome) -> Iterator[str]:
    """What was done and what was not, in sentences."""
    archived, letters, behind = outcome
    yield from _erased(words, archived, letters)
    yield _evidence(words, letters)
    yield from (_behind(words, one) for one in behind)
    yield from _left(words, chosen, archived, letters)


def _erased(words: Words, archived: Erased, letters: Letters) -> Iterator[str]:
    yield words.numbered(
        "archive: {count} record erased", "archive: {count} records erased", archived.records
    )
    yield words.numbered(
        "dead letters: {count} erased; the broker drops it within three days",
        "dead letters: {count} erased; the broker drops them within three days",
        letters.erased,
    )


def _evidence(words: Words, letters: Letters) -> str:
    if letters.evidence is None:
        return words.say("incidents: nothing found in the archive that they could quote")
    if letters.evidence:
        return words.say("incidents: they no longer quote the person")
    return words.say(
        "not reached: the incidents; they forget the person when response runs, then erase again"
    )


def _behind(words: Words, left: Arrears) -> str:
    return words.numbered(
        "not reached: {count} record of {topic}[{partitions}] that {role} has not read; erase "
        "again when it has",
        "not reached: {count} records of {topic}[{partitions}] that {role} has not read; erase "
        "again when it has",
        sum(left.partitions.values()), topic=left.topic, role=left.role,
        partitions=words.listed(map(str, sorted(left.partitions))),
    )  # fmt: skip


def _quoting(words: Words, chosen: Settings, left: Quoting) -> str:
    names = Topics.of(chosen)
    if left.topic == names.counts:
        return words.numbered(
            "not reached: {count} record of {topic} quotes the person until detection has written "
            "two more snapshots",
            "not reached: {count} records of {topic} quote the person until detection has written "
            "two more snapshots",
            left.records, topic=left.topic,
        )  # fmt: skip
    if left.topic == names.incident_inputs:
        return words.numbered(
            "not reached: {count} record of {topic} quotes the person until {kept} after response "
            "has applied it",
            "not reached: {count} records of {topic} quote the person until {kept} after response "
            "has applied them",
            left.records, topic=left.topic, kept=text(chosen.response.inputs_kept),
        )  # fmt: skip
    return words.numbered(
        "not reached: {count} record of {topic} quotes the person until it expires, a year after "
        "it was written; the pages no longer show it",
        "not reached: {count} records of {topic} quote the person until they expire, a year after "
        "they were written; the pages no longer show them",
        left.records, topic=left.topic,
    )  # fmt: skip


def _hashes(words: Words, chosen: Settings) -> str:
    seen = list(map(Topics.of(chosen).seen, chosen.sources))
    kept = [one.retention for one in topics.table(chosen) if one.name in seen and one.retention]
    return words.say(
        "not reached: {topics}; of names, ids and texts they hold hashes alone, which expire "
        "within {days} days",
        topics=words.listed(seen), days=words.number(-(-max(kept) // timedelta(days=1))),
    )  # fmt: skip


def _left(words: Words, chosen: Settings, archived: Erased, letters: Letters) -> Iterator[str]:
    if archived.fills:
        yield words.numbered(
            "not reached: {count} record in a file of the archive that still fills; erase again "
            "when it is closed",
            "not reached: {count} records in files of the archive that still fill; erase again "
            "when they are closed",
            archived.fills,
        )
    yield from (_quoting(words, chosen, one) for one in letters.quoting)
    names = Topics.of(chosen)
    for source in (source for source in chosen.sources if source.rekeyed):
        yield words.say(
            "not reached: {topic}, whose records expire within two weeks",
            topic=names.rekeyed(source),
        )
    yield _hashes(words, chosen)
    sources = words.listed([names.source(source) for source in chosen.sources])
    yield words.say(
        "not reached: the source topics {topics}, and what was sent to people; they are not "
        "Tocsin's to erase",
        topics=sources,
    )
