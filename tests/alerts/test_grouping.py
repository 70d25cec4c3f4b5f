from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.colour import Colour, ColourReason
from alerts.grouping import FULL, MANY
from alerts.incident import IncidentState, Reason
from alerts.lifecycle import Incidents
from alerts.notices import harm
from alerts.signal import Kind, Signal, SignalState
from tests.alerts.samples import only, rule, run, scoped, silence, surge, told, trigger


def after(*signals: Signal) -> Incidents:
    return run(signals)[0]


def test_complaints_and_posts_about_one_product_are_one_incident() -> None:
    posts = surge("b", scope={"stream": "mentions", "product": "kettle"})
    state = after(surge("a", scope=scoped(product="kettle")), posts)
    assert set(only(state).signals) == {"a", "b"}


def test_a_region_and_a_category_without_a_shared_field_stay_apart() -> None:
    state = after(surge("a", scope=scoped(region="N")), surge("b", scope=scoped(category="x")))
    assert len(state.incidents) == 2


def test_an_equal_region_alone_does_not_make_one_matter_of_two_parts() -> None:
    one = surge("a", scope=scoped(region="N", product="kettle"))
    other = surge("b", scope=scoped(region="N", category="billing"))
    assert len(after(one, other).incidents) == 2


def test_two_values_of_one_field_never_meet() -> None:
    one = surge("a", scope=scoped(category="x", region="N"))
    other = surge("b", scope=scoped(category="x", region="S"))
    assert len(after(one, other).incidents) == 2


def risen(name: str, *regions: str, hours: float = 0.0) -> Signal:
    return surge(
        name, kind=Kind.SPATIAL, scope=scoped(region=regions[0]), regions=regions, hours=hours
    )


def test_what_each_neighbour_does_by_itself_joins_what_they_do_together() -> None:
    south = surge("s", scope=scoped(region="S"), hours=1)
    child = surge("c", scope=scoped(region="W", category="billing"), hours=2)
    incident = only(after(risen("r", "N", "S", "W"), south, child))
    assert list(incident.signals) == ["r", "s", "c"]
    assert incident.scope == scoped(region="N")


def test_neighbours_that_rise_together_take_over_what_was_opened_of_them() -> None:
    alone = [
        surge(name, scope=scoped(region=name), hours=n) for n, name in enumerate(("S", "W", "E"))
    ]
    first, second, other = after(*alone, risen("r", "N", "S", "W", hours=3)).incidents.values()
    assert set(first.signals) == {"S", "W", "r"}
    assert (second.state, second.into) == (IncidentState.MERGED, first.id)
    assert set(other.signals) == {"E"}


def test_regions_that_were_never_told_together_stay_apart() -> None:
    rise, other = risen("r", "N", "S"), surge("e", scope=scoped(region="E"), hours=1)
    assert len(after(rise, other).incidents) == 2
    hurt = trigger(scope=scoped(region="S", product="kettle"), hours=1)
    assert len(after(rise, hurt).incidents) == 2


def test_a_child_joins_its_parent_and_leaves_the_matter_as_it_is() -> None:
    child = surge("b", scope=scoped(category="billing", region="N"))
    incident = only(after(surge("a"), child))
    assert incident.scope == scoped(category="billing")
    assert list(incident.signals) == ["a", "b"]


def test_a_parent_widens_one_child_and_takes_over_the_others() -> None:
    north = surge("n", scope=scoped(category="billing", region="N"))
    south = surge("s", scope=scoped(category="billing", region="S"), hours=1)
    state, decisions = run([north, south, surge("p", hours=2)])
    first, second = state.incidents.values()
    assert first.scope == scoped(category="billing")
    assert set(first.signals) == {"n", "s", "p"}
    assert (second.state, second.into, second.reason) == (
        IncidentState.MERGED,
        first.id,
        Reason.MERGED,
    )
    assert [line.state for line in decisions[-1].incidents] == ["open", "merged"]
    assert told(decisions) == ["new", "new", "updated"]


