from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.transport.lag import Lag, Progress, Unread

ONE, TWO, OTHER = TP("complaints", 0), TP("complaints", 1), TP("mentions", 0)


def test_a_topic_adds_its_records_and_is_as_late_as_its_latest_partition() -> None:
    progress = Progress()
    progress.took(ONE, following=10, stamp=900.0)
    progress.took(TWO, following=20, stamp=960.0)
    progress.took(OTHER, following=5, stamp=100.0)
    unread = [Unread(ONE, 10, 13), Unread(TWO, 20, 21), Unread(OTHER, 5, 5)]
    assert progress.lag(unread, now=1000.0) == {
        "complaints": Lag(4, 100.0),
        "mentions": Lag(0, 0.0),
    }


def test_a_quiet_partition_is_not_behind_however_old_its_last_record() -> None:
    progress = Progress()
    progress.took(ONE, following=10, stamp=0.0)
    assert progress.lag([Unread(ONE, 10, 10)], now=1e9) == {"complaints": Lag(0, 0.0)}


def test_before_its_first_record_a_partition_is_late_since_it_was_given() -> None:
    progress = Progress()
    progress.keep({ONE}, now=100.0)
    progress.keep({ONE}, now=130.0)
    assert progress.lag([Unread(ONE, 0, 7)], now=160.0) == {"complaints": Lag(7, 60.0)}


def test_what_others_have_is_forgotten() -> None:
    progress = Progress()
    progress.took(ONE, following=10, stamp=900.0)
    progress.keep({TWO}, now=1000.0)
    assert progress.next(ONE) is None
    progress.keep({ONE, TWO}, now=1100.0)
    assert progress.lag([Unread(ONE, 3, 4)], now=1105.0) == {"complaints": Lag(1, 5.0)}


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.floats(0, 1e10), st.floats(0, 1e10))
def test_a_lag_is_never_negative(following: int, end: int, stamp: float, now: float) -> None:
    progress = Progress()
    progress.took(ONE, following=following, stamp=stamp)
    found = progress.lag([Unread(ONE, following, end)], now=now)["complaints"]
    assert found.records >= 0
    assert found.seconds >= 0
