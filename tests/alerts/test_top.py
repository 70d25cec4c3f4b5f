from alerts import top
from alerts.signal import Signal, SignalState
from alerts.top import Standout
from tests.alerts.samples import run, scoped, surge, trigger


def found(*signals: Signal) -> list[Standout]:
    state, _ = run(signals)
    return top.scopes(state.incidents.values())


def test_the_greatest_excess_comes_first() -> None:
    assert found(
        surge("a", scope=scoped(product="kettle"), observed=30.0, expected=10.0, multiple=3.0),
        surge("b", scope=scoped(product="lamp"), observed=100.0, expected=20.0, multiple=5.0),
    ) == [
        Standout("product=lamp, stream=complaints", 80.0, 5.0),
        Standout("product=kettle, stream=complaints", 20.0, 3.0),
    ]


def test_a_scope_with_two_signals_stands_once_with_the_greater() -> None:
    (one,) = found(
        surge("a", observed=90.0, expected=10.0), surge("b", observed=30.0, expected=10.0, hours=1)
    )
    assert one.excess == 80.0


def test_what_is_over_and_what_is_no_surge_does_not_stand_out() -> None:
    assert found(trigger("t")) == []
    assert found(surge("s"), surge("s", state=SignalState.CLEARED)) == []
    assert found(surge("s"), surge("s", state=SignalState.WITHDRAWN)) == []
