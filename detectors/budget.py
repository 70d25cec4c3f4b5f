"""One budget of false alarms a week, over all series and all methods together.

A *place* is one series under one method: a series that two methods judge has two, and a busy one
that burst judges takes many (`detectors.burst.PLACES`). Every place has an equal part of the
budget, whatever its method and however long its buckets:

    part = false_alarms_per_week / places

A Shiryaev-Roberts score has E[R_n] <= n under a right model, so the mean time between false
alarms of one place at threshold A is at least A buckets; a place that is to keep to its part has

    A = buckets_per_week / part

So the parts add up to the budget as long as there are no more places than were set, and another
method on the same series takes nothing from those that are there as long as there is room. What
has no such chance takes no part: a rule that somebody set, an event that is enough by itself.
"""

SERIES = 1000
"""Number of places that the budget is spread over where the settings name none."""
HOURS = 168
"""Of a week."""


def threshold(
    *, false_alarms_per_week: float = 1.0, series: int = SERIES, buckets_per_week: int = HOURS
) -> float:
    """Score from which on a place alarms; `series` is a setting, not what a shard holds."""
    if not false_alarms_per_week > 0:
        raise ValueError(f"false_alarms_per_week must be above 0, got {false_alarms_per_week}")
    if series < 1 or buckets_per_week < 1:
        raise ValueError(
            f"series and buckets_per_week must be at least 1, got {series} and {buckets_per_week}"
        )
    return series * buckets_per_week / false_alarms_per_week
