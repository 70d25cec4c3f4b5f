"""Where the archive's files lie: in a folder, or in a bucket that speaks S3."""

import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import duckdb
import obstore
from obstore.exceptions import BaseError
from obstore.fsspec import FsspecStore
from obstore.store import S3Store

from streams.settings import Settings

WRITING: Final = ".writing"  # ends the name of a file that is not whole yet
ABANDONED: Final = 3600.0  # seconds, after which whoever was writing one no longer does
SCHEME: Final = "s3://"
TRIAL: Final = "trial/trial"
# The stage tries again by itself, and says meanwhile what is wrong.
RETRIES: Final[Mapping[str, Any]] = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
ERRNO: Final = re.compile(r'"errno":"(\d+)"')

Save = Callable[[Path], None]


class PlaceError(Exception):
    """The place could not be written or read; it names itself and the reason."""


class GoneError(PlaceError):
    """A file was deleted or replaced while it was read."""


class Placed(NamedTuple):
    """A file that lies there.

    Attributes:
        size: bytes.
        version: another one, once it is replaced by what differs.
    """

    size: int
    version: str


class Place(Protocol):
    """Files by name. Another name is another file; a file is replaced as a whole."""

    def put(self, name: str, save: Save) -> Placed:
        """Place what `save` writes to the path it is given."""
        ...

    def version(self, name: str) -> str | None:
        """Of the file that lies there now; None without one."""
        ...

    def names(self) -> list[str]: ...

    def delete(self, names: Iterable[str]) -> None:
        """Files that are not there are no error."""
        ...

    def path(self, name: str) -> str:
        """As DuckDB reads it, once `attach` was called on the connection."""
        ...

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None: ...

    def clear(self, *, now: float) -> None: ...


class Folder:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __str__(self) -> str:
        return str(self._root)

    def put(self, name: str, save: Save) -> Placed:
        path = self._root / name
        # A name of its own: another machine may be writing the same file at this moment.
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}{WRITING}")
        with self._refusal("written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                save(fresh)
                placed = _placed(fresh)
                _to_disk(fresh)
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)
            _to_disk(path.parent)
        return placed

    def version(self, name: str) -> str | None:
        with self._refusal("read"):
            try:
                return _placed(self._root / name).version
            except FileNotFoundError:
                return None

    def names(self) -> list[str]:
        with self._refusal("read"):
            found = self._root.glob("*/*/*/*.parquet")
            return sorted(path.relative_to(self._root).as_posix() for path in found)

    def delete(self, names: Iterable[str]) -> None:
        with self._refusal("written"):
            for path in (self._root / name for name in names):
                path.unlink(missing_ok=True)
                with suppress(OSError):  # other files of the day are still there
                    path.parent.rmdir()

    def clear(self, *, now: float) -> None:
        """Delete what dead workers had begun to write; `now` in seconds since the epoch."""
        with self._refusal("written"):
            for left in self._root.glob(f"*/*/*/*{WRITING}"):
                with suppress(FileNotFoundError):
                    if now - left.stat().st_mtime > ABANDONED:
                        left.unlink()

    def path(self, name: str) -> str:
        return str(self._root / name)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """DuckDB reads folders by itself."""

    @contextmanager
    def _refusal(self, what: str) -> Iterator[None]:
        try:
            yield
        except (OSError, duckdb.IOException) as error:
            raise PlaceError(f"archive {self}: cannot be {what}: {_reason(error)}") from None


class Bucket:
    """A bucket, or what lies below a prefix in one; who we are is said by the environment.

    Args:
        url: s3://bucket/prefix.
        endpoint: of the service; empty: that of Amazon.
    """

    def __init__(self, url: str, *, endpoint: str = "") -> None:
        self._url = url.rstrip("/")
        bucket, _, self._prefix = self._url.removeprefix(SCHEME).partition("/")
        self._reached: dict[str, Any] = {"retry_config": RETRIES}
        if endpoint:
            self._reached["endpoint"] = endpoint
            self._reached["client_options"] = {"allow_http": endpoint.startswith("http://")}
        self._store = S3Store(bucket, prefix=self._prefix or None, **self._reached)

    def __str__(self) -> str:
        return self._url

    def put(self, name: str, save: Save) -> Placed:
        with self._refusal("written"), tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder) / "file.parquet"
            save(fresh)
            placed = obstore.put(self._store, name, fresh)
            return Placed(fresh.stat().st_size, placed["e_tag"] or "")

    def version(self, name: str) -> str | None:
        with self._refusal("read"):
            try:
                return obstore.head(self._store, name)["e_tag"] or ""
            except FileNotFoundError:
                return None

    def names(self) -> list[str]:
        with self._refusal("read"):
            return sorted(o["path"] for part in obstore.list(self._store) for o in part)

    def delete(self, names: Iterable[str]) -> None:
        with self._refusal("written"):
            if gone := list(names):
                obstore.delete(self._store, gone)

    def clear(self, *, now: float) -> None:
        """A file is not there before it is whole."""

    def path(self, name: str) -> str:
        return f"{self._url}/{name}"

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.register_filesystem(FsspecStore("s3", **self._reached))

    @contextmanager
    def _refusal(self, what: str) -> Iterator[None]:
        try:
            yield
        except (OSError, duckdb.IOException, BaseError) as error:
            raise PlaceError(f"archive {self}: cannot be {what}: {_reason(error)}") from None


@contextmanager
def reading(place: Place, name: str) -> Iterator[None]:
    """Where DuckDB cannot read a file of the place, GoneError tells from what is no passing matter.

    Raises:
        GoneError: where it is not the file any more that lay there when this was entered.
        PlaceError: where it is, and cannot be read.
    """
    before = place.version(name)
    try:
        yield
    except (duckdb.Error, OSError, PlaceError) as error:
        gone = before is None or place.version(name) != before
        if isinstance(error, PlaceError) and not gone:
            raise
        kind = GoneError if gone else PlaceError
        raise kind(f"archive {place}: cannot be read: {_reason(error)}") from None


def try_out(place: Place) -> None:
    """Write a file and delete it; raises PlaceError where that is refused."""
    place.put(TRIAL, Path.touch)
    place.delete([TRIAL])


def place(settings: Settings) -> Folder | Bucket:
    """Where the settings say; else a folder of the installation's home."""
    return at(settings.archive.url or str(settings.home / "archive"), settings)


def at(url: str, settings: Settings) -> Folder | Bucket:
    """Another place, where a bucket is one of the same service."""
    if url.startswith(SCHEME):
        return Bucket(url, endpoint=settings.archive.endpoint)
    return Folder(Path(url))


def _placed(path: Path) -> Placed:
    """What is renamed stays the same file."""
    found = path.stat()
    return Placed(found.st_size, f"{found.st_ino} {found.st_mtime_ns} {found.st_size}")


def _to_disk(path: Path) -> None:
    """The commit follows: what was written must outlive the machine's power too."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _reason(error: Exception) -> str:
    """One line; DuckDB tells the system's error as a number."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if found := ERRNO.search(str(error)):
        return os.strerror(int(found[1]))
    return str(error).partition("\n")[0]
