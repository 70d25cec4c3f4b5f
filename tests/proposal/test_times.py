"""The way in which a column writes its times is found from its values."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import zoned
from streams.proposal.sample import profile
from streams.proposal.times import FORMATS, Clock, clock
from tests.proposal.samples import SHANGHAI


def found(*values: object) -> Clock | None:
    return clock(profile("at", [{"at": value} for value in values]), SHANGHAI)


def format_of(*values: object) -> str | None:
    clock = found(*values)
    assert clock is not None
    return clock.format


@pytest.mark.parametrize(
    ("values", "format"),
    [
        (["2026-03-05T14:02:00Z", "2026-03-05T14:02:00+08:00"], None),
        (["2026-03-05 14:02:00", "2026-03-05 14:02"], None),
        ([1767225600, 1767225700.5], None),
        (["1767225600", "1767225700"], "epoch"),
        (["1767225600123"], "epoch_ms"),
        (["45213.5", "45214", "45214.75002"], "excel"),
        (["2026/3/5 14:02", "2026/3/15 4:02"], "%Y/%m/%d %H:%M"),
        (["2026年3月5日 14时02分"], "%Y年%m月%d日 %H时%M分"),
        (["3/15/2026 2:02:11 PM"], "%m/%d/%Y %I:%M:%S %p"),
        (["15.03.2026 14:02"], "%d.%m.%Y %H:%M"),
        (["Tue Feb 24 11:35:52 -0800 2015"], "%a %b %d %H:%M:%S %z %Y"),
    ],
)  # fmt: skip
def test_usual_ways_are_known(values: list[object], format: str | None) -> None:  # noqa: A002
    assert format_of(*values) == format


def test_the_way_that_most_values_follow_wins() -> None:
    clock = found("2026/3/5 14:02", "2026/3/6 14:02", "2026/3/7 14:02", "yesterday 3")
    assert clock is not None
    assert (clock.format, clock.share) == ("%Y/%m/%d %H:%M", 0.75)


def test_of_day_and_month_that_may_be_exchanged_the_shorter_history_is_taken_and_said() -> None:
    clock = found("05/03/2026 14:02", "06/03/2026 11:00", "07/03/2026 01:00")
    assert clock is not None
    assert (clock.format, clock.swapped) == ("%d/%m/%Y %H:%M", True)
    clear = found("13/03/2026 14:02", "06/03/2026 11:00")
    assert clear is not None
    assert not clear.swapped


def test_it_is_told_whether_times_carry_a_zone_and_a_time_of_day() -> None:
    for value, local, dated in (
        ("2026-03-05 14:02", True, False),
        ("2026-03-05", True, True),
        ("2026-03-05T00:00:00+08:00", False, True),
        ("2026-03-05T14:02:00Z", False, False),
    ):
        clock = found(value)
        assert clock is not None
        assert (clock.local, clock.dated) == (local, dated), value


@pytest.mark.parametrize("value", ["13812345678", "B2409-03", "water leak", "99999999999999", "0"])
def test_what_is_no_time_has_no_way_of_writing_it(value: str) -> None:
    assert found(value) is None


def test_no_values_have_none_either() -> None:
    assert found("", None) is None


def test_every_format_may_stand_in_a_mapping() -> None:
    assert [fault for written in FORMATS for fault in zoned.faults(written)] == []


@given(
    st.sampled_from(FORMATS),
    st.lists(st.integers(1_000_000_000, 2_800_000_000), min_size=1, max_size=20),
)  # fmt: skip
def test_times_written_in_a_known_way_are_read_to_the_last(
    format: str,  # noqa: A002
    moments: list[int],
) -> None:
    clock = found(*(datetime.fromtimestamp(moment, UTC).strftime(format) for moment in moments))
    assert clock is not None
    assert clock.share == 1


@given(st.lists(st.text(max_size=30)))
def test_any_texts_have_a_way_or_none(texts: list[str]) -> None:
    clock = found(*texts)
    assert clock is None or 0.5 <= clock.share <= 1


def test_the_zone_of_this_machine_has_a_name_or_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    assert zoned.of_machine() == ZoneInfo("Asia/Shanghai")
    for unnamed in ("CST-8", "nowhere"):
        monkeypatch.setenv("TZ", unnamed)
        assert zoned.of_machine() == ZoneInfo("UTC")
