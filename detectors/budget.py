"""Thresholds from what a recipient allows: false alarms a week over all series together.

A Shiryaev-Roberts score has E[R_n] <= n under a right model, so the mean time between false
alarms of one series at threshold A is at least A buckets.
"""

SERIES = 1000
"""Number of series in the budget where the settings name none."""


def threshold(
    *, false_alarms_per_week: float = 1.0, series: int = SERIES, buckets_per_week: int = 168
) -> float:
    """Score from which on a series alarms; `series` is a setting, not what a shard holds."""
    if not false_alarms_per_week > 0:
        raise ValueError(f"false_alarms_per_week must be above 0, got {false_alarms_per_week}")
    if series < 1 or buckets_per_week < 1:
        raise ValueError(
            f"series and buckets_per_week must be at least 1, got {series} and {buckets_per_week}"
        )
    return series * buckets_per_week / false_alarms_per_week
