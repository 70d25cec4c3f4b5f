"""What `tocsin check` says of the next two weeks."""

from datetime import UTC, date, datetime

from alerts.words import Words
from streams.configuration.declared import Calendar, KnownEvent
from streams.configuration.sections import Detection
from streams.settings import Settings
from tocsin.ahead import ahead

SALE = KnownEvent(name="Lantern sale", since=date(2026, 3, 1), until=date(2026, 3, 3), uplift=1.8)
SHOW = KnownEvent(
    name="Show",
    since=datetime(2026, 2, 20, 12, tzinfo=UTC),
    until=datetime(2026, 2, 20, 14, tzinfo=UTC),
)
CHOSEN = Settings(
    detection=Detection(zone="Asia/Shanghai"),
    calendar=Calendar(country="CN", events=(SALE, SHOW)),
)
NOW = datetime(2026, 2, 19, 4, tzinfo=UTC)


def test_holidays_days_made_up_for_and_events_are_told_in_order() -> None:
    assert list(ahead(Words("en"), CHOSEN, NOW)) == [
        "calendar: 2026-02-19 Chinese New Year (Spring Festival)",
        "calendar: 2026-02-20 Day off (substituted from 02/14/2026)",
        "calendar: 2026-02-20 20:00/2026-02-20 22:00 Show",
        "calendar: 2026-02-23 Day off (substituted from 02/28/2026)",
        "calendar: 2026-02-28 make-up working day",
        "calendar: 2026-03-01/03-03 Lantern sale, expected x1.8",
    ]


def test_in_chinese_they_have_their_chinese_names() -> None:
    lines = list(ahead(Words("zh"), CHOSEN, NOW))
    assert lines[0] == "日历：2026-02-19 春节"
    assert lines[-2:] == [
        "日历：2026-02-28 调休上班日",
        "日历：2026-03-01/03-03 Lantern sale，预计为平时的 1.8 倍",
    ]


def test_of_an_empty_calendar_nothing_is_told() -> None:
    assert list(ahead(Words("en"), Settings(), NOW)) == []
