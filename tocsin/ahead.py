"""What the calendar holds for the next two weeks, in words."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.words import Words
from streams.detection import signals
from streams.detection.almanac import Almanac, Occasion
from streams.events.event import EPOCH
from streams.settings import Settings

AHEAD = timedelta(days=14)
MOST = 10  # that are told


def ahead(words: Words, chosen: Settings, now: datetime) -> Iterator[str]:
    """A line for each occasion that is on, or begins within two weeks."""
    zone = ZoneInfo(chosen.detection.zone)
    almanac = Almanac(chosen.calendar, zone=zone, language=words.language)
    since, until = ((moment - EPOCH) // timedelta(hours=1) for moment in (now, now + AHEAD))
    for one in sorted(almanac.within(since, until), key=lambda one: one.since)[:MOST]:
        yield words.say("calendar: {span} {name}", span=_span(one, zone), name=_name(words, one))


def _name(words: Words, one: Occasion) -> str:
    named = words.name("occasion", one.name) if one.name == one.kind else one.name
    if one.weekday is not None or one.uplift == 1.0:
        return named
    return words.say("{name}, expected x{uplift}", name=named, uplift=f"{one.uplift:g}")


def _span(one: Occasion, zone: ZoneInfo) -> str:
    """The days of a whole-day occasion, else its moments."""
    first, end = (signals.moment(bucket).astimezone(zone) for bucket in (one.since, one.until))
    if first.hour or end.hour:
        return f"{first:%Y-%m-%d %H:%M}/{end:%Y-%m-%d %H:%M}"
    last = end - timedelta(days=1)
    return f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d}/{last:%m-%d}"
