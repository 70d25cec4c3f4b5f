"""Verdicts, and when two of them are the same."""

from dataclasses import fields

import numpy as np

from detectors import batches, burst, novelty, rules, share, silence, spatial, surge, weekly
from detectors.columns import Ints
from detectors.grounds import Grounds
from tests.contract.told import Told

Scored = (
    surge.Verdict | silence.Verdict | weekly.Verdict | burst.Verdict | rules.Verdict
    | batches.Verdict | spatial.Verdict | share.Verdict
)  # fmt: skip
Verdict = Scored | novelty.Verdict | Told
Explained = tuple[Verdict, list[Grounds]]
"""A verdict, and the grounds of what it says of each series."""


def same(one: Verdict, other: Verdict) -> None:
    for f in fields(one):
        np.testing.assert_array_equal(getattr(one, f.name), getattr(other, f.name), f.name)


def of_series(verdict: Verdict, series: Ints) -> Verdict:
    """What it says of these alone."""
    arrays = {f.name: getattr(verdict, f.name)[..., series] for f in fields(verdict)}
    return type(verdict)(**arrays)
