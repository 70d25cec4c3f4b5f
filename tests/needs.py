"""What tests need from outside the repository, and what happens where it is absent.

The test skips and names what it lacks. With TOCSIN_TEST_MISSING=fail, as in CI, whose set-up has
just installed all of it, it fails instead: a skip there would hide an installation that broke.
"""

import os
import shutil
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip, or in CI fail, the test that asks."""
    if os.environ.get("TOCSIN_TEST_MISSING") == "fail":
        pytest.fail(f"needs {what}, which .ci/packages installs", pytrace=False)
    pytest.skip(f"needs {what}; .ci/packages installs it where it may")


def program(*names: str, of: str) -> str:
    """The path of a program by the first of its names that is found; `of` is its package."""
    for name in names:
        beside = Path(sys.executable).with_name(name)
        if found := str(beside) if beside.exists() else shutil.which(name):
            return found
    missing(f"{' or '.join(names)}, of {of}")


def file(path: Path, of: str) -> Path:
    """A file of a package, which must be there."""
    if not path.exists():
        missing(f"{path.name} at {path.parent}, of {of}")
    return path


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    (port,) = free_ports(1)
    return port


def free_ports(count: int) -> list[int]:
    """Ports like that, all different."""
    with ExitStack() as held:
        found = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in found]