def test_a_signal_that_moved_is_revised_where_it_went() -> None:
    north = surge("n", scope=scoped(category="billing", region="N"))
    south = surge("s", scope=scoped(category="billing", region="S"))
    cleared = surge("s", scope=south.scope, state=SignalState.CLEARED, hours=3)
    first, second = after(north, south, surge("p"), cleared).incidents.values()
    assert first.signals["s"].state is SignalState.CLEARED
    assert not second.signals


def test_a_rule_meets_what_is_about_its_matter_and_is_no_excess_of_the_stream() -> None:
    assert len(after(surge("a"), rule("r")).incidents) == 1
    assert len(after(rule("r"), surge("t", scope=scoped())).incidents) == 2


def test_half_related_scopes_do_not_chain() -> None:
    one = surge("a", scope=scoped(product="kettle", region="N"))
    two = surge("b", scope=scoped(product="kettle", category="leaking"))
    three = surge("c", scope=scoped(category="leaking", batch="7"))
    assert len(after(one, two, three).incidents) == 2


def test_after_two_days_without_news_the_same_matter_is_another_incident() -> None:
    scope = scoped(category="billing", region="N")
    assert len(after(surge("a"), surge("b", scope=scope, hours=48)).incidents) == 1
    assert len(after(surge("a"), surge("b", scope=scope, hours=48.1)).incidents) == 2


def test_a_closed_incident_takes_no_new_alarms() -> None:
    state = after(surge("a"), surge("a", state=SignalState.CLEARED), surge("b", hours=1))
    assert [i.state for i in state.incidents.values()] == ["cleared", "open"]


def test_an_injury_does_not_disappear_in_a_regional_surge() -> None:
    hurt = trigger(scope=scoped(region="N", product="kettle"))
    assert len(after(surge("a", scope=scoped(region="N")), hurt).incidents) == 2


def test_an_injury_joins_the_surge_of_its_product() -> None:
    hurt = trigger(scope=scoped(region="N", product="kettle"))
    assert only(after(surge("a", scope=scoped(product="kettle")), hurt)).colour == "red"


def test_the_same_injury_reported_without_a_product_is_one_incident() -> None:
    assert len(only(after(trigger("a", scope=scoped()), trigger("b", scope=scoped()))).signals) == 2


def test_injuries_without_a_product_take_nothing_over() -> None:
    state = after(surge("a"), trigger("b", scope=scoped()), trigger("c", scope=scoped()))
    assert [len(i.signals) for i in state.incidents.values()] == [1, 2]


def test_an_incident_with_an_injury_is_not_taken_over_by_a_parent_region() -> None:
    hurt = trigger(scope=scoped(region="N", product="kettle"))
    child = surge("a", scope=scoped(region="N", category="delivery"))
    state = after(child, hurt, surge("b", scope=scoped(region="N")))
    assert [(i.scope, i.open) for i in state.incidents.values()] == [
        (scoped(region="N"), True),
        (hurt.scope, True),
    ]


def test_a_total_joins_the_surge_that_lifts_it_and_keeps_its_matter() -> None:
    incident = only(after(surge("a"), surge("total", scope=scoped())))
    assert incident.scope == scoped(category="billing")


def test_a_total_that_came_first_takes_the_matter_of_its_first_child_only() -> None:
    other = surge("b", scope=scoped(category="delivery"))
    state = after(surge("total", scope=scoped()), surge("a"), other)
    assert [i.scope.get("category") for i in state.incidents.values()] == ["billing", "delivery"]
    assert [len(i.signals) for i in state.incidents.values()] == [2, 1]


def test_totals_of_two_streams_stay_apart() -> None:
    posts = surge("b", scope={"stream": "mentions"})
    assert len(after(surge("a", scope=scoped()), posts).incidents) == 2


