"""Events that are enough by themselves, gathered by scope and bucket.

A filed complaint is enough alone. A public post is hearsay until a second author says the same
within the quiet time: `enough` is how many people it takes.
"""

from collections.abc import Iterable

import msgspec

from streams.counts.cells import Trigger

ScopeKey = tuple[tuple[str, str], ...]
MOST_EVENTS = 1000  # kept of one scope in one bucket; more change neither the alarm nor its words


class Watch(msgspec.Struct, array_like=True):
    """Who reported of one scope, and the last bucket with a report."""

    last: int
    people: list[str]


class Report(msgspec.Struct, frozen=True):
    """What is to be said of a scope: how many report it by now, and the events of the bucket."""

    scope: ScopeKey
    bucket: int
    people: int
    events: list[Trigger]


class Triggers(msgspec.Struct, array_like=True):
    """Open buckets by scope and event, and the scopes under watch.

    What is enough while a bucket is open is enough when it closes, for people only join.

    Attributes:
        enough: people it takes.
        quiet: buckets for which a report is remembered.
        open: events by bucket, scope and id.
        watched: by scope, the reports of closed buckets.
    """

    enough: int
    quiet: int
    open: dict[int, dict[ScopeKey, dict[str, Trigger]]]
    watched: dict[ScopeKey, Watch]

    @classmethod
    def empty(cls, *, enough: int, quiet: int) -> "Triggers":
        return cls(enough, quiet, {}, {})

    def add(self, triggers: Iterable[Trigger], *, minutes: int, least: int) -> list[Report]:
        """Take in events; returns the scopes that first have enough in their bucket by them.

        Args:
            triggers: of the buckets of their minutes; met again in its bucket one changes nothing.
            minutes: of a bucket.
            least: the oldest open bucket, which takes what is too late for its own.
        """
        reports = []
        for trigger in triggers:
            bucket = max(trigger.minute // minutes, least)
            scope = tuple(sorted({**trigger.scope, "harm": trigger.harm}.items()))
            events = self.open.setdefault(bucket, {}).setdefault(scope, {})
            told = bool(events) and len(self._people(scope, bucket)) >= self.enough
            if len(events) < MOST_EVENTS:
                events.setdefault(trigger.event, trigger)
            people = self._people(scope, bucket)
            if len(people) >= self.enough and not told:
                reports.append(Report(scope, bucket, len(people), list(events.values())))
        return reports

    def close(self, bucket: int) -> list[Report]:
        """Count the buckets up to this one; returns the scopes that have enough, in order."""
        reports = []
        for passed in sorted(passed for passed in self.open if passed <= bucket):
            for scope, held in sorted(self.open[passed].items()):
                people = self._people(scope, passed)
                self.watched[scope] = Watch(passed, sorted(people)[:MOST_EVENTS])
                if len(people) >= self.enough:
                    events = [held[event] for event in sorted(held)]
                    reports.append(Report(scope, passed, len(people), events))
            del self.open[passed]
        self.watched = {s: w for s, w in self.watched.items() if bucket - w.last < self.quiet}
        return reports

    def _people(self, scope: ScopeKey, bucket: int) -> set[str]:
        """Who reported in the bucket or in the quiet time before it."""
        watch = self.watched.get(scope)
        people = set(watch.people) if watch and bucket - watch.last <= self.quiet else set()
        for earlier, held in self.open.items():
            if bucket - self.quiet <= earlier <= bucket:
                people.update(trigger.who for trigger in held.get(scope, {}).values())
        return people
