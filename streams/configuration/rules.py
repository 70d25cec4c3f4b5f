"""What single values of the settings must be; each refusal names the rule and the value."""

import os.path
import re
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, FilePath, SecretStr

ADDRESS = re.compile(r"https?://[^/\s]\S*")
ADDRESS_RULE = "must be an http or https address"
SHOWN = re.compile(r"https?://[^/\s@?#]+(/[^\s@?#]*)?")
SHOWN_RULE = "must be an http or https address without a user or a query"
BROKER = re.compile(r"\s*(\[[0-9a-fA-F:.]+\]|[^\s:/@?]+):\d{1,5}\s*")
BROKER_RULE = 'must be "host:port", several with commas between'
ARCHIVE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w./-]*)?", re.ASCII)
ARCHIVE_RULE = "must be an absolute path or s3://bucket/prefix"
HOST_RULE = "must be an address or a name of this machine"
GROUP_RULE = "must be 1 to 40 small letters, digits or hyphens"
TOPIC_RULE = "must be 1 to 200 letters, digits, dots, underscores or hyphens"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'must be an IANA zone such as "Asia/Shanghai", got {name!r}') from None
    return name


def with_secret(section: object, name: str) -> object:
    """The section with the secret `name` read from the file `name_file`, unless it is set."""
    if not isinstance(section, dict) or section.get(name):
        return section
    path = section.get(f"{name}_file")
    if not isinstance(path, str | Path):
        return section
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        got = found(str(path))
        raise ValueError(f"{name}_file must be a readable text file, got {got}") from None
    if not secret:
        raise ValueError(f"{name}_file must hold the secret, got the empty file {path}")
    return {**section, name: secret}


def found(path: str) -> str:
    """The path of a secret, as far as it exists: who mixes options up gives the secret for it."""
    there = Path(path).absolute()
    while not os.path.exists(there):  # noqa: PTH110 - no path is too long or too strange for it
        there = there.parent
    return path if there == Path(path).absolute() else f"none below {there}"


def web_address(url: str) -> str:
    if url and not ADDRESS.fullmatch(url):
        raise ValueError(ADDRESS_RULE)  # without the value, which may hold a key
    return url


def _shown_address(url: str) -> str:
    if url and not SHOWN.fullmatch(url):
        raise ValueError(SHOWN_RULE)
    return url


def refused(rule: str, value: str) -> str:
    """With the value, unless it has a user or a query, for these may hold a secret."""
    return rule if re.search("[@?]", value) else f"{rule}, got {value!r}"


def _archive(url: str) -> str:
    if url and not (ARCHIVE.fullmatch(url) or Path(url).is_absolute()):
        raise ValueError(refused(ARCHIVE_RULE, url))
    return url


def _secret_address(url: SecretStr) -> SecretStr:
    if url and not ADDRESS.fullmatch(url.get_secret_value()):
        raise ValueError(ADDRESS_RULE)
    return url


def _topic_name(name: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9._-]{1,200}", name):
        raise ValueError(f"{TOPIC_RULE}, got {name!r}")
    return name


def _addresses(bootstrap: str) -> str:
    for one in bootstrap.split(",") if bootstrap else ():
        if not BROKER.fullmatch(one):
            # A password may have commas of its own.
            raise ValueError(refused(BROKER_RULE, bootstrap if "@" in bootstrap else one))
    return bootstrap


def _host(name: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9._:-]+", name):
        raise ValueError(refused(HOST_RULE, name))
    return name


def _group_name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise ValueError(GROUP_RULE)  # without the value, which may be an address with a key
    return name


def _topic_prefix(prefix: str) -> str:
    return prefix and _topic_name(prefix)


Positive = Annotated[int, Field(ge=1)]
Name = Annotated[str, AfterValidator(_topic_name)]
GroupName = Annotated[str, AfterValidator(_group_name)]
Prefix = Annotated[str, AfterValidator(_topic_prefix)]
Zone = Annotated[str, AfterValidator(_zone)]
SecretFile = Annotated[FilePath | None, Field(repr=False)]
ShownAddress = Annotated[str, Field(repr=False), AfterValidator(_shown_address)]
WebAddress = Annotated[str, Field(repr=False), AfterValidator(web_address)]
ArchiveAddress = Annotated[str, AfterValidator(_archive)]
SecretAddress = Annotated[SecretStr, AfterValidator(_secret_address)]
Host = Annotated[str, AfterValidator(_host)]
Port = Annotated[int, Field(ge=0, le=65535)]
Addresses = Annotated[str, AfterValidator(_addresses)]
