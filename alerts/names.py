"""The English word for each value of a known set, by the set's name, which is its context.

A field of an event has the words of its own name. What is in no set is shown as it is.
"""

from collections.abc import Iterator
from typing import Any

NAMES: dict[str, dict[str, str]] = {
    "colour": {"blue": "blue", "yellow": "yellow", "orange": "orange", "red": "red"},
    "what": {
        "new": "new",
        "escalated": "escalated",
        "updated": "updated",
        "cleared": "cleared",
        "withdrawn": "withdrawn",
    },
    "because": {
        "safety": "someone may be hurt; that comes before any number",
        "sensitive": "a data leak or a regulator is involved",
        "learning": "the series is still learning",
        "silent": "we are blind where a source is silent",
        "points": "speed, number of people, spread and harm together",
    },
    "kind": {
        "surge": "excess over the usual count",
        "trigger": "one event is enough",
        "silence": "fewer events than chance explains",
    },
    "state": {
        "provisional": "provisional",
        "confirmed": "confirmed",
        "withdrawn": "withdrawn",
        "cleared": "cleared",
    },
    "incident": {
        "open": "open",
        "cleared": "cleared",
        "withdrawn": "withdrawn",
        "merged": "merged",
    },
    "reason": {
        "opened": "opened",
        "joined": "another signal joined",
        "revised": "figures revised",
        "escalated": "escalated",
        "lowered": "lowered",
        "merged": "merged into another incident",
        "cleared": "cleared: back to normal",
        "withdrawn": "withdrawn: later data did not bear it out",
        "went-quiet": "cleared: nothing more came",
    },
    "delivery": {
        "wanted": "waiting to be sent",
        "attempted": "being sent",
        "sent": "sent",
        "failed": "failed",
        "unknown": "unknown whether it arrived",
    },
    "reach": {
        "reading": "Still reading the log; what is shown may be old.",
        "unreachable": "The broker does not answer; what is shown may be old.",
    },
    "field": {
        "stream": "stream",
        "source": "source",
        "product": "product",
        "brand": "brand",
        "batch": "batch",
        "category": "category",
        "region": "region",
        "channel": "channel",
        "platform": "platform",
        "sentiment": "sentiment",
        "harm": "harm",
        "demand": "demand",
        "severity": "severity",
    },
    "stream": {
        "complaints": "complaints",
        "mentions": "mentions",
        "updates": "complaint updates",
    },
    "category": {
        "product_quality": "product quality",
        "delivery_contract": "delivery contract",
        "technical_support": "technical support",
        "communication": "communication",
        "billing": "billing",
        "data_security": "data security",
        "flexibility": "flexibility",
        "staff": "staff",
        "ethics": "ethics",
        "complaint_handling": "complaint handling",
        "compliance": "compliance",
        "value_for_money": "value for money",
        "unknown": "unknown category",
    },
    "sentiment": {
        "negative": "negative",
        "neutral": "neutral",
        "positive": "positive",
        "unknown": "sentiment unknown",
    },
    "demand": {
        "compensation": "compensation",
        "explanation": "explanation",
        "improvement": "improvement",
        "emotional": "emotional",
    },
    "severity": {
        "safety": "safety",
        "leak": "data leak",
        "regulated": "regulated matter",
        "normal": "normal",
    },
    "harm": {
        "safety": "safety",
        "injury": "injury",
        "death": "death",
        "fire": "fire",
        "poisoning": "poisoning",
        "leak": "data leak",
        "regulator": "regulator",
        "court": "court",
        "media": "media",
    },
    "scenario": {
        "campaign": "campaign",
        "defect_batch": "defect batch",
        "regional_surge": "regional surge",
        "social_wave": "social-media wave",
        "silence": "source fallen silent",
        "safety_report": "safety report",
    },
    "phase": {
        "history": "four weeks of history",
        "live": "the last two days",
        "verdicts": "the last verdicts",
        "afterwards": "as it happens",
    },
    "pushed": {"created": "created", "updated": "updated", "unchanged": "unchanged"},
    "matched": {
        "name": "by name",
        "values": "by its values",
        "chosen": "your choice",
    },
    "note": {
        "dated": "there is no time of day: an event counts in the first hour of its day",
        "swapped": "day and month may be exchanged; look at the examples",
        "repeated-ids": "an id that occurs again counts once",
        "alone": "one event of safety or of a leak raises an alarm by itself",
    },
    "missing": {
        "id": "no column; file and row serve as one, so a file that is sent twice counts twice",
        "person": "no column; each event is a person of its own, repeat contacts are not known",
        "author": "no column; each post is by an author of its own",
        "product": "no column; nothing is counted by product",
        "batch": "no column; no defect of a batch is found",
        "region": "no column; no regional surge is found",
        "category": "no column; it is read from the text where there is one",
        "sentiment": "no column; it is read from the text where there is one",
        "repost_of": "no column; copies of a post count as posts",
        "text": "no column; no harm is read, and no category",
    },
    "verdict": {
        "sound": "counted",
        "too-many": "left out: too many values for so few events",
        "one-value": "left out: one value only",
        "no-value": "left out: no event has it",
    },
    "redacted": {
        "link": "[link]",
        "email": "[e-mail]",
        "identity": "[id number]",
        "card": "[card]",
        "phone": "[phone]",
        "account": "[account]",
        "address": "[address]",
        "number": "[number]",
        "name": "[name]",
    },
}


def extract(*_: Any, **__: Any) -> Iterator[tuple[int, str, tuple[str, str], list[str]]]:
    """The words, as Babel takes them from an extractor."""
    for family, words in NAMES.items():
        for word in words.values():
            yield 0, "pgettext", (family, word), []
