"""A worker on a folder of the test's own."""

from pathlib import Path

import pytest

from tests.archive.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
