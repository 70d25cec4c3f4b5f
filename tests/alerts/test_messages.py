from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.catalogue import LANGUAGES
from alerts.colour import Colour
from alerts.deliveries import Delivery, Recipient
from alerts.inputs import Input, Tick
from alerts.messages import MOST_LINES, Message, compose
from alerts.notices import What
from alerts.signal import Kind, Signal, SignalState
from tests.alerts.samples import (
    RATE,
    START,
    batch,
    burst,
    novelty,
    rule,
    run,
    scoped,
    share,
    silence,
    surge,
    trigger,
    weekly,
)


def wanted(*items: Input | Signal, **recipient: str) -> list[Delivery]:
    team: Any = {"name": "pr", "channel": "webhook"} | recipient
    state, _ = run(items, recipients=[Recipient(**team)])
    return list(state.deliveries.values())


def last(*items: Input | Signal, **recipient: str) -> Message:
    return compose(wanted(*items, **recipient)[-1])


def body(message: Message) -> str:
    return "\n".join((message.title, *message.lines))


def test_a_new_surge_says_level_figures_since_when_and_where() -> None:
    message = last(surge(observed=84.0, expected=6.0, multiple=14.0))
    assert message.title == "[ORANGE] new · " + message.incident.id + " · billing"
    assert message.lines == (
        "Far more complaints than usual about billing.",
        ("Since 2026-03-02 11:00 UTC: 84 people, expected 6, ×14; as of 2026-03-02 12:00 UTC."),
        "Rule: excess over the usual count, above the alarm level; confirmed.",
        "Where: stream complaints, category billing.",
        "Why orange: 14 times the expected, 78 more than expected.",
        "Next: name one person who answers for it, and read the reports for what they share.",
    )


def test_a_chinese_recipient_reads_chinese_and_the_time_of_the_own_zone() -> None:
    text = body(last(surge(), language="zh", zone="Asia/Shanghai"))
    assert "投诉远多于平常" in text
    assert "数据流 投诉" in text
    assert "2026-03-02 19:00 UTC+08:00" in text


def test_an_injury_says_that_safety_comes_first() -> None:
    message = last(trigger(scope=scoped(product="kettle")))
    assert message.colour is Colour.RED
    assert "Enough to alert by itself: injury, kettle." in message.lines
    assert any("before any number" in line for line in message.lines)


def test_an_injury_in_a_surge_tells_both_what_happened_and_how_many() -> None:
    hurt = trigger(scope=scoped(category="billing", region="N"), hours=2)
    lines = last(surge(observed=84.0, approximate=True), hurt).lines
    assert lines[0] == (
        "Enough to alert by itself: injury, billing, N. "
        "Far more complaints than usual about billing."
    )
    assert lines[1].startswith("Happened 2026-03-02 13:00 UTC")
    assert lines[2].startswith("Since 2026-03-02 11:00 UTC: 84 people")
    assert any("People approximate" in line for line in lines)


def test_a_silence_says_what_is_silent_since_when_what_is_missing_and_that_we_are_blind() -> None:
    message = last(silence(channel="phone"))
    assert (
        message.title == f"[YELLOW] new · {message.incident.id} · source complaints, channel phone"
    )
    assert message.lines == (
        "Silent: nothing comes any more from source complaints, channel phone.",
        (
            "Last event 2026-03-02 10:20 UTC. Since 2026-03-02 11:00 UTC: 0 events, expected 37; "
            "as of 2026-03-02 12:00 UTC."
        ),
        "Rule: fewer events than chance explains, above the alarm level; confirmed.",
        "Where: stream complaints, source complaints, channel phone.",
        "Why yellow: we are blind where a source is silent.",
        "What it would bring is not seen: no alarm there means no all-clear.",
        "Next: ask whoever runs the source.",
    )


def test_a_silence_is_told_in_chinese() -> None:
    text = body(last(silence(channel="电话"), language="zh", zone="Asia/Shanghai"))
    assert "静默：来源主题 complaints、渠道 电话，不再有内容传入。" in text
    assert "最后一条 2026-03-02 18:20 UTC+08:00。自 2026-03-02 19:00 UTC+08:00 起：0 条" in text
    assert "没有警报不等于平安" in text


