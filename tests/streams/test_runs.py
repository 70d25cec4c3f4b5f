from types import SimpleNamespace

import pytest
from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

from streams.transport.runs import Begin, LogTruncatedError, Run, begun, noted

CALLS = TP("calls", 2)


def run(*offsets: int, follows: int) -> Run:
    records = [SimpleNamespace(offset=offset) for offset in offsets]
    return Run("calls", 2, records, None, 1, follows)


def test_a_log_that_goes_back_was_made_anew() -> None:
    with pytest.raises(LogTruncatedError, match=r"calls\[2\]: after the record 499 comes 0; "):
        run(0, 1, follows=500).require_order()


def test_records_that_a_log_does_not_show_are_no_step_back() -> None:
    run(502, 503, follows=500).require_order()


def test_a_commit_brings_back_what_was_noted_with_it() -> None:
    commit = OffsetAndMetadata(7, noted("id-1", "a b"))
    assert begun(CALLS, commit, 3, 9, "id-1") == Begin(7, "a b", 3, "id-1")


def test_a_log_that_has_outgrown_a_commit_of_the_log_before_it_was_made_anew() -> None:
    commit = OffsetAndMetadata(7, noted("id-1", ""))
    with pytest.raises(LogTruncatedError, match=r"calls\[2\]: the commit 7 is of the topic id-1"):
        begun(CALLS, commit, 0, 9, "id-2")


@pytest.mark.parametrize("metadata", ["1700000000000", "", noted("", "1700000000000")])
def test_a_commit_that_names_no_topic_is_taken_as_it_is(metadata: str) -> None:
    begin = begun(CALLS, OffsetAndMetadata(7, metadata), 0, 9, "id-2")
    assert (begin.committed, begin.note) == (7, metadata.strip())
