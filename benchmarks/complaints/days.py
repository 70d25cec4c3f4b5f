"""What a detector knows of the known days of a realisation."""

from benchmarks.complaint_simulation import GROUPS
from detectors.calendar import ORDINARY, Account, Known, Learnt
from detectors.season import Rhythm

FACTORS = {"holiday": 0.5, "campaign": 1.9}
"""Factor of a known event before the day itself corrects it."""
DOUBT = 1 / 6
"""Its relative variance."""
CALENDARS = ("declared", "learnt", "none")
"""Known days are said with their factor, or only that they are, or not at all."""


class Days:
    """What is known of the days of a realisation, and what was learnt of those that are over."""

    def __init__(self, days: dict[int, str], calendar: str) -> None:
        self._days, self._calendar = days, calendar
        self._learnt = dict.fromkeys(FACTORS, Learnt())
        self._account = Account()

    def known(self, hour: int) -> Known:
        kind = self._days.get(hour // 24)
        if kind is None or self._calendar == "none":
            return ORDINARY
        if self._calendar == "declared":
            return Known(FACTORS[kind], DOUBT)
        return Known(*self._learnt[kind].next())

    def close(self, hour: int, *, observed: float, rhythm: Rhythm) -> None:
        """Take in the total of all series; the first profiles are those of the groups."""
        kind = self._days.get(hour // 24)
        if kind is None:
            return
        expected = float((rhythm.mean / rhythm.event)[:GROUPS].sum())
        self._account = self._account.add(observed=observed, expected=expected, day=hour // 24)
        if hour % 24 == 23:
            learnt = self._learnt[kind]
            self._learnt[kind] = learnt.after(self._account, expected=learnt.next())
            self._account = Account()