def test_a_rule_is_told_by_its_name_with_its_limit_and_not_as_unusual() -> None:
    message = last(rule())
    assert message.title.startswith("[YELLOW] new")
    assert message.lines == (
        "A rule that you set holds about billing: twenty an hour.",
        "From 2026-03-02 11:00 UTC to 2026-03-02 12:00 UTC: 25 people, limit 20.",
        "Rule: limit of a rule reached; confirmed.",
        "Where: stream complaints, category billing.",
        "Why yellow: somebody asked to be told of this.",
        "Next: read a few of the reports and see what they share.",
    )
    assert "达到规则设定的限值" in body(last(rule(), language="zh"))


def test_a_rule_that_no_longer_holds_says_its_height_and_what_it_is_now() -> None:
    more = rule(observed=61.0, revision=1, hours=1)
    over = rule(observed=3.0, state=SignalState.CLEARED, hours=2)
    lines = last(rule(), more, over).lines
    assert lines[0] == "Over: twenty an hour no longer holds about billing."
    assert lines[1] == (
        "From 2026-03-02 12:00 UTC to 2026-03-02 13:00 UTC: 61 people, limit 20. "
        "That was its height; by 2026-03-02 14:00 UTC it was 3, limit 20."
    )


def test_a_surge_speaks_before_a_rule_about_the_same() -> None:
    message = last(rule(multiple=99.0), surge(multiple=10.0, observed=84.0, hours=1))
    assert message.lines[0] == "Far more complaints than usual about billing."


def test_a_burst_says_within_how_short_a_time() -> None:
    message = last(burst())
    assert message.lines[:3] == (
        "A burst of mentions about kettle.",
        "84 posts in 15 minutes, expected 6, ×14; as of 2026-03-02 12:00 UTC.",
        "Rule: burst rare in a series that bursts often, above the alarm level; confirmed.",
    )
    text = body(last(burst(), language="zh"))
    assert "kettle的提及骤然激增" in text
    assert "15 分钟内 84 条，预期 6 条" in text
    assert "84 people in 15 minutes" in body(last(burst(scope=scoped(product="kettle"))))


def test_a_batch_says_its_rate_beside_its_neighbours_and_what_stands_out_in_it() -> None:
    message = last(batch())
    assert message.lines[:4] == (
        "More complaints about kettle, batch B2409-03 than its units in the field explain.",
        "Since 2026-03-02 11:00 UTC: 14 people, expected 2, ×7; as of 2026-03-02 12:00 UTC.",
        (
            "Rule: more complaints than its units in the field explain, above the alarm level; "
            "confirmed."
        ),
        (
            "Where: stream complaints, product kettle, batch B2409-03. "
            "Per thousand units: 2.5 complaints (1.5 to 3.25 with 95 %), neighbours of equal age "
            "0.5; n 30 where 6 were expected, PRR 5.1, chi-square 90, EB05 3.4. "
            "What stands out in it: staff; n 11 where 1.5 were expected, PRR 9.1, chi-square 52, "
            "EB05 4.2."
        ),
    )
    text = body(last(batch(), language="zh"))
    assert "批次 B2409-03。每千台：2.5 起投诉" in text
    assert "；n 30（预期 6）、PRR 5.1、卡方 90、EB05 3.4。其中突出的问题：人员；n 11（" in text


def test_a_batch_of_which_no_units_are_known_says_that_its_rate_is_unknown() -> None:
    about = scoped(product="kettle", batch="B2409-03")
    assert any("Rate per unit unknown" in line for line in last(surge(scope=about)).lines)
    assert "每台比率未知" in body(last(surge(scope=about), language="zh"))
    assert not any("per unit" in line for line in last(surge()).lines)
    over = surge(scope=about, state=SignalState.CLEARED, hours=2)
    assert not any("unknown" in line for line in last(surge(scope=about), over).lines)


