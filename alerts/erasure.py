"""Quotes of a person who is erased leave the incidents; what was counted stays counted.

Which quotes these are is known by digests alone, so that the log that says it does not quote.
"""

import hashlib
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from alerts.deliveries import Delivery
from alerts.incident import Incident
from alerts.signal import Signal


def digest(quote: str) -> str:
    return hashlib.blake2b(quote.encode(), digest_size=16).hexdigest()


def signal(held: Signal, gone: Collection[str]) -> Signal:
    """The signal without these quotes; the same one where it has none of them."""
    if not gone:
        return held
    return _left(held, [quote for quote in held.examples if digest(quote) not in gone])


def common(held: Signal, other: Signal) -> Signal:
    """A signal of which there are two records, with what both quote.

    One that quoted a person who is erased is written again without those quotes.
    """
    return _left(held, [quote for quote in held.examples if quote in other.examples])


def _left(held: Signal, quotes: Sequence[str]) -> Signal:
    """The signal with these of its quotes; the same one where they are all."""
    return held if len(quotes) == len(held.examples) else replace(held, examples=tuple(quotes))


def incident(held: Incident, gone: Collection[str]) -> Incident:
    signals, heights = _signals(held.signals, gone), _signals(held.heights, gone)
    if signals is held.signals and heights is held.heights:
        return held
    return replace(held, signals=signals, heights=heights)


def delivery(held: Delivery, gone: Collection[str]) -> Delivery:
    notice = held.notice
    cleaned = replace(
        notice,
        signal=signal(notice.signal, gone),
        surge=notice.surge and signal(notice.surge, gone),
        height=notice.height and signal(notice.height, gone),
        blind=tuple(signal(one, gone) for one in notice.blind),
    )
    return held if cleaned == notice else replace(held, notice=cleaned)


def _signals(held: dict[str, Signal], gone: Collection[str]) -> dict[str, Signal]:
    cleaned = {name: signal(one, gone) for name, one in held.items()}
    same = all(cleaned[name] is one for name, one in held.items())
    return held if same else cleaned
