"""One history played under two settings, as `tocsin rules` does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, get_args

from rich.console import Console
from rich.progress import Progress

from alerts.words import Words
from streams.archive.log import ArchiveError, Log
from streams.configuration.sections import Stream
from streams.files.history import source_of
from streams.files.regions import Regions
from streams.hindsight.called import Called, Hindsight, Past
from streams.hindsight.marks import Case, Ruling
from streams.rulesets import acceptance
from streams.rulesets.comparison import Comparison
from streams.settings import Settings
from tocsin import looking
from tocsin.errors import progress
from tocsin.looking import Material


class Side(NamedTuple):
    """A set of rules, and the name of its file."""

    name: str
    settings: Settings


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
        return acceptance.rulings(self.cases, self.comparison.old, self.comparison.new)

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
    with progress(console) as bars:
        pasts = _opened(bars, words, sides, material)
        return [
            looking.play(bars, words, side.settings, past, now=material.now)
            for side, past in zip(sides, pasts, strict=True)
        ]


def _opened(
    bars: Progress, words: Words, sides: tuple[Side, Side], material: Material
) -> tuple[Past, Past]:
    old, new = (side.settings for side in sides)
    past = looking.opened(bars, words, old, material)
    if isinstance(past, Log):
        for side in sides:
            _fits(side, past)
    elif _reading(old) != _reading(new):
        return past, looking.opened(bars, words, new, material)
    return past, past


def _reading(settings: Settings) -> tuple[object, ...]:
    """What the reading of files goes by."""
    sources = (source_of(settings.sources, stream) for stream in get_args(Stream))
    return settings.intake, *(source and source.future for source in sources)


def _fits(side: Side, log: Log) -> None:
    try:
        log.sources(side.settings)
    except ArchiveError as error:
        raise ArchiveError(f"{side.name}: {error}") from None
