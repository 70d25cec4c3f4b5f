"""Local weeks, from Monday on, and how many of them are known from end to end."""

import msgspec

MONDAY = 72
"""Hours from the Monday before the epoch, 1969-12-29, to it."""
WHOLE = 160
"""Hours that must have been seen of a week: one is 167 to 169, and an outage may hide a shift."""


class Weeks(msgspec.Struct):
    """Of a stream.

    Attributes:
        ended: how many were whole, and brought somebody.
        hours: of the week that runs, that nothing hid.
        came: whether it has brought anybody.
    """

    ended: int = 0
    hours: int = 0
    came: bool = False

    def add(self, *, people: int, masked: bool) -> None:
        """Take in an hour."""
        self.hours += not masked
        self.came |= people > 0

    def end(self) -> None:
        """One in which the sources were away tells of no series that it is silent."""
        self.ended += self.hours >= WHOLE and self.came
        self.hours, self.came = 0, False