def test_a_storm_over_forty_scopes_is_one_incident_and_a_few_messages() -> None:
    townships = [surge(f"t{n}", scope=scoped(region=f"T{n}"), hours=n / 10) for n in range(25)]
    reasons = [surge(f"r{n}", scope=scoped(category=f"R{n}"), hours=n / 7) for n in range(15)]
    storm = sorted([*townships, *reasons], key=lambda s: s.at)
    state, decisions = run(storm)
    live = [i for i in state.incidents.values() if i.open]
    assert len(state.incidents) == MANY + 1
    assert [i.broad for i in live] == [True]
    assert len(live[0].signals) == 40
    assert len(told(decisions)) < 15


def test_an_injury_during_a_storm_has_an_incident_of_its_own() -> None:
    storm = [surge(f"t{n}", scope=scoped(region=f"T{n}"), hours=n / 10) for n in range(25)]
    state = after(*storm, trigger(scope=scoped(region="T3", product="kettle"), hours=2))
    assert [i.colour for i in state.incidents.values() if i.open and not i.broad] == ["red"]


def test_after_a_storm_a_new_matter_has_an_incident_of_its_own() -> None:
    storm = [surge(f"t{n}", scope=scoped(region=f"T{n}"), hours=n / 10) for n in range(25)]
    state = after(*storm, surge("later", hours=12))
    assert [i.broad for i in state.incidents.values() if i.open] == [True, False]


def test_what_began_in_a_storm_and_is_called_hours_after_it_is_of_the_storm() -> None:
    storm = [surge(f"t{n}", scope=scoped(region=f"T{n}"), hours=n / 10) for n in range(25)]
    late = surge("late", hours=14, onset=storm[3].at)
    (live,) = [i for i in after(*storm, late).incidents.values() if i.open]
    assert live.broad
    assert len(live.signals) == 26


def test_what_began_long_before_a_storm_or_after_it_is_not_of_it() -> None:
    storm = [surge(f"t{n}", scope=scoped(region=f"T{n}"), hours=n / 10) for n in range(25)]
    old = surge("old", hours=14, onset=storm[0].at - timedelta(days=2))
    new = surge("new", scope=scoped(category="delivery"), hours=14)
    live = [i for i in after(*storm, old, new).incidents.values() if i.open]
    assert [i.broad for i in live] == [True, False, False]


def test_one_called_late_does_not_make_the_storm_last_longer() -> None:
    storm = [surge(f"t{n}", scope=scoped(region=f"T{n}"), hours=n / 10) for n in range(25)]
    late = surge("late", hours=14, onset=storm[3].at)
    new = surge("new", scope=scoped(category="delivery"), hours=15)
    for two in ((late, new), (new, late)):
        broad, other = (i for i in after(*storm, *two).incidents.values() if i.open)
        assert (broad.broad, len(broad.signals)) == (True, 26)
        assert list(other.signals) == ["new"]


def test_news_of_what_is_in_a_storm_does_not_make_it_last_longer() -> None:
    storm = [surge(f"t{n}", scope=scoped(region=f"T{n}"), hours=n / 10) for n in range(25)]
    new = surge("new", scope=scoped(category="delivery"), hours=15)
    for state in SignalState.CONFIRMED, SignalState.CLEARED:
        again = surge("t7", scope=storm[7].scope, onset=storm[7].onset, hours=14, revision=1,
                      state=state)  # fmt: skip
        live = [i for i in after(*storm, again, new).incidents.values() if i.open]
        assert [i.broad for i in live] == [True, False]


def test_a_storm_lasts_as_long_as_one_begins_soon_after_another() -> None:
    storm = [surge(f"t{n}", scope=scoped(region=f"T{n}"), hours=n) for n in range(25)]
    over = [
        surge(one.id, scope=one.scope, onset=one.onset, hours=25, state=SignalState.CLEARED)
        for one in storm[:12]
    ]
    new = surge("new", scope=scoped(category="delivery"), hours=28)
    (live,) = [i for i in after(*storm, *over, new).incidents.values() if i.open]
    assert len(live.signals) == 26


