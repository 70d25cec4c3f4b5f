"""Single events that are enough: when they are told, and what is told at the close."""

from hypothesis import given
from hypothesis import strategies as st

from streams.counts.cells import Trigger
from streams.detection.triggers import MOST_EVENTS, Report, Triggers

LEAST = -(2**62)
SCOPE = (("harm", "injury"), ("product", "kettle"))


def trigger(event: str, *, hour: int = 0, harm: str = "injury", **changes: str) -> Trigger:
    who = changes.pop("who", f"who-{event}")
    return Trigger(
        harm, hour * 60 + 7, hour * 60 + 5, event, who, {"product": "kettle"} | changes, ""
    )


def add(triggers: Triggers, *news: Trigger, least: int = LEAST) -> list[Report]:
    return triggers.add(news, minutes=60, least=least)


def closed(triggers: Triggers, last: int, first: int = 0) -> list[Report]:
    return [report for bucket in range(first, last + 1) for report in triggers.close(bucket)]


def alone() -> Triggers:
    return Triggers.empty(enough=1, quiet=24)


def hearsay() -> Triggers:
    return Triggers.empty(enough=2, quiet=24)


def test_one_complaint_is_told_at_once_and_again_at_the_close_of_its_bucket() -> None:
    triggers = alone()
    (told,) = add(triggers, trigger("a", hour=3))
    assert (told.scope, told.bucket, told.people) == (SCOPE, 3, 1)
    assert closed(triggers, 2) == []
    assert closed(triggers, 3, 3) == [told]


def test_a_second_report_in_the_bucket_is_told_at_its_close_only() -> None:
    triggers = alone()
    add(triggers, trigger("a"))
    assert add(triggers, trigger("b")) == []
    (report,) = triggers.close(0)
    assert (report.people, [event.event for event in report.events]) == (2, ["a", "b"])


def test_each_scope_and_each_harm_is_told_by_itself_in_their_order() -> None:
    triggers = alone()
    news = [trigger("a", product="iron"), trigger("b", harm="fire"), trigger("c")]
    assert len(add(triggers, *news)) == 3
    scopes = [report.scope for report in triggers.close(0)]
    assert scopes == sorted(scopes)
    assert len(scopes) == 3


def test_the_same_event_again_changes_nothing_while_its_bucket_is_open() -> None:
    triggers = alone()
    add(triggers, trigger("a"))
    assert add(triggers, trigger("a")) == []
    (report,) = triggers.close(0)
    assert report.people == 1


def test_a_post_is_hearsay_until_a_second_author_says_the_same() -> None:
    triggers = hearsay()
    assert add(triggers, trigger("a", who="ann"), trigger("b", who="ann")) == []
    (told,) = add(triggers, trigger("c", who="bob"))
    assert told.people == 2
    assert [report.people for report in triggers.close(0)] == [2]


def test_hearsay_alone_is_never_told() -> None:
    triggers = hearsay()
    add(triggers, trigger("a"))
    assert closed(triggers, 30) == []


def test_the_second_author_may_come_within_the_quiet_time() -> None:
    triggers = hearsay()
    add(triggers, trigger("a"))
    closed(triggers, 23)
    (told,) = add(triggers, trigger("b", hour=24))
    assert told.people == 2
    assert [report.bucket for report in closed(triggers, 24, 24)] == [24]


def test_the_second_author_after_the_quiet_time_is_a_first_one() -> None:
    triggers = hearsay()
    add(triggers, trigger("a"))
    closed(triggers, 24)
    assert add(triggers, trigger("b", hour=25)) == []
    assert closed(triggers, 25, 25) == []


def test_the_second_author_is_found_while_the_first_ones_bucket_is_open() -> None:
    triggers = hearsay()
    add(triggers, trigger("a"))
    (told,) = add(triggers, trigger("b", hour=1))
    assert told.bucket == 1
    assert [report.bucket for report in closed(triggers, 1)] == [1]


def test_what_is_too_late_for_its_bucket_is_told_in_the_oldest_that_is_open() -> None:
    triggers = alone()
    closed(triggers, 9)
    told = add(triggers, trigger("a", hour=3), trigger("b", hour=3, product="iron"), least=10)
    assert [report.bucket for report in told] == [10, 10]
    assert len(triggers.close(10)) == 2


def test_a_bucket_that_was_open_before_the_first_close_is_not_forgotten() -> None:
    triggers = alone()
    add(triggers, trigger("a", hour=3))
    assert [report.bucket for report in triggers.close(7)] == [3]


def test_the_watch_on_a_scope_ends_with_the_quiet_time() -> None:
    triggers = alone()
    add(triggers, trigger("a"))
    closed(triggers, 23)
    assert len(triggers.watched) == 1
    closed(triggers, 24, 24)
    assert triggers.watched == {}


def test_a_flood_of_reports_is_kept_within_bounds() -> None:
    triggers = alone()
    add(triggers, *(trigger(str(n)) for n in range(MOST_EVENTS + 50)))
    (report,) = triggers.close(0)
    assert len(report.events) == report.people == MOST_EVENTS


REPORTS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["ann", "bob", "eve"])),
    max_size=30,
)


@given(REPORTS, st.integers(1, 2), st.data())
def test_all_that_is_told_is_confirmed_at_its_close(
    reports: list[tuple[int, str]], enough: int, data: st.DataObject
) -> None:
    triggers, told, confirmed, closed_last = Triggers.empty(enough=enough, quiet=24), [], [], -1
    for n, (hour, who) in enumerate(reports):
        told += add(triggers, trigger(str(n), hour=hour, who=who), least=closed_last + 1)
        for _ in range(data.draw(st.integers(0, 30)) if data.draw(st.booleans()) else 0):
            closed_last += 1
            confirmed += triggers.close(closed_last)
    confirmed += triggers.close(max(closed_last + 1, 40))
    assert {report.bucket for report in told} <= {report.bucket for report in confirmed}
    assert len(told) == len({report.bucket for report in told})
    assert triggers.open == {}


@given(REPORTS, st.integers(1, 2))
def test_the_order_of_reports_does_not_change_what_is_confirmed(
    reports: list[tuple[int, str]], enough: int
) -> None:
    news = [trigger(str(n), hour=hour, who=who) for n, (hour, who) in enumerate(reports)]
    one, other = Triggers.empty(enough=enough, quiet=24), Triggers.empty(enough=enough, quiet=24)
    add(one, *news)
    add(other, *reversed(news))
    assert closed(one, 40) == closed(other, 40)
