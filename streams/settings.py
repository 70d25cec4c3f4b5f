"""Everything an installation may set: one TOML file, overridden by the environment.

A file is named by the caller, else by TOCSIN_SETTINGS, else it is ./tocsin.toml where there is
one. An environment variable is TOCSIN_ and the option's path joined by two underscores, such as
TOCSIN_KAFKA__BOOTSTRAP; lists and tables are JSON there.
"""

import hashlib
import json
import os
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self

from platformdirs import user_state_path
from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as Unreadable

from streams.configuration import durations, options
from streams.configuration.declared import Calendar
from streams.configuration.limits import Rule
from streams.configuration.outlets import Channels, Group
from streams.configuration.sections import (
    BUCKET,
    CUTS,
    DIMENSIONS,
    SOURCES,
    Archive,
    Counted,
    Cut,
    Detection,
    Intake,
    Kafka,
    Operations,
    Response,
    Serve,
    Source,
    Stream,
    Tables,
)
from streams.files import regions
from streams.files.regions import Regions

__all__ = [
    "BUCKET",
    "CUTS",
    "DIMENSIONS",
    "SOURCES",
    "Archive",
    "Channels",
    "Cut",
    "Detection",
    "Intake",
    "Kafka",
    "Operations",
    "Response",
    "Rule",
    "Serve",
    "Settings",
    "SettingsError",
    "Source",
    "Stream",
    "Tables",
    "file",
    "load",
]

MOST_CUTS = 32
MOST_RULES = 100
MOST_RECIPIENTS = 32
ENVIRONMENT = "TOCSIN_"
# variables that are no options
OTHERS = frozenset(
    {
        "TOCSIN_SETTINGS", "TOCSIN_LANGUAGE",
        "TOCSIN_TEST_CHROMIUM", "TOCSIN_TEST_DATA", "TOCSIN_TEST_MISSING", "TOCSIN_TEST_PICTURES",
    }
)  # fmt: skip


class SettingsError(Exception):
    """Settings that cannot be used; one line per problem: option, rule, value and unit."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


class Settings(BaseSettings):
    """All settings of an installation, validated and frozen."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
    )

    home: Annotated[Path, AfterValidator(_absolute)] = Field(
        default_factory=lambda: user_state_path("tocsin", appauthor=False)
    )
    kafka: Kafka = Kafka()
    sources: tuple[Source, ...] = SOURCES
    cuts: tuple[Cut, ...] = CUTS
    rules: tuple[Rule, ...] = ()
    detection: Detection = Detection()
    calendar: Calendar = Calendar()
    intake: Intake = Intake()
    tables: Tables = Tables()
    response: Response = Response()
    archive: Archive = Archive()
    channels: Channels = Channels()
    recipients: tuple[Group, ...] = ()
    serve: Serve = Serve()
    operations: Operations = Operations()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides the file, whose content is what `load` passes in."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if not self.sources:
            raise ValueError("sources: must hold at least one source")
        if not 1 <= len(self.cuts) <= MOST_CUTS:
            raise ValueError(f"cuts: must hold 1 to {MOST_CUTS} cuts, got {len(self.cuts)}")
        topics = [source.topic for source in self.sources]
        if twice := {topic for topic in topics if topics.count(topic) > 1}:
            raise ValueError(f"sources: topic must be unique, got {sorted(twice)} twice")
        seen = [cut.counted for cut in self.cuts]
        for position, cut in enumerate(self.cuts):
            if (first := seen.index(cut.counted)) < position:
                raise ValueError(f"cuts[{position}]: must not count again what cuts[{first}] does")
        return self

    @model_validator(mode="after")
    def _recipients_named(self) -> Self:
        if len(self.recipients) > MOST_RECIPIENTS:
            raise ValueError(
                f"recipients: must hold at most {MOST_RECIPIENTS} recipients, "
                f"got {len(self.recipients)}"
            )
        taken = set(Channels.model_fields)
        for position, group in enumerate(self.recipients):
            if group.name in taken:
                raise ValueError(
                    f"recipients[{position}].name: must be of no channel and no other recipient, "
                    f"got {group.name!r}"
                )
            taken.add(group.name)
        return self

    @model_validator(mode="after")
    def _novelty_among_all(self) -> Self:
        """What is new for a product is told by what all products have."""
        for position, cut in enumerate(self.cuts):
            wanted = "novelty" in cut.methods and "batch" not in cut.by
            if wanted and cut.beside(self.cuts, "category", family=None) is None:
                raise ValueError(
                    f'cuts[{position}]: method "novelty" must go with a cut by category alone, '
                    f"of the same stream and where, without a family"
                )
        return self

    @model_validator(mode="after")
    def _rules_counted(self) -> Self:
        if len(self.rules) > MOST_RULES:
            raise ValueError(f"rules: must hold at most {MOST_RULES} rules, got {len(self.rules)}")
        cuts = {cut.counted: cut for cut in self.cuts}
        names: set[str] = set()
        for position, rule in enumerate(self.rules):
            at = f"rules[{position}]"
            if rule.name in names:
                raise ValueError(f"{at}.name: must be unique, got {rule.name!r} twice")
            names.add(rule.name)
            for counted in (rule.counted, rule.compared):
                if counted not in cuts:
                    raise ValueError(f"{at}: must be of a cut that is counted; {_missing(counted)}")
            _require_together(at, cuts[rule.counted], cuts[rule.compared])
        return self

    @model_validator(mode="after")
    def _shares_counted(self) -> Self:
        cuts = {cut.counted: cut for cut in self.cuts}
        for position, cut in enumerate(self.cuts):
            if "share" not in cut.methods:
                continue
            at = f"cuts[{position}].methods"
            if cut.whole not in cuts:
                raise ValueError(
                    f"{at}: share needs the cut that it is a part of; {_missing(cut.whole)}"
                )
            for held_against in (cut.whole, cut.unknown):
                _require_together(at, cut, cuts.get(held_against, cut))
        return self

    @model_validator(mode="after")
    def _lateness_within_horizon(self) -> Self:
        horizon = self.detection.repeat_horizon
        for position, source in enumerate(self.sources):
            if source.lateness >= horizon:
                raise ValueError(
                    f"sources[{position}].lateness: must be shorter than "
                    f"detection.repeat_horizon ({durations.text(horizon)}), "
                    f"got {durations.text(source.lateness)}"
                )
        return self

    @model_validator(mode="after")
    def _regions_as_counted(self) -> Self:
        """What is fixed to a region names it as it is counted, or it would never be met."""
        try:
            known = self.regions
        except ValueError as refusal:
            lines = str(refusal).splitlines()
            raise ValueError("\n".join(f"tables.regions: {line}" for line in lines)) from None
        fixed = [(f"cuts[{n}].where", cut.where) for n, cut in enumerate(self.cuts)]
        for n, rule in enumerate(self.rules):
            fixed += [(f"rules[{n}].where", rule.where), (f"rules[{n}].only", rule.only)]
        for option, fields in fixed:
            told = fields.get("region", "")
            if (counted := known.named(told)) != told:
                raise ValueError(
                    f"{option}: region must be as it is counted, {counted!r} "
                    f"(tables.regions, tables.provinces), got {told!r}"
                )
        return self

    @cached_property
    def regions(self) -> Regions:
        """The table that is set, else the built-in one."""
        return regions.of(self.tables)

    @cached_property
    def version(self) -> str:
        """12 hex digits over what changes counts; a file counts by content, not by path."""
        parts = {"sources", "cuts", "intake", "detection"}
        content: dict[str, Any] = self.model_dump(mode="json", include=parts)
        for source, dumped in zip(self.sources, content["sources"], strict=True):
            dumped["map"] = source.map and source.map.read_text(encoding="utf-8")
        content["aliases"] = dict(self.regions.aliases)
        written = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(written.encode(), digest_size=6).hexdigest()