def test_a_full_incident_leaves_the_next_signal_to_another() -> None:
    state = after(*(trigger(f"{n}") for n in range(FULL + 1)))
    assert [len(i.signals) for i in state.incidents.values()] == [FULL, 1]


def test_what_is_taken_over_brings_its_colour_and_why() -> None:
    north = surge("n", scope=scoped(category="billing", region="N"), learning=True)
    south = surge("s", scope=scoped(category="billing", region="S"), multiple=12.0, observed=50.0)
    falling = surge("s", scope=south.scope, multiple=1.0, observed=5.0, revision=1)
    state = after(north, south, falling, surge("p", multiple=1.0, observed=5.0))
    first = next(iter(state.incidents.values()))
    assert (first.colour, first.because) == (Colour.ORANGE, ColourReason.POINTS)


fields = st.dictionaries(
    st.sampled_from(["product", "category", "region", "batch"]), st.sampled_from("ABC")
)
signals = st.builds(
    lambda scope, hours, triggers, n: (trigger if triggers else surge)(
        f"{n}", scope=scoped(**scope), hours=float(hours)
    ),
    fields,
    st.integers(0, 100),
    st.booleans(),
    st.integers(0, 30),
)


@given(st.lists(signals, max_size=25))
def test_every_signal_is_in_exactly_one_incident(found: list[Signal]) -> None:
    state = after(*found)
    homes = [name for incident in state.incidents.values() for name in incident.signals]
    assert sorted(homes) == sorted({signal.id for signal in found})


@given(st.lists(signals, max_size=25))
def test_a_merged_incident_names_one_that_holds_its_signals(found: list[Signal]) -> None:
    incidents = after(*found).incidents
    for incident in incidents.values():
        if incident.state is IncidentState.MERGED:
            assert not incident.signals
            assert incident.into in incidents


def test_a_silence_shares_no_incident_with_what_is_too_much() -> None:
    loud = surge("s", scope=scoped(source="complaints", channel="phone"))
    total, hurt = surge("t", scope=scoped()), trigger("h", scope=scoped(product="kettle"))
    one = after(silence(channel="phone"), loud, total, hurt)
    other = after(hurt, total, loud, silence(channel="phone"))
    for state in (one, other):
        (quiet,) = [i for i in state.incidents.values() if "q" in i.signals]
        assert list(quiet.signals) == ["q"]
        assert quiet.because is ColourReason.SILENT


def test_a_topic_explains_its_channels_which_stay_apart_from_one_another() -> None:
    phone, web = silence("p", channel="phone"), silence("w", channel="web", hours=1)
    assert len(after(phone, web).incidents) == 2
    state = after(phone, web, silence("t", hours=2), silence("s", channel="shop", hours=90))
    first, second = state.incidents.values()
    assert first.scope == scoped(source="complaints")
    assert set(first.signals) == {"p", "w", "t", "s"}
    assert second.into == first.id


def test_no_number_of_silences_is_a_storm() -> None:
    quiet = [silence(str(n), channel=str(n), hours=n / 10) for n in range(MANY + 3)]
    assert len(after(*quiet).incidents) == MANY + 3


def test_two_harms_of_one_product_are_one_incident_that_names_both() -> None:
    kettle = {"product": "kettle", "batch": "B1", "region": "N"}
    fire = trigger("f", scope=scoped(**kettle, harm="fire"), harm=("fire",))
    hurt = trigger("h", scope=scoped(**kettle, harm="injury"), harm=("injury",))
    incident = only(after(fire, hurt))
    assert harm(incident) == ("fire", "injury")
    assert incident.scope == scoped(**kettle)
    assert incident.colour is Colour.RED
