"""What response made of it: incidents and messages, against its own log and the back-test.

Incidents and messages are a function of the log of inputs, so what that log leads to in one
process must be what was published, line for line. Against the back-test less is defined. Shards
are hours of event time apart there, and the order in which their signals come decides which of
them opens an incident, and so its id, what joins it, and from there its colour; and what ends by
the quiet of the log's own time does not end in a run of minutes. Defined is that every signal an
incident of the back-test holds is held by an incident.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from alerts import inputs
from alerts.colour import Colour, higher
from alerts.lifecycle import Incidents
from benchmarks.chaos import ledger
from streams.broker.topics import Role, group
from streams.response.recipients import recipients
from streams.response.turn import Turn
from tests.kafka.installation import SENTINEL, Installation
from tests.kafka.receiver import Received

ENDED = ("sent", "failed", "unknown")

Line = Mapping[str, Any]


def due(installation: Installation) -> Turn:
    """What the inputs so far lead to."""
    _, told = recipients(installation.settings)
    turn = Turn(Incidents(), told)
    for record in installation.reader.topic(installation.topics.incident_inputs):
        turn.apply(inputs.decode(record.value), record.offset)
    return turn


def answered(installation: Installation, turn: Turn) -> bool:
    """Response has taken what these inputs were."""
    members = group(installation.settings, Role.RESPONSE)
    done = installation.reader.committed(members, installation.topics.incident_inputs)
    return done.get(0, 0) >= (turn.following or 0)


def incidents(installation: Installation, turn: Turn, expected: Sequence[Line]) -> dict[str, int]:
    """Those lost, and those that nothing led to.

    Args:
        installation: that was struck.
        turn: what the inputs lead to that response has taken.
        expected: lines of the back-test.
    """
    found = installation.incidents()
    since = dict.fromkeys(map(_exact, _plain(due(installation).incidents)))
    have = Counter(map(_exact, found))
    missing = {_exact(line) for line in _plain(turn.incidents)} - have.keys()
    wanted, came = _called(expected), _called(found)
    return {
        "incidents": len(came),
        "lost_incidents": len(missing) + lost(expected, found),
        "unfounded_incidents": len(have.keys() - since.keys()),
        "repeated_incident_records": have.total() - len(have),
        "incidents_of_backtest": len(wanted),
        "incidents_as_in_backtest": len(wanted.items() & came.items()),
    }


def lost(expected: Iterable[Line], found: Iterable[Line]) -> int:
    """Incidents of the back-test with a signal that none of those found ever held."""
    held = {signal for line in found for signal in line["signals"]}
    return sum(not signals <= held for _, signals in _called(expected).values())


def notifications(
    turn: Turn, lines: Sequence[Line], received: Sequence[Received]
) -> dict[str, Any]:
    """Those that came again, and did so without saying it; those that never came.

    `lost_notifications` are those that the inputs want or that were announced;
    `failed_tries` the reasons of tries after which there was another.
    """
    announced = {line["id"] for line in lines if line["state"] == "wanted"}
    wanted = {line.id for line in turn.deliveries if line.state == "wanted"} | announced
    came = Counter(message.delivery for message in received)
    plain = Counter(message.delivery for message in received if not message.repetition)
    return {
        "notifications": len(wanted),
        "repeated_notifications": came.total() - len(came),
        "unmarked_repetitions": plain.total() - len(plain),
        "lost_notifications": len(wanted - came.keys()),
        "never_wanted_notifications": len(came.keys() - wanted),
        "failed_tries": Counter(line["reason"] for line in lines if line["reason"]),
    }


def unheard(installation: Installation, expected: Iterable[dict[str, Any]]) -> int:
    """Confirmed signals of the back-test that are not among the inputs of response."""
    records = installation.reader.topic(installation.topics.incident_inputs)
    items = [msgspec.json.decode(record.value) for record in records]
    told = [item["signal"] for item in items if item["type"] == "signal"]
    return ledger.signals(told, expected)["lost_signals"]


def ended(lines: Sequence[Line]) -> bool:
    """Every delivery that was wanted has come to an end."""
    states: dict[str, set[str]] = {}
    for line in lines:
        states.setdefault(line["id"], set()).add(line["state"])
    return all(found.intersection(ENDED) for found in states.values())


def _plain(lines: Iterable[Any]) -> list[Line]:
    """As they are published."""
    return [msgspec.json.decode(msgspec.json.encode(line)) for line in lines]


def _exact(line: Line) -> bytes:
    return msgspec.json.encode(line, order="sorted")


def _called(lines: Iterable[Line]) -> dict[str, tuple[Colour, frozenset[str]]]:
    """Of each incident its highest colour and the signals it ever held, but for our own."""
    colours: dict[str, Colour] = {}
    signals: dict[str, frozenset[str]] = defaultdict(frozenset)
    for line in lines:
        if not line["scope"].get("product", "").startswith(SENTINEL):
            name = line["id"]
            colours[name] = higher(colours.get(name, Colour.BLUE), Colour(line["colour"]))
            signals[name] |= frozenset(line["signals"])
    return {name: (colour, signals[name]) for name, colour in colours.items()}
