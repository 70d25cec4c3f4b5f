"""Why something was called, or was not: the gates on the way to an alarm, with their numbers."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from alerts.signal import Scope


class Step(StrEnum):
    """The gates, in the order in which a count meets them."""

    CUT = "cut"
    HISTORY = "history"
    BORN = "born"
    JUDGED = "judged"
    LEARNING = "learning"
    OUTAGE = "outage"
    SCORE = "score"
    ALARM = "alarm"
    TRIGGER = "trigger"
    RULE = "rule"
    SILENCE = "silence"
    BURST = "burst"
    WEEKLY = "weekly"
    BATCH = "batch"
    NOVELTY = "novelty"
    SPATIAL = "spatial"
    SHARE = "share"
    DRIFT = "drift"


Number = float | str | datetime | tuple[float, ...]
BETWEEN = "; "  # the names of a list


class Gate(msgspec.Struct, frozen=True):
    """One condition of an alarm: whether it was met, and what it was held against.

    `numbers` holds moments, texts, and figures in people, buckets of an hour or plain ratios; those
    of a score are its grounds (`detectors.grounds`), so that it can be computed from them again.
    """

    step: Step
    open: bool
    numbers: Mapping[str, Number] = {}


class Answer(msgspec.Struct, frozen=True):
    """Why a scope was called in the hour from `hour` on, or was not.

    `nearest` holds the scopes that come closest where this one is not counted.
    """

    scope: Scope
    hour: datetime
    gates: tuple[Gate, ...]
    nearest: tuple[Scope, ...] = ()
