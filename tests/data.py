"""Where the real data sets lie that tests read but the repository does not hold."""

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[2] / "shared" / "data"


def shared(*parts: str) -> Path:
    """A file or folder of the data sets; the test skips by name where it is absent."""
    place = Path(os.environ.get("TOCSIN_TEST_DATA", BESIDE)).joinpath(*parts)
    if not place.exists():
        pytest.skip(f"needs {place}; set TOCSIN_TEST_DATA to the folder that holds the data sets")
    return place
