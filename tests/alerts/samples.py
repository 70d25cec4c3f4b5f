"""Signals and logs to test with."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.colour import Colour, ColourReason
from alerts.deliveries import Recipient
from alerts.incident import Incident, IncidentLine, IncidentState, Reason
from alerts.inputs import Input, SignalInput, Tick
from alerts.lifecycle import Decision, Incidents, step
from alerts.rates import BatchRate, Disproportion
from alerts.signal import Kind, Signal, SignalState

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
START = 1_700_000_000_000
STAFF = Disproportion(n=11, expected=1.5, prr=9.1, chi_squared=52.0, eb05=4.2, ic025=1.4)
RATE = BatchRate(
    units=12_000, per_thousand=2.5, low=1.5, high=3.25, neighbours=0.5,
    evidence=Disproportion(n=30, expected=6.0, prr=5.1, chi_squared=90.0, eb05=3.4, ic025=1.6),
)  # fmt: skip
TEAM = (Recipient(name="pr", channel="webhook"),)


def surge(name: str = "s", /, *, hours: float = 0.0, **changes: Any) -> Signal:
    """A confirmed surge of billing complaints, `hours` after noon."""
    at = NOON + timedelta(hours=hours)
    facts: dict[str, Any] = {
        "id": name,
        "kind": Kind.SURGE,
        "scope": {"stream": "complaints", "category": "billing"},
        "bucket": at,
        "onset": at - timedelta(hours=1),
        "at": at,
        "state": SignalState.CONFIRMED,
        "revision": 0,
        "observed": 20.0,
        "expected": 5.0,
        "score": 4e5,
        "threshold": 3e5,
        "multiple": 4.0,
        "learning": False,
        "reason": "excess",
    }
    return Signal(**(facts | changes))


def trigger(name: str = "t", /, *, harm: tuple[str, ...] = ("injury",), **changes: Any) -> Signal:
    facts: dict[str, Any] = {
        "kind": Kind.TRIGGER,
        "harm": harm,
        "observed": 1.0,
        "multiple": 1.0,
    }
    return surge(name, **(facts | changes))


def rule(name: str = "r", /, **changes: Any) -> Signal:
    """A rule on billing complaints whose limit is reached."""
    facts: dict[str, Any] = {
        "kind": Kind.RULE, "rule": "twenty an hour", "expected": 20.0, "observed": 25.0,
        "multiple": 1.25, "score": 1.25, "threshold": 1.0,
    }  # fmt: skip
    return surge(name, **(facts | changes))


def burst(name: str = "b", /, **changes: Any) -> Signal:
    """Posts about the kettle within a quarter of an hour."""
    facts: dict[str, Any] = {
        "kind": Kind.BURST, "scope": {"stream": "mentions", "product": "kettle"},
        "onset": NOON - timedelta(minutes=15), "observed": 84.0, "expected": 6.0,
        "multiple": 14.0, "score": 3.1, "threshold": 2.4,
    }  # fmt: skip
    return surge(name, **(facts | changes))


def weekly(name: str = "w", /, **changes: Any) -> Signal:
    """Billing complaints of two weeks."""
    facts: dict[str, Any] = {
        "kind": Kind.WEEKLY, "onset": NOON - timedelta(days=14), "observed": 310.0,
        "expected": 220.0, "multiple": 1.41,
    }  # fmt: skip
    return surge(name, **(facts | changes))


def batch(name: str = "d", /, **changes: Any) -> Signal:
    """A batch of kettles that draws too many complaints, many of them about staff."""
    facts: dict[str, Any] = {
        "kind": Kind.BATCH, "scope": scoped(product="kettle", batch="B2409-03"),
        "observed": 14.0, "expected": 2.0, "multiple": 7.0, "rate": RATE, "fault": "staff",
        "fault_evidence": STAFF,
    }  # fmt: skip
    return surge(name, **(facts | changes))


def novelty(name: str = "n", /, **changes: Any) -> Signal:
    """Two people who complain of what nobody ever complained of."""
    facts: dict[str, Any] = {
        "kind": Kind.NOVELTY, "scope": scoped(product="kettle", category="billing"),
        "observed": 2.0, "expected": 0.0, "multiple": 2.0, "score": 2.0, "threshold": 2.0,
    }  # fmt: skip
    return surge(name, **(facts | changes))


def share(name: str = "n", /, **changes: Any) -> Signal:
    """More of the posts about the kettle than usual are negative."""
    facts: dict[str, Any] = {
        "kind": Kind.SHARE, "observed": 128.0, "expected": 56.0, "whole": 312.0, "multiple": 2.29,
        "scope": {"stream": "mentions", "product": "kettle", "sentiment": "negative"},
    }  # fmt: skip
    return surge(name, **(facts | changes))


def silence(name: str = "q", /, *, channel: str = "", **changes: Any) -> Signal:
    """A topic of complaints, or a channel in it, that is silent since an hour before."""
    facts: dict[str, Any] = {
        "kind": Kind.SILENCE,
        "scope": scoped(source="complaints", **({"channel": channel} if channel else {})),
        "observed": 0.0,
        "expected": 37.0,
        "multiple": 0.0,
        "last": NOON - timedelta(minutes=100),
    }
    return surge(name, **(facts | changes))


def incident(name: str, *signals: Signal, **changes: Any) -> IncidentLine:
    """What is told of an incident when it opens with these signals."""
    facts: dict[str, Any] = {
        "id": name, "state": IncidentState.OPEN, "colour": Colour.YELLOW, "learning": False,
        "scope": signals[0].scope, "opened": signals[0].at, "at": signals[-1].at,
        "signals": tuple(signal.id for signal in signals), "reason": Reason.OPENED, "revision": 0,
        "because": ColourReason.POINTS,
    }  # fmt: skip
    facts |= changes
    return IncidentLine(**({"about": facts["scope"]} | facts))


def scoped(**fields: str) -> dict[str, str]:
    return {"stream": "complaints", **fields}


def run(
    items: Iterable[Input | Signal],
    state: Incidents | None = None,
    recipients: Sequence[Recipient] = TEAM,
) -> tuple[Incidents, list[Decision]]:
    """The state after a first tick and these inputs, and what each of them decided."""
    state = state or step(Incidents(), Tick(START), offset=0)[0]
    decisions = []
    for item in items:
        record = SignalInput(item) if isinstance(item, Signal) else item
        state, decision = step(state, record, offset=state.offset + 1, recipients=recipients)
        decisions.append(decision)
    return state, decisions


def only(state: Incidents) -> Incident:
    (incident,) = state.incidents.values()
    return incident


def told(decisions: Iterable[Decision]) -> list[str]:
    return [line.what.value for decision in decisions for line in decision.deliveries]
