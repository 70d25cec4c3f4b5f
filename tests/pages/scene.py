"""A day of incidents as response would publish it: what the pages are shown with."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from alerts import deliveries
from alerts.deliveries import Recipient
from alerts.inputs import Attempted, Input, Outcome, Result, SignalInput, Tick
from alerts.lifecycle import Decision, Incidents, step
from alerts.signal import Kind, Signal, SignalState
from streams.response.incident_view import Public, Reach, Record, View

MORNING = datetime(2026, 3, 3, 1, tzinfo=UTC)
ZONE = "Asia/Shanghai"
HOUR = 3_600_000
OUTAGE = int(MORNING.timestamp() * 1000) // HOUR + 4
RECIPIENTS = (
    Recipient(name="crisis-pr", channel="webhook"),
    Recipient(name="product", channel="wecom"),
)
REFUSED = "wecom: errcode 93004: robot switched off"
Told = tuple[Public, Record]


def signal(name: str, hours: float, scope: dict[str, str], **changes: Any) -> Signal:
    """A confirmed surge that is told `hours` after the morning, counted for `since` hours."""
    at = MORNING + timedelta(hours=hours)
    onset = MORNING + timedelta(hours=changes.pop("since", hours - 3))
    facts: dict[str, Any] = {
        "id": name, "kind": Kind.SURGE, "scope": {"stream": "complaints", **scope},
        "bucket": at, "onset": onset, "at": at, "state": SignalState.CONFIRMED, "revision": 0,
        "observed": 30.0, "expected": 6.0, "score": 9e6, "threshold": 3.1e5, "learning": False,
        "reason": "excess",
    } | changes  # fmt: skip
    facts.setdefault("multiple", facts["observed"] / max(facts["expected"], 1.0))
    return Signal(**facts)


KETTLE = {"product": "Kettle K3", "batch": "B2409-03"}
ZHEJIANG = {"region": "Zhejiang", "category": "delivery_contract"}
POWER_BANK = {"stream": "mentions", "product": "Power Bank P20", "sentiment": "negative"}
FAN = {"category": "value_for_money", "product": "Fan F1"}
BILLING = {"region": "Zhejiang", "category": "billing"}
ROUTER = {"product": "Router R5", "category": "technical_support"}
PHONE = {"source": "complaints", "channel": "phone"}


def day() -> list[Signal]:
    """Signals in the order of the log: all colours and kinds, and every way in which one ends."""
    injury = {
        "kind": Kind.TRIGGER, "harm": ("injury",), "observed": 2.0, "expected": 0.0,
        "multiple": 2.0, "threshold": 1.0, "score": 2.0,
        "examples": (
            "水壶炸了，孩子手被烫伤，请马上打我电话 13812345678，我叫王小明",
            "The lid came off and the boiling water burnt my hand. My name is Jane Miller.",
        ),
    }  # fmt: skip
    return [
        signal("r0", -40, ROUTER, since=-44, observed=61.0, expected=19.0),
        signal("w0", -30, {"region": "Hainan"}, observed=24.0, expected=8.0),
        signal("w0", -29, {"region": "Hainan"}, state=SignalState.WITHDRAWN),
        signal("r0", -14, ROUTER, since=-15, state=SignalState.CLEARED, observed=4.0, expected=3.1),
        signal("b0", -1, BILLING, since=-5, observed=22.0, expected=5.1),
        signal("z0", 0, ZHEJIANG, since=-4, observed=31.0, expected=7.3),
        signal("n0", 1, FAN, learning=True, observed=9.0),
        signal("z0", 3, ZHEJIANG, since=-4, observed=88.0, expected=14.1, revision=1),
        signal("z1", 3, {"region": "Zhejiang"}, since=-2, observed=140.0, expected=61.0),
        signal("k1", 4, KETTLE, since=-5, observed=14.0, expected=1.2),
        signal("k0", 5, {**KETTLE, "harm": "injury"}, since=4.2, **injury),
        signal("p0", 6, POWER_BANK, since=2, observed=212.0, expected=55.0),
        quiet(0, 6),
        signal("k1", 7, KETTLE, since=-5, observed=33.0, expected=2.2, revision=1),
        quiet(1, 8),
        signal("z0", 9, ZHEJIANG, since=-4, observed=241.0, expected=31.0, revision=2),
        signal("k1", 10, KETTLE, since=-5, observed=71.0, expected=3.4, revision=2),
    ]  # fmt: skip


def quiet(revision: int, hours: float, **changes: Any) -> Signal:
    """The phone has been silent since the third hour, where 12 events an hour are usual."""
    facts = {"kind": Kind.SILENCE, "since": 3, "observed": 0.0, "expected": 12.0 * (hours - 3)}
    return signal(
        "q0", hours, PHONE, last=MORNING + timedelta(hours=2.8), revision=revision, score=2e8,
        multiple=0.0, **(facts | changes),
    )  # fmt: skip


class Log:
    """The response stage at a desk: its state, and all that it published.

    The robot of the recipient "product" is switched off in the fifth hour; what tells of harm
    needs a second try.
    """

    def __init__(self, recipients: Sequence[Recipient] = RECIPIENTS) -> None:
        self.state = Incidents()
        self.told: list[Told] = []
        self._recipients = recipients

    def play(self, signals: Iterable[Signal]) -> "Log":
        for one in signals:
            now = int(one.at.timestamp() * 1000) + 4000
            self._step(Tick(at=now), now)
            self._publish(Public.SIGNALS, one, now)
            self._step(SignalInput(one), now)
            for _ in range(3):
                now += 7000
                self._step(Tick(at=now), now)
                self._deliver(now)
        return self

    def view(self, **limits: int) -> View:
        return filled(self.told, **limits)

    def _deliver(self, now: int) -> None:
        for due in deliveries.due(self.state.deliveries, now=now):
            number = due.attempt + 1
            claim = Attempted(delivery=due.id, attempt=number, worker="w", at=now)
            self._step(claim, now)
            result, reason, permanent = Result.SENT, "", False
            if due.recipient.name == "product" and now // HOUR == OUTAGE:
                result, reason, permanent = Result.FAILED, REFUSED, True
            elif number == 1 and due.notice.harm:
                result, reason = Result.FAILED, f"{due.recipient.channel}: HTTP 503"
            ended = Outcome(
                delivery=due.id, attempt=number, result=result, at=now, reason=reason,
                permanent=permanent,
            )  # fmt: skip
            self._step(ended, now + 300)

    def _step(self, item: Input, now: int) -> None:
        self.state, decision = step(
            self.state, item, offset=self.state.offset + 1, recipients=self._recipients
        )
        for topic, line in lines(decision):
            self._publish(topic, line, now)

    def _publish(self, topic: Public, item: msgspec.Struct, now: int) -> None:
        self.told.append((topic, Record(msgspec.json.encode(item), now)))


def lines(decision: Decision) -> Iterator[tuple[Public, msgspec.Struct]]:
    for incident in decision.incidents:
        yield Public.INCIDENTS, incident
    for delivery in decision.deliveries:
        yield Public.NOTIFICATIONS, delivery
    for signal in decision.signals:
        yield Public.SIGNALS, signal


def filled(told: Iterable[Told], **limits: int) -> View:
    """Of all that was told."""
    view = View("run", **limits)
    for topic, record in told:
        view.apply(topic, record)
    view.reach = Reach.CURRENT
    return view
