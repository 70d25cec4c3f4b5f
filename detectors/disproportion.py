"""How far counts are out of proportion, in the measures of those who watch over products.

n is observed and E expected if a series were like the rest, N and X are the sums over all.

- PRR: the rate over that of the rest. Evans et al., Pharmacoepidemiology and Drug Safety 10 (2001)
  483, take PRR >= 2, chi-square >= 4 and n >= 3 together for a signal.
- chi-square: with Yates' correction, one degree of freedom.
- EB05: what the relative rate exceeds with 95 %, the prior fitted to all (`detectors.mixture`).
- IC025: the logarithm to base 2 of what it exceeds with 97.5 %, at the prior Gamma(1/2, 1/2).
  Noren et al., Statistical Methods in Medical Research 22 (2013) 57.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

from detectors.columns import Bools, Floats, Ints
from detectors.mixture import Prior

RATIO, CHI_SQUARED, FEWEST = 2.0, 4.0, 3
"""Evans' limits."""
CONTINUITY = 0.5
"""Added where the rest has none, so that a ratio stays finite."""
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Disproportion:
    """All of the shape of the counts."""

    n: Ints
    expected: Floats
    prr: Floats
    chi_squared: Floats
    eb05: Floats
    ic025: Floats

    @property
    def stands_out(self) -> Bools:
        """Evans' three limits together."""
        return evans(self.n, self.prr, self.chi_squared)


def of_rates(n: Ints, exposure: Floats, prior: Prior | None = None) -> Disproportion:
    """Of batches, from what their units in the field should bring; the prior is fitted if None.

    The expected are in the proportion of the exposures and add up to what was observed.
    """
    return _measured(n, *ratios(n, exposure), prior)


def ratios(n: Ints, exposure: Floats) -> tuple[Floats, Floats, Floats]:
    """Expected, PRR and chi-square of batches."""
    total, due = float(n.sum()), max(float(exposure.sum()), TINY)
    rest, rest_due = total - n, np.maximum(due - exposure, TINY)
    ratio = (n / np.maximum(exposure, TINY)) / (np.where(rest > 0, rest, CONTINUITY) / rest_due)
    expected = exposure * total / due
    spread = 1.0 / np.maximum(expected, TINY) + 1.0 / np.maximum(total - expected, TINY)
    return expected, ratio, _excess(n, expected) * spread


def of_faults(table: Ints, prior: Prior | None = None) -> Disproportion:
    """Of a product's complaints by batch (rows) and fault (columns): which fault is a batch's own?

    Expected is what there were if all batches had the faults in the same shares.
    """
    of_batch, of_fault = table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True)
    total = float(table.sum())
    others, rest = of_fault - table, total - of_batch
    elsewhere = np.where(others > 0, others, CONTINUITY) / np.maximum(rest, 1.0)
    ratio = table / np.maximum(of_batch, 1.0) / elsewhere
    expected = of_batch * of_fault / max(total, 1.0)
    spread = total**3 / np.maximum(of_batch * of_fault * rest * (total - of_fault), TINY)
    return _measured(table, expected, ratio, _excess(table, expected) * spread, prior)


def evans(n: Ints, prr: Floats, chi_squared: Floats) -> Bools:
    """Where all three limits are reached."""
    return (n >= FEWEST) & (chi_squared >= CHI_SQUARED) & (prr >= RATIO)


def own_faults(found: Disproportion) -> Ints:
    """The column of the fault that stands out most in each row, by EB05; -1 where none does.

    One whose EB05 is 1 or less is frequent, and no more so than elsewhere.
    """
    eb05 = np.where(found.stands_out, found.eb05, 0.0)
    return np.where(eb05.max(axis=1) > 1.0, eb05.argmax(axis=1), -1)


def information(n: Floats, expected: Floats) -> Floats:
    """IC025."""
    lower: Floats = gammaincinv(n + 0.5, 0.025) / (expected + 0.5)
    return np.log2(np.maximum(lower, TINY))


def _excess(n: Ints, expected: Floats) -> Floats:
    """The square of what is too much or too little, with Yates' correction."""
    return np.maximum(np.abs(n - expected) - 0.5, 0.0) ** 2


def _measured(
    n: Ints, expected: Floats, ratio: Floats, chi_squared: Floats, prior: Prior | None
) -> Disproportion:
    events, due = n.ravel().astype(np.float64), expected.ravel()
    fitted = Prior.fitted(events[due > 0], due[due > 0]) if prior is None else prior
    eb05 = fitted.posterior(events, due).quantile(0.05).reshape(n.shape)
    return Disproportion(
        n, expected, ratio, chi_squared, eb05, information(events, due).reshape(n.shape)
    )
