"""What reports of single events come to, as a verdict on scopes."""

from dataclasses import dataclass

from detectors.columns import Bools, Ints


@dataclass(frozen=True, slots=True)
class Told:
    """By scope: whether it is told, and people within the quiet time."""

    above: Bools
    people: Ints
