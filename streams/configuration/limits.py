"""Plain rules as they are set: limits that somebody wants to be told of, whatever is usual."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from streams.configuration.durations import Duration, Span, text
from streams.configuration.rules import Positive
from streams.configuration.sections import MINUTES, Counted, Section, Stream

LONGEST = timedelta(days=7)  # what a rule may ask about
FINE = timedelta(hours=6)  # up to which it is asked every five minutes


class Rule(Section):
    """What somebody wants to be told of, whatever is usual.

    People of a cut's series within a time: at least so many, where wanted also at least a share
    of those in the cut without (all of) its `where`, or times those of the same window before.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)]
    stream: Stream
    by: Annotated[tuple[str, ...], Field(min_length=1)]
    where: dict[str, str] = Field({})
    only: dict[str, str] = Field({})
    people: Positive
    within: Span = timedelta(hours=1)
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    of: dict[str, str] = Field({})
    times: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    than: Duration = timedelta(days=7)
    holds: Duration = timedelta(0)
    until: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _in_buckets(self) -> Self:
        unit = timedelta(minutes=self.minutes)
        for option in ("within", "holds"):
            span: timedelta = getattr(self, option)
            if span % unit:
                raise ValueError(f"{option} must be a multiple of {text(unit)}, got {text(span)}")
            if span > LONGEST:
                raise ValueError(f"{option} must be at most {text(LONGEST)}, got {text(span)}")
        if self.than not in (timedelta(days=1), timedelta(days=7)):
            raise ValueError(f"than must be 1d or 7d before, got {text(self.than)}")
        return self

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.share and self.times:
            raise ValueError("share and times must not both be set: make two rules of them")
        if self.share and not (self.of.items() < self.where.items()):
            raise ValueError(
                f"share must be of a cut with more events: of must be a part of where "
                f"{self.where}, got {self.of}"
            )
        if self.until and self.until > self.level:
            raise ValueError(f"until must be at most {self.level:g}, got {self.until:g}")
        if unknown := self.only.keys() - set(self.by):
            raise ValueError(f"only must name fields of by {list(self.by)}, got {sorted(unknown)}")
        return self

    @property
    def minutes(self) -> int:
        """Length of its buckets: what is long, or compared with days before, is asked hourly."""
        fine = max(self.within, self.holds) <= FINE and self.times is None
        return 5 if fine else MINUTES

    def buckets(self, span: timedelta) -> int:
        return span // timedelta(minutes=self.minutes)

    @property
    def level(self) -> float:
        """The number from which on it holds: a share, a multiple, else people."""
        return self.share or self.times or self.people

    @property
    def counted(self) -> Counted:
        """The cut it is about, as `Cut.counted` names it."""
        return self.stream, frozenset(self.by), frozenset(self.where.items())

    @property
    def compared(self) -> Counted:
        """The cut that it is a share of; the same where it is none."""
        if self.share is None:
            return self.counted
        return self.stream, frozenset(self.by), frozenset(self.of.items())
