from types import SimpleNamespace

import pytest

from streams.chunks import LogTruncatedError, Run


def run(*offsets: int, follows: int) -> Run:
    records = [SimpleNamespace(offset=offset) for offset in offsets]
    return Run("calls", 2, records, None, 1, follows)


def test_a_log_that_goes_back_was_made_anew() -> None:
    with pytest.raises(LogTruncatedError, match=r"calls\[2\]: after the record 499 comes 0; "):
        run(0, 1, follows=500).require_order()


def test_records_that_a_log_does_not_show_are_no_step_back() -> None:
    run(502, 503, follows=500).require_order()