def _require_together(at: str, part: Cut, other: Cut) -> None:
    """A part and what it is held against must lie in the same shards."""
    if other.family not in (None, part.family):
        raise ValueError(
            f"{at}: the cut {other.name} must have no family, or that of its part "
            f"({part.family}), got {other.family}"
        )


def _missing(counted: Counted) -> str:
    """The cut that is to be added, as a table of the settings."""
    stream, by, where = counted
    fixed = ", ".join(f"{field}={value}" for field, value in sorted(where))
    return f"none counts {stream} by {', '.join(sorted(by))}" + (f" where {fixed}" if fixed else "")


def load(path: Path | None = None, *, folder: Path | None = None) -> Settings:
    """The settings from `path`, else TOCSIN_SETTINGS, else ./tocsin.toml, else the defaults.

    Raises SettingsError. Paths in the file are relative to the file's folder, or to another one
    in which it is to lie.
    """
    named = file(path)
    data = {} if named is None else _read(named)
    problems = [
        *options.unknown_variables(Settings, os.environ, prefix=ENVIRONMENT, others=OTHERS),
        *options.written_secrets(Settings, data, prefix=ENVIRONMENT),
    ]
    if problems:
        raise SettingsError(*problems)
    folder = folder or (Path() if named is None else named.absolute().parent)
    try:
        return Settings(**options.anchored(Settings, data, folder))
    except ValidationError as error:
        raise SettingsError(*options.problems(Settings, error)) from None
    except Unreadable as error:
        problem = options.unreadable(error, Settings, os.environ, prefix=ENVIRONMENT)
        raise SettingsError(problem) from None


def file(path: Path | None = None) -> Path | None:
    """The one that `load` reads; None where there is none."""
    named = path or os.environ.get(f"{ENVIRONMENT}SETTINGS")
    if named:
        return Path(named)
    here = Path("tocsin.toml")
    return here if here.exists() else None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file must be readable, got {path}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"settings file must be TOML, got {path}: {error}") from None
