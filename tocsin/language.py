"""The language of the command line."""

import os
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from alerts.catalogue import LANGUAGES, SOURCE
from alerts.words import Words

VARIABLES = ("TOCSIN_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts


def words(*before: str, zone: str = "UTC") -> Words:
    """In the language of the environment, with times in `zone`; `before` is as of `chosen`."""
    return Words(chosen(os.environ, *before), ZoneInfo(zone))


def chosen(environment: Mapping[str, str], *before: str) -> str:
    """That of the first variable, such as zh_CN.UTF-8; English where it is none of ours.

    Args:
        environment: the variables that are set.
        before: those of the command alone, which count before ours.
    """
    named = next(filter(None, map(environment.get, (*before, *VARIABLES))), "")
    return next((one for one in LANGUAGES if named.lower().startswith(one)), SOURCE)
