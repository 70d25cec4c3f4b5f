"""One history played under two settings, as `tocsin rules` does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, get_args

from rich.console import Console

from alerts.words import Words
from streams.archive.log import ArchiveError, Log
from streams.configuration.sections import Stream
from streams.events.mapping import Mapping
from streams.files.history import source_of
from streams.files.regions import Regions
from streams.hindsight.called import Called, Hindsight
from streams.hindsight.marks import Case, Ruling
from streams.rulesets import acceptance
from streams.rulesets.comparison import Comparison
from streams.settings import Settings
from tocsin import looking
from tocsin.backtest import archive_of, milliseconds
from tocsin.errors import progress


class Side(NamedTuple):
    """A set of rules, and the name of its file."""

    name: str
    settings: Settings


class Material(NamedTuple):
    """What is played: files or an archive, as `tocsin backtest` takes them."""

    paths: Sequence[str]
    mapping: Mapping | None
    now: datetime | None


@dataclass(frozen=True)
class Weighed:
    """Two sets of rules, what each calls, and what people said of that."""

    sides: tuple[Side, Side]
    seen: Sequence[Hindsight]
    comparison: Comparison
    cases: Sequence[Case]

    @property
    def names(self) -> tuple[str, str]:
        return self.sides[0].name, self.sides[1].name

    @property
    def rulings(self) -> acceptance.Rulings:
        return acceptance.rulings(self.cases, self.comparison)

    @property
    def real(self) -> list[Called]:
        """Those of the first set that are marked so."""
        said = self.rulings
        return [one for one in self.comparison.old if said.get(one.line.id) is Ruling.REAL]

    @property
    def unmet(self) -> list[Case]:
        """What is real and was not called by the first set."""
        old = self.comparison.old
        return [case for case in self.cases if case.real and acceptance.meant(case, old) is None]


def regions(sides: tuple[Side, Side]) -> Regions:
    """The names by which both are told: those of the first, or of the second where it has none."""
    one, other = (side.settings.regions for side in sides)
    return one if one.aliases else other


def look_back(
    console: Console, words: Words, sides: tuple[Side, Side], material: Material
) -> list[Hindsight]:
    """What each set would have called; the archive is the one of the first where none is named.

    An archive is read for each of them, as it is never held; files once where both sets read them
    alike.
    """
    paths, mapped, now = material
    if (log := archive_of(paths, sides[0].settings, mapped, now)) is None:
        return _of_files(console, words, sides, material)
    for side in sides:
        _fits(side, log)
    return [looking.look_back_on(console, words, side.settings, log) for side in sides]


def _of_files(
    console: Console, words: Words, sides: tuple[Side, Side], material: Material
) -> list[Hindsight]:
    files, now, seen = list(map(Path, material.paths)), milliseconds(material.now), []
    with progress(console) as bars:
        history = read_as = None
        for side in sides:
            settings = side.settings
            if history is None or read_as != _reading(settings):
                history = looking.read(bars, words, settings, files, material.mapping, now=now)
                read_as = _reading(settings)
            seen.append(looking.play(bars, words, settings, history, now=now))
    return seen


def _reading(settings: Settings) -> tuple[object, ...]:
    """What the reading of files goes by."""
    sources = (source_of(settings.sources, stream) for stream in get_args(Stream))
    return settings.intake, *(source and source.future for source in sources)


def _fits(side: Side, log: Log) -> None:
    try:
        log.sources(side.settings)
    except ArchiveError as error:
        raise ArchiveError(f"{side.name}: {error}") from None