def test_a_first_ever_combination_says_what_never_was_before() -> None:
    message = last(novelty())
    assert message.colour is Colour.BLUE
    assert message.lines[:3] == (
        "Never before: kettle, billing.",
        "Since 2026-03-02 11:00 UTC: 2 people, the first ever.",
        "Rule: a combination that never was before; confirmed.",
    )
    assert "前所未有：kettle、账单" in body(last(novelty(), language="zh"))


def test_what_is_counted_speaks_before_a_first_ever_and_a_report_of_harm_before_both() -> None:
    rise = surge(scope=scoped(product="kettle"))
    assert last(novelty(), rise).lines[0] == "Far more complaints than usual about kettle."
    hurt = trigger(scope=scoped(product="kettle"))
    assert last(novelty(), hurt).lines[0] == "Enough to alert by itself: injury, kettle."


def test_a_slow_rise_says_that_its_figures_are_of_weeks() -> None:
    message = last(weekly())
    assert message.lines[:3] == (
        "More complaints than usual about billing, week after week.",
        (
            "Weeks since 2026-02-16 12:00 UTC: 310 people, expected 220, ×1.41; "
            "as of 2026-03-02 12:00 UTC."
        ),
        "Rule: slow rise, by the week, above the alarm level; confirmed.",
    )
    text = body(last(weekly(), language="zh"))
    assert "账单的投诉逐周增多" in text
    assert "起的各周：310 人，预期 220 人" in text
    posts = weekly(scope={"stream": "mentions", "product": "kettle"})
    assert "UTC: 310 posts, expected 220" in body(last(posts))


def test_a_share_says_how_many_of_how_many_and_what_is_usual() -> None:
    message = last(share())
    assert message.lines[:3] == (
        "A larger share than usual of the mentions: kettle, negative.",
        (
            "Since 2026-03-02 11:00 UTC: 128 of 312 posts, 41 % (usual: 18 %); "
            "as of 2026-03-02 12:00 UTC."
        ),
        "Rule: larger share than usual, above the alarm level; confirmed.",
    )
    text = body(last(share(), language="zh"))
    assert "提及中占比高于平常：kettle" in text
    assert "312 条中有 128 条，占 41 %（平常 18 %）" in text
    people = share(scope=scoped(product="kettle", demand="compensation"))
    assert "128 of 312 people, 41 %" in body(last(people))


def test_a_drift_is_told_in_weeks() -> None:
    text = body(last(weekly(kind=Kind.DRIFT)))
    assert "More complaints than usual about billing, week after week." in text
    assert "Rule: slow drift, against two months ago, above the alarm level; confirmed." in text


def test_next_to_nothing_is_not_called_nothing() -> None:
    text = body(last(silence(observed=2.0)))
    assert "As good as silent: next to nothing comes from source complaints." in text


def test_a_source_that_speaks_again_is_said_to_and_no_longer_blind() -> None:
    ended = silence(state=SignalState.CLEARED, observed=3.0, hours=5)
    lines = last(silence(), ended).lines
    assert lines[0] == "Over: source complaints speaks again."
    assert lines[1] == (
        "It lasted from 2026-03-02 16:00 UTC to 2026-03-02 17:00 UTC: 3 events, expected 37."
    )
    assert not any("all-clear" in line for line in lines)


def test_other_alarms_say_what_cannot_be_seen_as_long_as_a_source_is_silent() -> None:
    blind = (
        "What we cannot see meanwhile, for it is silent: source complaints, channel phone "
        "(since 2026-03-02 11:00 UTC)."
    )
    phone = silence(channel="phone")
    assert blind in last(phone, surge()).lines
    assert f"People approximate: persons are unknown, so reports were counted. {blind}" in (
        last(phone, surge(approximate=True)).lines
    )
    posts = surge(scope={"stream": "mentions", "product": "kettle"})
    over = silence(channel="phone", state=SignalState.CLEARED, hours=2)
    for seen in (last(phone, posts), last(phone, over, surge()), last(phone)):
        assert not any("cannot see" in line for line in seen.lines)


