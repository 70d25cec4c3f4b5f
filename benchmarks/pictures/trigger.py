"""Posts that tell of an injury, each by another author: hearsay, and then no more."""

from benchmarks.pictures.track import Track
from streams.configuration.sections import MINUTES
from streams.counts.cells import Trigger
from streams.detection.judges.trigger import ENOUGH, QUIET
from streams.detection.triggers import Triggers

HOURS, TOLD = 96, (14, 45, 70, 77)
"""The hours of the posts; from the third on they are of something that happened."""
WHERE = {"product": "kettle"}


def drawn() -> Track:
    """Of those within a day of each other two authors are enough."""
    enough = ENOUGH["mentions"]
    triggers = Triggers.empty(enough=enough, quiet=QUIET)
    track = Track("hours", float(enough), TOLD[-2:], "enough")
    for hour in range(HOURS):
        news = [
            Trigger("injury", at * MINUTES, at * MINUTES, f"post {n}", f"author {n}", WHERE, "")
            for n, at in enumerate(TOLD)
            if at == hour
        ]
        triggers.add(news, minutes=MINUTES, least=hour)
        told = triggers.close(hour)
        people = sum(len(watch.people) for watch in triggers.watched.values())
        track.add(len(news), enough, people, above=bool(told), learning=False)
    return track
