"""Who is told, and how that is changed, as `tocsin check` and `tocsin run` say it."""

import pytest

from alerts.words import Words
from streams.settings import Settings
from tocsin.told_view import budget, changing, told

ENGLISH = Words("en")


def test_each_channel_is_named_with_the_lowest_colour_that_it_gets() -> None:
    chosen = Settings.model_validate(
        {"channels": {
            "terminal": {"enabled": True},
            "webhook": {"url": "https://hooks.example.org/", "least": "orange"},
        }}
    )  # fmt: skip
    assert told(ENGLISH, chosen) == "alerts go to terminal from blue up, webhook from orange up"
    assert told(Words("zh"), chosen) == "警报发往：terminal（蓝色及以上）、webhook（橙色及以上）"


def test_what_is_on_is_quieted_by_the_option_that_is_named() -> None:
    chosen = Settings.model_validate({"channels": {"terminal": {"enabled": True}}})
    (how,) = changing(ENGLISH, chosen)
    assert how == (
        "to quiet terminal: channels.terminal.enabled = false, "
        'or channels.terminal.least = "orange" for the urgent alone'
    )


@pytest.mark.parametrize("address", ["https://hooks.example.org/", ""])
def test_only_what_has_an_address_is_called_switched_off(address: str) -> None:
    chosen = Settings.model_validate({"channels": {"webhook": {"enabled": False, "url": address}}})
    assert list(changing(ENGLISH, chosen)) == (["switched off: webhook"] if address else [])


def test_with_no_channel_on_the_simplest_is_named() -> None:
    assert "channels.terminal.enabled = true" in told(ENGLISH, Settings())


def test_the_budget_is_told_with_what_was_calibrated_and_who_has_a_smaller_one() -> None:
    (plain,) = budget(ENGLISH, Settings())
    assert plain.startswith("budget of false alarms: 1 a week over 1,000 places")
    chosen = Settings.model_validate(
        {
            "detection": {"thresholds": {"surge": 0.5, "burst": 10.0}},
            "channels": {"terminal": {"enabled": True, "false_alarms_per_week": 0.25}},
        }
    )
    _, thresholds, strict = budget(ENGLISH, chosen)
    assert thresholds == "thresholds as calibrated: surge ×0.5, burst ×10"
    assert strict == "terminal is told only of what 0.25 false alarms a week would call too"
