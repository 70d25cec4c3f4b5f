"""Wherever in the settings a secret stands by mistake, what is said of it does not repeat it."""

import json
import re
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

import pytest

from streams.configuration import options
from streams.settings import Settings, SettingsError, load

MARKER = "hush"
PASSWORD = f"{MARKER}-0123456789abcdef"
ADDRESSES = (f"https://robot.example/send?key={MARKER}", f"https://user:{MARKER}@robot.example")
KEY = f"-----BEGIN PRIVATE KEY-----\n{MARKER}\n-----END PRIVATE KEY-----\n"
OPTIONS = dict(options.walk(Settings))
SECTIONS = sorted({name[: dot.start()] for name in OPTIONS for dot in re.finditer(r"\.", name)})
HIDDEN = {name for name, field in OPTIONS.items() if not field.repr or "SecretStr" in str(field)}
"""Options whose values are shown nowhere."""
HOLDING = re.compile(
    r"(password|secret|token|pages|endpoint|kafka\.key|(channels\.\w+|recipients)\.url)(_file)?"
)


pytestmark = pytest.mark.usefixtures("bare")


def is_list(section: str) -> bool:
    return section in SECTIONS and isinstance(attrgetter(section)(Settings()), tuple)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name} = {toml(held)}' for name, held in value.items())}}}"
    return f"[{', '.join(map(toml, value))}]" if isinstance(value, list) else json.dumps(value)


def placed(place: str, value: object) -> tuple[str, object]:
    """A name at the top and what stands there, with the value at its place."""
    *around, name = place.split(".")
    while around:
        table: object = {name: value}
        value = [table] if is_list(".".join(around)) else table
        name = around.pop()
    return name, value


def said(place: str, value: object) -> Iterator[str]:
    """What is said of a value there: in the file, in JSON, and in a variable of its own."""
    top, held = placed(place, value)
    text = value if isinstance(value, str) else json.dumps(value)
    given = {f"TOCSIN_{top.upper()}": json.dumps(held)}
    alone = {f"TOCSIN_{place.upper().replace('.', '__')}": text}
    for file, variables in ((f"{top} = {toml(held)}", {}), ("", given), ("", alone)):
        with pytest.MonkeyPatch.context() as patched:
            for name, variable in variables.items():
                patched.setenv(name, variable)
            yield refusal(file)


def refusal(text: str) -> str:
    """Empty where the settings are accepted."""
    file = Path("written.toml")
    file.write_text(text, encoding="utf-8")
    try:
        load(file)
    except SettingsError as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize("place", [*SECTIONS, *sorted(HIDDEN)])
@pytest.mark.parametrize(
    "secret", [PASSWORD, *ADDRESSES, KEY, [PASSWORD], {"of": PASSWORD}],
    ids=["word", "query", "user", "key", "list", "table"],
)  # fmt: skip
def test_a_secret_in_the_place_of_a_section_or_of_another_secret_is_not_repeated(
    place: str, secret: object
) -> None:
    assert [line for line in said(place, secret) if MARKER in line] == []


def test_what_may_hold_a_secret_is_hidden() -> None:
    assert {name for name in OPTIONS if HOLDING.search(name)} == HIDDEN


@pytest.mark.parametrize("section", SECTIONS)
def test_a_text_in_the_place_of_a_table_is_answered_with_the_options_of_that_table(
    section: str,
) -> None:
    own = [name.removeprefix(f"{section}.") for name in OPTIONS if name.startswith(f"{section}.")]
    names = ", ".join(dict.fromkeys(name.partition(".")[0] for name in own))
    shape = "a list of tables" if is_list(section) else "a table"
    expected = f"{section}: must be {shape} of the options {names}"
    assert refusal(f'{section} = "text"') == expected


def test_a_variable_one_level_too_high_is_answered_with_the_options_of_that_level(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOCSIN_CHANNELS__WECOM", ADDRESSES[0])
    assert refusal("") == (
        "channels.wecom: must be JSON when it is given as one environment variable; its options "
        "are enabled, least, false_alarms_per_week, url, url_file, timeout"
    )


@pytest.mark.parametrize("option", ["kafka.bootstrap", "archive.url", "operations.host"])
@pytest.mark.parametrize(
    "address",
    [
        *ADDRESSES,
        f"http://user:pass,{MARKER}@host:9092",
        f"user:{MARKER}@host:9092,host:9092",
        f"host:9092,{MARKER}@host:9092",
    ],
)
def test_an_address_with_a_user_or_a_query_is_refused_and_not_repeated(
    option: str, address: str
) -> None:
    assert refusal(f'{option} = "{address}"').startswith(f"{option}: must be ")
    assert MARKER not in "".join(said(option, address))


@pytest.mark.parametrize("option", ["endpoint", "pages"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_others_are_told_has_neither_user_nor_query(
    option: str, address: str
) -> None:
    section = "archive" if option == "endpoint" else "response"
    assert refusal(f'{section}.{option} = "{address}"') == (
        f"{section}.{option}: must be an http or https address without a user or a query"
    )
