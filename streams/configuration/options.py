"""A tree of pydantic models seen as options with paths, and its errors in words."""

import difflib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError as Unreadable

from streams.configuration import durations
from streams.configuration.rules import found

# Kubernetes announces a service named tocsin by variables that look like ours.
SERVICE_LINK = re.compile(r"(_SERVICE_HOST|_SERVICE_PORT(_\w+)?|_PORT(_\d+_\w+)?)$")


def _parts(annotation: object) -> Iterator[object]:
    """The annotation and all that it is composed of: `tuple[Cut, ...] | None` holds Cut."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _model(field: FieldInfo) -> type[BaseModel] | None:
    models = (
        part
        for part in _parts(field.annotation)
        if isinstance(part, type) and issubclass(part, BaseModel)
    )
    return next(models, None)


def walk(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, FieldInfo]]:
    """Every option below the model, as a path such as `detection.bucket` or `cuts.by`."""
    for name, field in model.model_fields.items():
        below = _model(field)
        if below is None:
            yield ".".join((*path, name)), field
        else:
            yield from walk(below, (*path, name))


def _known(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return dict(walk(model))


def _secret(field: FieldInfo | None) -> bool:
    return field is not None and SecretStr in _parts(field.annotation)


def _hidden(field: FieldInfo) -> bool:
    """Whether a value of it is a secret, may hold one, or is one where options were mixed up."""
    return not field.repr or _secret(field)


def _below(path: str, known: Collection[str]) -> list[str]:
    """What a section has of its own, sections among them; none: it is an option."""
    within = (name.removeprefix(f"{path}.") for name in known if name.startswith(f"{path}."))
    return list(dict.fromkeys(name.partition(".")[0] for name in within))


def _choices(field: FieldInfo | None) -> list[str]:
    """What an option of few words may be; none: it may be anything."""
    return [part for part in _parts(field.annotation) if isinstance(part, str)] if field else []


def _nearest(path: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(path, known, n=1, cutoff=0)
    return f"unknown option; the nearest known one is {near[0]}"


def problems(model: type[BaseModel], error: ValidationError) -> list[str]:
    """One line for each problem: option, rule and value, without any secret."""
    return [_problem(detail, _known(model)) for detail in error.errors()]


def _holds_a_key(section: str, known: Mapping[str, FieldInfo]) -> bool:
    """Whether it has a secret address, or one to sign with, which is easily written beside."""
    return any(_secret(known.get(f"{section}.{name}")) for name in ("url", "secret"))


def _secret_below(section: Sequence[str], known: Mapping[str, FieldInfo]) -> bool:
    within = ".".join((*section, ""))
    return bool(section) and any(
        _secret(field) for name, field in known.items() if name.startswith(within)
    )


def _plain(name: str, *, among_secrets: bool) -> bool:
    """Whether what stands in the place of an option may be shown: a key or an address may not."""
    return re.fullmatch("[a-z_]{1,24}", name) is not None if among_secrets else ":/" not in name


def _short(value: object) -> bool:
    """A word or a number; a key is longer."""
    return re.fullmatch(r"[\w.-]{1,12}", str(value)) is not None


def _problem(detail: ErrorDetails, known: Mapping[str, FieldInfo]) -> str:
    # A dict's key is reported as the text "[key]"; it says nothing to the reader.
    steps = [step for step in detail["loc"] if step != "[key]"]
    *above, _ = names = [step for step in steps if isinstance(step, str)] or [""]
    path, keys = ".".join(names), _holds_a_key(".".join(above), known)
    if path not in known and not _plain(names[-1], among_secrets=_secret_below(above, known)):
        steps[-1] = "(unknown)"
    shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)[1:]
    if detail["type"] == "extra_forbidden":
        sections = {option.partition(".")[0] for option in known}
        return f"{shown}: {_nearest(path, known if '.' in path else {*sections, *known})}"
    rule = _rule(detail, known.get(path))
    if keys and path in known and not _hidden(known[path]) and not _short(detail["input"]):
        return f"{shown}: {rule.partition(', got ')[0]}"
    if below := _below(path, known):
        rule = _tables(detail, below) or rule
    elif detail["type"] != "value_error":
        rule += _got(detail["input"], known.get(path))
    return f"{shown}: {rule}" if shown else rule


BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
    "too_short": ("min_length", "of length at least"),
}


ONE_VARIABLE = "must be JSON when it is given as one environment variable"
SAID = {"missing": "must be set", "path_not_file": "must be an existing file"}


TABLES = {
    "model_type": "must be a table of the options ",
    "tuple_type": "must be a list of tables of the options ",
}


def _tables(detail: ErrorDetails, names: Collection[str]) -> str:
    """Without what stands there: an address one level too high would show its key."""
    rule = TABLES.get(detail["type"])
    return rule + ", ".join(names) if rule else ""


def _rule(detail: ErrorDetails, field: FieldInfo | None) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing" and (choices := _choices(field)):
        return f"must be set to one of {', '.join(choices)}"
    if kind == "value_error":
        return str(context["error"])
    if kind in SAID:
        return SAID[kind]
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        return f"must be {words} {_written(context[name])}"
    said = detail["msg"].replace("Input should", "must").partition(", unable")[0]
    return said[0].lower() + said[1:]


def _got(value: object, field: FieldInfo | None) -> str:
    """The refused value; a whole table is not repeated, for it may hold a secret."""
    if field is not None and _hidden(field):
        path = isinstance(value, str | Path) and Path in _parts(field.annotation)
        return f", got {found(str(value))}" if path else ""
    if ":/" in str(value):
        return ""  # an address, which may hold a key; as a path it has lost a slash
    if isinstance(value, str | int | float | timedelta | Path):
        return f", got {_written(value)}"
    return ""


def _written(value: object) -> str:
    if isinstance(value, timedelta):
        return durations.text(value)
    return str(value) if isinstance(value, Path) else repr(value)


def unreadable(
    error: Unreadable, model: type[BaseModel], environment: Mapping[str, str], *, prefix: str
) -> str:
    """A variable that should have held JSON; pydantic names the option but not the rule."""
    for name, value in sorted(environment.items()):
        path = name.removeprefix(prefix).lower().replace("__", ".")
        if name.startswith(prefix) and (below := _below(path, _known(model))) and not _json(value):
            return f"{path}: {ONE_VARIABLE}; its options are {', '.join(below)}"
    named = re.search(r'field "(\w+)"', str(error))
    return f"{named[1] if named else 'environment'}: {ONE_VARIABLE}"


def _json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def unknown_variables(
    model: type[BaseModel],
    environment: Mapping[str, str],
    *,
    prefix: str,
    others: Collection[str],
) -> list[str]:
    """Variables that carry the prefix and name no section; their values stay unread."""
    names = {f"{prefix}{name}".upper() for name in model.model_fields} | set(others)
    return [
        f"{name}: {_nearest(name, sorted(names))}"
        for name in sorted(environment)
        if name.startswith(prefix)
        and name.partition("__")[0] not in names
        and not SERVICE_LINK.search(name)
    ]


def written_secrets(model: type[BaseModel], data: Mapping[str, Any], *, prefix: str) -> list[str]:
    """Secrets that stand in the settings file itself, which people copy and commit."""
    return [
        f"{place}: must come from the environment ({prefix}{_variable(model, path)}) "
        f"or from {place}_file, not from the settings file"
        for path, field in walk(model)
        if _secret(field)
        for place in _written_at(data, path.split("."))
    ]


def _variable(model: type[BaseModel], path: str) -> str:
    """A list of tables is given as one."""
    first = path.partition(".")[0]
    listed = get_origin(model.model_fields[first].annotation) is tuple
    return (first if listed else path.replace(".", "__")).upper()


def _written_at(data: object, names: Sequence[str], place: str = "") -> Iterator[str]:
    """Where a secret stands, such as `recipients[1].url`."""
    if isinstance(data, list):
        for position, item in enumerate(data):
            yield from _written_at(item, names, f"{place}[{position}]")
    elif not names:
        yield place
    elif isinstance(data, dict) and names[0] in data:
        below = f"{place}.{names[0]}" if place else names[0]
        yield from _written_at(data[names[0]], names[1:], below)


def anchored(model: type[BaseModel], data: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The data with its relative paths seen from `folder`; "~" is the user's home."""
    known = model.model_fields
    return {
        name: _anchored(known[name], value, folder) if name in known else value
        for name, value in data.items()
    }


def _anchored(field: FieldInfo, value: Any, folder: Path) -> Any:
    below = _model(field)
    if below is not None and isinstance(value, dict):
        return anchored(below, value, folder)
    if below is not None and isinstance(value, list):
        return [_anchored(field, item, folder) for item in value]
    if isinstance(value, str) and Path in _parts(field.annotation):
        return folder / Path(value).expanduser()
    return value