def test_an_escalation_says_what_changed_since_the_last_message() -> None:
    hurt = trigger(scope=scoped(category="billing", region="N"), harm=("fire",))
    message = last(surge(), hurt)
    assert message.what is What.ESCALATED
    assert (
        "Since the last message: yellow → red, signals 1 → 2, regions and batches 0 → 1, "
        "new harm: fire." in message.lines
    )


def test_a_takeover_names_the_incidents_that_ended_in_it() -> None:
    north, south = (
        surge(name, scope=scoped(category="billing", region=name)) for name in ("N", "S")
    )
    _, taken, message = (compose(d) for d in wanted(north, south, surge()))
    assert f"takes in {taken.incident.id}" in body(message)


def test_an_incident_keeps_its_id_from_first_to_last_message() -> None:
    ended = surge(state=SignalState.CLEARED, hours=2)
    messages = [
        compose(d) for d in wanted(surge(), surge(revision=1, multiple=90.0, observed=300.0), ended)
    ]
    assert [m.what for m in messages] == ["new", "escalated", "cleared"]
    assert len({m.incident.id for m in messages}) == 1
    assert len({m.delivery for m in messages}) == 3


def test_learning_and_approximate_people_are_said() -> None:
    text = body(last(surge(learning=True, approximate=True)))
    assert "[BLUE]" in text
    assert "Still learning" in text
    assert "People approximate" in text


def test_a_surge_without_a_category_says_that_there_is_none_and_how_to_give_one() -> None:
    unread = surge(scope=scoped(category="unknown", product="kettle"))
    (where,) = (line for line in last(unread).lines if line.startswith("Where"))
    assert where == (
        "Where: stream complaints, product kettle, category unknown. No category was "
        "given, and none could be read from the texts: read a few; if a field of the source holds "
        "it, map that field to category."
    )
    assert "映射为 category" in body(last(unread, language="zh"))
    assert "map that field" not in body(last(surge()))


def test_posts_are_not_called_people() -> None:
    assert "20 posts" in body(last(surge(scope={"stream": "mentions", "product": "kettle"})))


def test_a_repetition_is_marked() -> None:
    (delivery,) = wanted(surge())
    again = msgspec.structs.replace(delivery, repetition=True)
    assert compose(again).repetition
    assert "may have received" in body(compose(again))


def test_a_retry_says_what_the_first_try_would_have_said() -> None:
    (before,) = wanted(surge())
    after = wanted(surge(), surge(revision=1, observed=25.0), Tick(START + 1))[0]
    assert compose(after) == compose(before)


def test_quotes_are_redacted_in_the_words_of_the_recipient() -> None:
    message = last(surge(examples=("我叫张伟，电话13812345678",)), language="zh")
    assert message.lines[-1] == "“我叫[姓名]，电话[电话]”"
    assert "13812345678" not in msgspec.json.encode(message).decode()


def test_an_unknown_language_is_an_error_by_name() -> None:
    with pytest.raises(KeyError, match="fr"):
        last(surge(), language="fr")


@given(
    scope=st.dictionaries(st.text(max_size=60), st.text(), max_size=6),
    harm=st.lists(st.text(), max_size=4),
    examples=st.lists(st.text(), max_size=3),
    language=st.sampled_from(LANGUAGES),
    figure=st.floats(0, allow_nan=False),
)
def test_no_message_is_longer_than_a_screen_or_breaks_a_line(
    scope: dict[str, str], harm: list[str], examples: list[str], language: str, figure: float
) -> None:
    about = {**scope, "stream": "complaints", "batch": "b"}
    first = surge(scope=about, learning=True, observed=figure, rate=RATE)
    more = surge(
        "b",
        scope={**first.scope, "region": "N"},
        harm=tuple(harm),
        examples=tuple(examples),
        approximate=True,
        multiple=figure,
    )
    hurt = trigger(scope={**first.scope, "category": "x"}, harm=("fire",), examples=tuple(examples))
    quiet = [silence(str(n), channel=f"{n}{'x' * 60}") for n in range(9)]
    for delivery in wanted(*quiet, first, more, hurt, language=language):
        message = compose(msgspec.structs.replace(delivery, repetition=True))
        assert len(message.lines) + 1 <= MOST_LINES
        assert all(len(line.splitlines()) == 1 for line in (message.title, *message.lines))


