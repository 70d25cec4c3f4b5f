"""What an installation says of its calendar: whose public holidays, and which events it knows."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, Literal, Self

import holidays
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from streams.configuration.sections import DIMENSIONS, Section

DAY: Final = timedelta(days=1)
LONGEST: Final = 366 * DAY
WHEN_RULE: Final = "must be a day or a moment such as 2026-11-11 or 2026-11-11T20:00:00"
LANGUAGES: Final[dict[str, str]] = {"en": "en_US", "zh": "zh_CN"}
Judged = Literal["complaints", "mentions"]


def _country(code: str) -> str:
    """Only what the library lists: by other names it finds its own parts, which know no day."""
    country, _, part = code.partition("-")
    known = holidays.list_supported_countries()
    if code and (country not in known or (part and part not in known[country])):
        raise ValueError(
            'must be a country such as "CN", or with a part of it "DE-BY", whose public '
            f"holidays the library holidays knows, got {code!r}"
        )
    return code


def of_country(code: str, *years: int, language: str = "en") -> holidays.HolidayBase:
    """The public holidays of these years; without a language the environment would name them."""
    country, _, part = code.partition("-")
    named = LANGUAGES[language]
    return holidays.country_holidays(country, subdiv=part or None, years=years, language=named)


def _written(value: object) -> object:
    """A text of ten letters is a day, a longer one a moment."""
    if isinstance(value, date):
        return value
    try:
        text = value if isinstance(value, str) else ""
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{WHEN_RULE}, got {value!r}") from None


def _wall(when: date) -> datetime:
    """By the clock on a wall; a day begins at midnight."""
    moment = when if isinstance(when, datetime) else datetime.combine(when, time())
    return moment.replace(tzinfo=None)


Country = Annotated[str, AfterValidator(_country)]
When = Annotated[datetime | date, BeforeValidator(_written)]


class KnownEvent(Section):
    """What raises, or lowers, what is counted for a time, and is no reason for alarm."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    since: When
    until: When
    uplift: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    scope: dict[str, str] = Field(default={})
    streams: Annotated[tuple[Judged, ...], Field(min_length=1)] = ("complaints", "mentions")
    kind: Annotated[str, Field(max_length=100)] = ""
    yearly: bool = False

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        first, last = (_wall(when) for when in (self.since, self.until))
        # A difference: there is no day after 9999-12-31, which means for ever.
        if first - last >= (timedelta() if isinstance(self.until, datetime) else DAY):
            raise ValueError(f"until must be after since ({self.since}), got {self.until}")
        if last - first > LONGEST:
            raise ValueError(f"until must be within a year of since, got {self.until}")
        return self

    @model_validator(mode="after")
    def _fields_known(self) -> Self:
        for stream in self.streams:
            if unknown := sorted(set(self.scope) - DIMENSIONS[stream]):
                raise ValueError(
                    f"scope must be of the fields of {stream} {sorted(DIMENSIONS[stream])}, "
                    f"got {unknown}; streams can leave {stream} out"
                )
        return self


class Calendar(Section):
    """What is known beforehand; an empty `country` has no public holidays."""

    country: Country = ""
    events: Annotated[tuple[KnownEvent, ...], Field(max_length=1000)] = ()
