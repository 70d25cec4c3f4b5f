"""The scopes that stand out most among the open incidents."""

from collections.abc import Iterable
from typing import NamedTuple

from alerts.incident import Incident


class Standout(NamedTuple):
    """A scope as text, people above the expected, and observed over expected."""

    scope: str
    excess: float
    multiple: float


def scopes(incidents: Iterable[Incident]) -> list[Standout]:
    """One for each scope with a standing surge, the greatest excess first."""
    surges = [
        signal
        for incident in incidents
        if incident.open
        for signal in incident.standing
        if signal.exceeds
    ]
    found: dict[str, Standout] = {}
    for signal in sorted(surges, key=lambda signal: signal.observed - signal.expected):
        scope = ", ".join(f"{field}={value}" for field, value in sorted(signal.scope.items()))
        found[scope] = Standout(scope, signal.observed - signal.expected, signal.multiple)
    return sorted(found.values(), key=lambda one: (-one.excess, one.scope))