BATCH = scoped(product="Kettle K3", batch="B2409-03")
KETTLE = scoped(product="Kettle K3")


def test_an_incident_that_widens_goes_on_naming_its_one_batch() -> None:
    wider = surge("b", scope=KETTLE, observed=60.0, multiple=12.0)
    message = last(surge("a", scope=BATCH), wider)
    assert message.incident.scope == KETTLE
    assert message.title.endswith(" · Kettle K3, batch B2409-03")
    assert "20 people" in message.lines[1], "of that batch, not of all kettles"
    assert message.lines[0] == "Far more complaints than usual about Kettle K3, batch B2409-03."
    chinese = last(surge("a", scope=BATCH), wider, language="zh")
    assert chinese.title.endswith(" · Kettle K3、批次 B2409-03")


def test_a_batch_that_no_longer_is_the_only_one_leaves_the_title() -> None:
    other = surge("c", scope={**BATCH, "batch": "B2410-01"})
    message = last(surge("a", scope=BATCH), surge("b", scope=KETTLE, observed=60.0), other)
    assert message.title.endswith(" · Kettle K3")


def test_the_batch_of_a_withdrawn_signal_is_not_named() -> None:
    withdrawn = surge("a", scope=BATCH, state=SignalState.WITHDRAWN)
    lasting = surge("b", scope=KETTLE, observed=600.0, multiple=12.0)
    again = surge("b", scope=KETTLE, observed=9000.0, multiple=90.0, revision=1, harm=("fire",))
    message = last(surge("a", scope=BATCH), lasting, withdrawn, again)
    assert message.title.endswith(" · Kettle K3")


def test_a_place_of_one_report_is_not_that_of_the_surge_beside_it() -> None:
    hurt = trigger(scope={**KETTLE, "region": "N"})
    message = last(hurt, surge("a", scope=BATCH), surge("b", scope=KETTLE, harm=("fire",)))
    assert message.title.endswith(" · Kettle K3, batch B2409-03")


def test_a_silent_topic_is_not_named_by_one_of_its_channels() -> None:
    message = last(silence("a", channel="phone"), silence("b", channel="web"), silence("c"))
    assert "phone" not in message.title


def test_a_storm_is_not_named_by_the_one_product_in_it() -> None:
    regions = [surge(n, scope=scoped(region=n)) for n in "ABCDE"]
    message = last(*regions, surge("k", scope=KETTLE))
    assert message.title.endswith(" · complaints")


def test_silence_that_began_after_the_incident_was_over_hides_nothing_of_it() -> None:
    late = silence(channel="phone", hours=5)
    over = surge(state=SignalState.CLEARED, hours=2)
    assert "cannot see" not in body(last(surge(), late, over))
    early = silence(channel="phone", hours=0)
    assert "cannot see" in body(last(surge(), early, over))


def test_history_that_is_replayed_lacks_nothing_by_a_silence_of_today() -> None:
    old, hurt = surge(hours=-24 * 9), trigger(scope=scoped(category="billing"), hours=-24 * 8)
    assert "cannot see" not in body(last(silence(), old, hurt))


def test_what_is_over_says_what_it_was_at_its_height_and_what_it_is_now() -> None:
    grown = surge(revision=1, observed=71.0, expected=3.4, multiple=20.9, hours=3)
    over = surge(state=SignalState.CLEARED, observed=4.0, expected=3.1, multiple=1.3, hours=9)
    lines = last(surge(), grown, over).lines
    assert lines[0] == "Over: nothing unusual about billing any more."
    assert lines[1] == (
        "Since 2026-03-02 14:00 UTC: 71 people, expected 3.4, ×20.9; as of 2026-03-02 15:00 UTC. "
        "That was its height; by 2026-03-02 21:00 UTC it was 4, expected 3.1."
    )
    assert not any(line.startswith("Rule") for line in lines)
    assert "Why orange: 20.9 times the expected, 68 more than expected." in lines


