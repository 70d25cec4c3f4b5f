"""One reading of a re-keyed partition, which is read as any other but for whose word counts.

An event is late by the watermark of its origin, as it was there; time has come as far as all
origins say; and a record that comes again is a duplicate, whatever it holds.
"""

from typing import Any

import numpy as np
from msgspec.structs import replace

from streams.columnar.fields import Ints
from streams.counts.cells import Counts
from streams.events.columns import Answers, Columns, End
from streams.intake.reading import Emission, Plan, Reading
from streams.seen.people import Seen
from streams.seen.record import Mark
from streams.sources.origins import Carried, Origins


class RekeyedReading(Reading):
    """The state of one re-keyed partition's reading.

    What is remembered goes by the watermark of its origin, and what is forgotten by the one that
    all origins have passed: neither one that is far ahead nor a word that lets time go on after a
    backlog of weeks may make forgotten what another origin brings again.

    Args:
        origins: as they stood at the chunk that comes first now.
        others: as of any reading.
    """

    def __init__(self, *plan: Any, origins: Origins, **others: Any) -> None:
        super().__init__(*plan, **others)
        self.origins = origins
        self._offsets = np.empty(0, np.int64)
        self._carried = Carried.of([], [])
        self._came = self._offsets

    @property
    def early(self) -> int:
        return self.origins.early

    def take(
        self, offsets: Ints, stamps: Ints, answers: Answers, carried: Carried | None = None
    ) -> list[Emission]:
        """Take a run of records, whose timestamps are those of their origins."""
        assert carried is not None
        self._offsets, self._carried = offsets, carried
        return super().take(offsets, carried.stamps(stamps), answers)

    def _count(self, offsets: Ints, stamps: Ints, answers: Answers) -> None:
        start = int(np.searchsorted(self._offsets, offsets[0]))
        carried = self._carried.part(start, start + len(offsets))
        events = np.ones(len(offsets), np.bool_)
        events[list(carried.words)] = False
        fresh = np.zeros(len(offsets), np.bool_)
        fresh[events] = self.origins.admit(carried.origins[events])
        self._note(Mark.DUPLICATE, offsets[events & ~fresh])
        odd = {at: one for at, one in answers.odd.items() if fresh[at]} | self._hear(carried)
        kept = fresh[answers.places]
        super()._count(
            offsets, stamps,
            Answers(answers.columns.kept(kept), answers.places[kept], odd, len(answers)),
        )  # fmt: skip

    def _hear(self, carried: Carried) -> dict[int, End]:
        """How far time has come with each word, once that is known."""
        ends: dict[int, End] = {}
        for place, word in sorted(carried.words.items()):
            self.origins.hear(word)
            if (time := self.origins.time) is not None:
                ends[place] = End(time)
        return ends

    def _sound(self, offsets: Ints, stamps: Ints, answers: Answers) -> tuple[Columns, Ints]:
        columns, kept = super()._sound(offsets, stamps, answers)
        places = np.searchsorted(self._offsets, kept)
        self._came = self._carried.origins["before"][places]
        return columns, kept

    def _pass(self, times: Ints) -> tuple[Ints, Ints]:
        if self.watermark is None:
            self.watermark = int(self._came[0])
        passed = np.maximum(self._came, times - self._lateness)
        return self._came, np.maximum(passed, self.watermark)

    @property
    def _forgets_by(self) -> int | None:
        return self.watermark

    def _close(self, following: int) -> Emission:
        return super()._close(following)._replace(origins=self.origins.note())

    def _blank(self, start: int, end: int, *, closed: bool, first: bool) -> Counts:
        blank = super()._blank(start, end, closed=closed, first=first)
        return replace(blank, watermark=self.origins.time)


def reading_of(plan: Plan, number: int) -> Reading:
    """Of a partition of the plan's source, from its first record on."""
    seen = Seen(horizon=plan.horizon)
    if plan.source.rekeyed:
        return RekeyedReading(plan, number, first=True, seen=seen, origins=Origins())
    return Reading(plan, number, first=True, seen=seen)
