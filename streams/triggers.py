"""Events that are enough by themselves, gathered by scope and bucket."""

from collections.abc import Iterable

import msgspec

from streams.cells import Trigger

ScopeKey = tuple[tuple[str, str], ...]
MOST_EVENTS = 1000  # kept of one scope in one bucket; more change neither the alarm nor its words


class Standing(msgspec.Struct, array_like=True):
    """A trigger alarm: its first bucket, its last, and how often it was confirmed again."""

    fired: int
    last: int
    revision: int
    reports: int


class Triggers(msgspec.Struct, array_like=True):
    """Open buckets of triggers, and the alarms that stand."""

    open: dict[int, dict[ScopeKey, dict[str, Trigger]]]
    standing: dict[ScopeKey, Standing]

    @classmethod
    def empty(cls) -> "Triggers":
        return cls({}, {})

    def add(self, triggers: Iterable[Trigger], *, minutes: int) -> list[tuple[int, ScopeKey]]:
        """Take in events; an event met before changes nothing. Returns what is new in its bucket."""
        news = []
        for trigger in triggers:
            bucket = trigger.minute // minutes
            scope = tuple(sorted({**trigger.scope, "harm": trigger.harm}.items()))
            events = self.open.setdefault(bucket, {}).setdefault(scope, {})
            if not events:
                news.append((bucket, scope))
            if len(events) < MOST_EVENTS:
                events.setdefault(trigger.event, trigger)
        return news

    def close(self, bucket: int) -> list[tuple[ScopeKey, list[Trigger]]]:
        """What a bucket held, in the order of scopes and events; it is counted to its alarm."""
        held = self.open.pop(bucket, {})
        closed = []
        for scope in sorted(held):
            events = [held[scope][event] for event in sorted(held[scope])]
            closed.append((scope, events))
            before = self.standing.get(scope)
            self.standing[scope] = (
                Standing(before.fired, bucket, before.revision + 1, before.reports + len(events))
                if before
                else Standing(bucket, bucket, 0, len(events))
            )
        return closed

    def clear(self, bucket: int, *, quiet: int) -> list[tuple[ScopeKey, Standing]]:
        """Alarms with no further event for `quiet` buckets end."""
        over = sorted(
            (scope, alarm) for scope, alarm in self.standing.items() if bucket - alarm.last >= quiet
        )
        for scope, _ in over:
            del self.standing[scope]
        return over