def test_a_count_that_went_on_to_the_end_is_told_beside_the_height() -> None:
    onset = surge().onset
    over = surge(state=SignalState.CLEARED, observed=151.0, expected=86.0, onset=onset, hours=30)
    assert (
        last(surge(), over)
        .lines[1]
        .endswith("That was its height; by 2026-03-03 18:00 UTC 151 in all, expected 86.")
    )


def test_the_height_goes_along_when_another_incident_takes_over() -> None:
    north = scoped(category="billing", region="N")
    over = surge("n", scope=north, state=SignalState.CLEARED, observed=1.0, hours=1)
    state, _ = run([surge("n", scope=north, observed=70.0), surge("m", scope=north), over, surge()])
    (held,) = [incident for incident in state.incidents.values() if incident.open]
    assert held.height(held.signals["n"]).observed == 70.0


@pytest.mark.parametrize(
    ("score", "said"),
    [(1.77e12, "far above"), (9e5, "well above"), (3e5, ", above"), (1e5, "below")],
)
def test_a_score_is_said_in_words_and_told_to_programs_to_the_digit(
    score: float, said: str
) -> None:
    message = last(surge(score=score))
    assert f"{said} the alarm level" in body(message)
    assert "e+" not in body(message)
    assert (message.figures.score, message.figures.threshold) == (score, 3e5)


def test_blue_says_that_nothing_reached_a_limit() -> None:
    small = last(surge(observed=9.0, multiple=1.8))
    assert "Why blue: neither speed nor number, spread or harm reaches a limit." in small.lines


def test_a_message_links_to_the_page_of_its_incident_where_the_pages_have_an_address() -> None:
    message = last(surge(), pages="https://tocsin.example.org/")
    assert message.link == f"https://tocsin.example.org/incidents/{message.incident.id}"
    assert message.lines[-1].endswith(f"they share. {message.link}")
    assert last(surge()).link == ""


def test_each_situation_has_a_first_step_of_its_own() -> None:
    over = surge(state=SignalState.CLEARED, hours=2)
    told = [last(*items) for items in ([trigger()], [silence()], [surge()], [surge(), over])]
    steps = {line for message in told for line in message.lines if line.startswith("Next: ")}
    assert len(steps) == len(told)


def test_markup_and_fields_in_a_scope_are_shown_as_they_are() -> None:
    text = body(last(surge(scope=scoped(product="[red]{id}%s<b>"))))
    assert "[red]{id}%s<b>" in text


def test_a_report_of_harm_says_when_it_was_called_and_later_when_it_was_confirmed() -> None:
    called = last(trigger(state=SignalState.PROVISIONAL))
    assert called.lines[1] == "Happened 2026-03-02 11:00 UTC, alarmed 2026-03-02 12:00 UTC."
    assert "confirmed 2026-03-02 12:00 UTC" in last(trigger()).lines[1]


def test_a_silent_topic_stands_for_its_channels_where_an_alert_says_what_is_not_seen() -> None:
    channels = [silence(name, channel=name) for name in ("app", "phone", "web")]
    text = body(last(silence("t"), *channels, surge()))
    (line,) = [line for line in text.splitlines() if "cannot see" in line]
    assert line.count("since") == 1
    assert "phone" not in line


def test_a_figure_of_another_series_is_named_where_the_colour_is_explained() -> None:
    part = surge("b", scope=BATCH, observed=14.0, expected=0.3, multiple=41.0)
    wider = surge("a", scope=KETTLE, observed=47.0, expected=10.0, multiple=4.7)
    for language, whose in (("en", "37 more than expected ("), ("zh", "（")):
        lines = last(part, wider, language=language).lines
        (why,) = [line for line in lines if line.startswith(("Why", "为何", "定为"))]
        assert whose in why
    alone = body(last(surge(observed=90.0, multiple=18.0)))
    assert "more than expected (" not in alone
