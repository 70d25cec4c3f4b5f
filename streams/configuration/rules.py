"""What single values of the settings must be; each refusal names the rule and the value."""

import re
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr

ADDRESS = re.compile(r"https?://[^/\s]\S*")
ADDRESS_RULE = "must be an http or https address"
ARCHIVE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w./-]*)?", re.ASCII)
ARCHIVE_RULE = "must be an absolute path or s3://bucket/prefix"
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
        raise ValueError(f"{name}_file must be a readable text file, got {path}") from None
    if not secret:
        raise ValueError(f"{name}_file must hold the secret, got the empty file {path}")
    return {**section, name: secret}


def _web_address(url: str) -> str:
    if url and not ADDRESS.fullmatch(url):
        raise ValueError(ADDRESS_RULE)  # without the value, which may hold a key
    return url


def _archive(url: str) -> str:
    if url and not (ARCHIVE.fullmatch(url) or Path(url).is_absolute()):
        raise ValueError(f"{ARCHIVE_RULE}, got {url!r}")
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
        if not re.fullmatch(r"\s*(\[[0-9a-fA-F:.]+\]|[^\s:/]+):\d{1,5}\s*", one):
            raise ValueError(f'must be "host:port", several with commas between, got {one!r}')
    return bootstrap


def _host(name: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9._:-]+", name):
        raise ValueError(f"must be an address or a name of this machine, got {name!r}")
    return name


def _topic_prefix(prefix: str) -> str:
    return prefix and _topic_name(prefix)


Positive = Annotated[int, Field(ge=1)]
Name = Annotated[str, AfterValidator(_topic_name)]
Prefix = Annotated[str, AfterValidator(_topic_prefix)]
Zone = Annotated[str, AfterValidator(_zone)]
WebAddress = Annotated[str, Field(repr=False), AfterValidator(_web_address)]
ArchiveAddress = Annotated[str, AfterValidator(_archive)]
SecretAddress = Annotated[SecretStr, AfterValidator(_secret_address)]
Host = Annotated[str, AfterValidator(_host)]
Port = Annotated[int, Field(ge=0, le=65535)]
Addresses = Annotated[str, AfterValidator(_addresses)]
