"""What a figure of speed depends on besides the code."""

import os
import platform
from importlib.metadata import version
from typing import Any


def pinned() -> int | None:
    """Keeps this process to one core and returns its number; None where that cannot be asked."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def surroundings(*packages: str) -> dict[str, Any]:
    """Processors, how busy they were in the last minute, and versions."""
    return {
        "cpus": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in packages},
    }
