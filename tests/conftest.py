"""For all tests: commands speak English, and a property may take the time a busy machine needs."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["TOCSIN_LANGUAGE"] = "en"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as for the commands
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes share the files among them; what takes longest, with a broker, comes first."""
    items.sort(key=lambda item: "kafka" not in item.path.parts)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the developer's own: an empty working directory and environment."""
    for name in os.environ:
        if name.upper().startswith("TOCSIN_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
