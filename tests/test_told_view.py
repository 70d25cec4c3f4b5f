"""Who is told, and how that is changed, as `tocsin check` and `tocsin run` say it."""

import pytest

from alerts.words import Words
from streams.settings import Settings
from tocsin.told_view import changing, told

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
