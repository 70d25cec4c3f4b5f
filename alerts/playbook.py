"""The first step that a message asks for: by what it announces, then by why it has its colour."""

from enum import StrEnum

from alerts.colour import Colour, ColourReason
from alerts.notices import Notice, What


class Step(StrEnum):
    """What to do first."""

    HELP = "help"
    REPORT = "report"
    ASK = "ask"
    WAIT = "wait"
    READ = "read"
    LEAD = "lead"
    VERIFY = "verify"
    STAND_DOWN = "stand-down"


ENDED = {What.CLEARED: Step.VERIFY, What.WITHDRAWN: Step.STAND_DOWN}
REASONS = {
    ColourReason.SAFETY: Step.HELP,
    ColourReason.SENSITIVE: Step.REPORT,
    ColourReason.SILENT: Step.ASK,
    ColourReason.LEARNING: Step.WAIT,
}
COLOURS = {
    Colour.BLUE: Step.WAIT,
    Colour.YELLOW: Step.READ,
    Colour.ORANGE: Step.LEAD,
    Colour.RED: Step.LEAD,
}


def first(notice: Notice) -> Step:
    incident = notice.incident
    asked = ENDED.get(notice.what) or REASONS.get(incident.because)
    return asked or COLOURS[incident.colour]
