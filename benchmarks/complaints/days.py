"""The known days of a realisation, as the calendar of a stream knows them."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from detectors.calendar import DAY, Known
from streams.configuration import declared
from streams.configuration.declared import KnownEvent
from streams.detection import signals
from streams.detection.almanac import Almanac
from streams.detection.calendar import UNSEEN, Calendar

UPLIFTS: Final = {"holiday": 0.5, "campaign": 1.9}
"""What is declared of a day."""
CALENDARS: Final = ("declared", "learnt", "none")
"""Known days are declared with their uplift, or only that they are, or not at all."""
STREAM: Final = "complaints"


class Days:
    """They concern the whole stream; the realisation begins in bucket `start`."""

    def __init__(self, days: dict[int, str], calendar: str, *, start: int) -> None:
        first = signals.moment(start).date()
        events = () if calendar == "none" else tuple(
            KnownEvent(
                name=kind, since=first + timedelta(days=day), until=first + timedelta(days=day),
                uplift=UPLIFTS[kind] if calendar == "declared" else 1.0,
            )
            for day, kind in days.items()
        )  # fmt: skip
        almanac = Almanac(declared.Calendar(events=events), zone=ZoneInfo("UTC"), stream=STREAM)
        self._calendar = Calendar(almanac, STREAM)

    def known(self, bucket: int) -> Known:
        """No event is of some series alone, so of none is anything asked."""
        self._calendar.freeze(
            bucket, bucket // DAY, shares=lambda _: 0.0, lives=lambda _: {}, n=0, groups=()
        )
        return self._calendar.of_groups

    def close(self, bucket: int, whole: tuple[float, float] | None) -> None:
        """`whole` is as of `Closing`; None in an outage too."""
        self._calendar.close(bucket, bucket // DAY, UNSEEN._replace(whole=whole))
