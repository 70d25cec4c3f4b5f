"""Putting dashboards into a running Grafana; the only file that knows its API.

Nothing there creates or updates in one call, so each is looked at first.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

from grafana_api.grafana_api import GrafanaClientError, GrafanaException
from grafana_api.grafana_face import GrafanaFace
from requests import RequestException

from streams.configuration.rules import refused

FOLDER, FOLDER_TITLE = "tocsin", "Tocsin"
THEIRS = ("id", "version")  # what Grafana keeps of a dashboard


class GrafanaError(Exception):
    """Grafana refuses or does not answer; one line, without the token."""


class Pushed(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Grafana:
    """A running Grafana.

    Args:
        url: with its path, where it does not live at the root.
        token: of a service account that may edit dashboards and folders.
    """

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not _has_port(parts):
            raise GrafanaError(refused("url must be an http or https address", url))
        if not token:
            raise GrafanaError("a token must be given: in GRAFANA_TOKEN, or by --token-file")
        path = parts.path.strip("/")
        self._url = parts._replace(
            netloc=parts.netloc.rpartition("@")[2], query=""
        ).geturl()  # to be told
        self._face: Any = GrafanaFace(
            auth=token, host=_host(parts.hostname), port=parts.port, protocol=parts.scheme,
            url_path_prefix=f"{path}/" if path else "",
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._face.api.s.close()

    def push(self, built: str) -> Pushed:
        """Create or update a dashboard in our folder; `built` is its JSON."""
        wanted = json.loads(built)
        with self._said():
            self._ensure_folder()
            standing = _found(self._face.dashboard.get_dashboard, wanted["uid"])
            if standing is not None and _same(standing, wanted):
                return Pushed.UNCHANGED
            self._face.dashboard.update_dashboard(
                {"dashboard": wanted, "folderUid": FOLDER, "overwrite": True}
            )
        return Pushed.CREATED if standing is None else Pushed.UPDATED

    def _ensure_folder(self) -> None:
        if _found(self._face.folder.get_folder, FOLDER) is None:
            self._face.folder.create_folder(FOLDER_TITLE, uid=FOLDER)

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Say what a call met in one line."""
        try:
            yield
        except GrafanaException as refused:
            reason = str(refused.message).splitlines()[0]
            raise GrafanaError(f"Grafana at {self._url} refuses: {reason}") from None
        except RequestException as error:
            reason = type(error).__name__
            raise GrafanaError(f"Grafana at {self._url} does not answer: {reason}") from None


def _has_port(parts: SplitResult) -> bool:
    """A number, or none, which is the usual one."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def _host(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _found(get: Any, uid: str) -> Any:
    """What stands there under the name; None where nothing does."""
    try:
        return get(uid)
    except GrafanaClientError as refused:
        if refused.status_code != 404:
            raise
        return None


def _same(standing: Any, wanted: Any) -> bool:
    alike = _ours(standing["dashboard"]) == _ours(wanted)
    return alike and bool(standing["meta"].get("folderUid") == FOLDER)


def _ours(content: Any) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in THEIRS}
