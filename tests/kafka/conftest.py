"""One real broker for all tests of this folder; a test that cannot have it fails."""

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from streams.broker import jvm, local
from streams.broker.local import Broker
from streams.broker.topics import Role
from tests.kafka.installation import Installation
from tests.kafka.receiver import receiving
from tests.kafka.siege import Siege, besiege, options

os.environ[jvm.OPTIONS] = jvm.SHORT  # of the many brokers that tests start


class Install(Protocol):
    """Makes an installation of options in TOML and the roles that it runs, all of them unnamed."""

    def __call__(self, options: str, *roles: Role) -> Installation: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "kafka" in item.path.parent.parts[-1:]:
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="package")
def broker_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name is not ASCII and not one word."""
    return tmp_path_factory.mktemp("钟 home")


@pytest.fixture(scope="package")
def broker(broker_home: Path) -> Iterator[Broker]:
    """A running broker."""
    try:
        yield local.up(broker_home)
    finally:
        local.down(broker_home)


@pytest.fixture
def topic_prefix() -> str:
    """Begins the names of one test's topics and of nobody else's."""
    return f"t{uuid.uuid4().hex[:8]}-"


@pytest.fixture(scope="module")
def install(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    """Makes installations of a module's own from options in TOML, and stops them after it."""
    with ExitStack() as standing:

        def installed(options: str, *roles: Role) -> Installation:
            home, prefix = tmp_path_factory.mktemp("installation"), f"i{uuid.uuid4().hex[:8]}-"
            made = Installation(home, broker.bootstrap, prefix, options, roles=roles)
            return standing.enter_context(made)

        yield installed


@pytest.fixture(scope="module")
def siege(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """Stands as long as it is asked about: a message lost on its way is repeated late."""
    folder = tmp_path_factory.mktemp("siege")
    with (
        receiving() as receiver,
        Installation(folder, broker.bootstrap, "siege-", options(receiver, folder)) as installation,
    ):
        yield besiege(installation, receiver, folder)
