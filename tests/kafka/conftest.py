"""One real broker for the suite; a test that cannot have it fails."""

import uuid
from collections.abc import Iterator

import pytest

from streams import broker as local
from streams.broker import Broker


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "kafka" in item.path.parent.parts[-1:]:
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A running broker, in a folder whose name is not ASCII and not one word."""
    home = tmp_path_factory.mktemp("钟 home")
    try:
        yield local.up(home)
    finally:
        local.down(home)


@pytest.fixture
def topic_prefix() -> str:
    """Begins the names of one test's topics and of nobody else's."""
    return f"t{uuid.uuid4().hex[:8]}-"
