"""Who uses a command."""

import getpass
import os


def user() -> str:
    """A container may run as somebody who has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid {os.getuid()}"
