"""How long a partition has had nothing more, told now and then."""

from dataclasses import dataclass


@dataclass
class Resting:
    """Of one partition; moments are seconds of a monotonic clock."""

    since: float | None = None
    told: float = 0.0

    def interrupted(self) -> None:
        self.since = None

    def due(self, now: float, *, after: float) -> int | None:
        """It rests: milliseconds to be told now, at least 1; None before it has rested enough."""
        if self.since is None:
            self.since = self.told = now
        if now - self.since < after:
            return None
        elapsed, self.told = now - self.told, now
        return max(int(elapsed * 1000), 1)
