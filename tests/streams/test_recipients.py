import json
import re
from itertools import product
from pathlib import Path

import pytest

from alerts.channels import Channel
from alerts.colour import Colour
from streams.response.recipients import MAKERS, recipients
from streams.settings import Settings, SettingsError, load

# Apprise loads its e-mail service, which looks whether this module is still there.
pytestmark = [
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),
    pytest.mark.usefixtures("bare"),
]

ROOT = Path(__file__).parents[2]
KEY = "k3y-of-the-robot"
ON = {
    "TERMINAL__ENABLED": "true",
    "WEBHOOK__URL": "https://hooks.example.org/",
    "WEBHOOK__SECRET": KEY,
    "WECOM__URL": f"https://qyapi.example.org/send?key={KEY}",
    "DINGTALK__URL": f"https://oapi.example.org/send?access_token={KEY}",
    "DINGTALK__SECRET": KEY,
    "FEISHU__URL": f"https://open.example.org/hook/{KEY}",
    "FEISHU__SECRET": KEY,
    "ALERTMANAGER__URL": "http://alertmanager.example.org:9093",
    "APPRISE__URL": f"json://example.org/{KEY}",
}


def switch_on(monkeypatch: pytest.MonkeyPatch, options: dict[str, str]) -> Settings:
    for option, value in options.items():
        monkeypatch.setenv(f"TOCSIN_CHANNELS__{option}", value)
    return load()


def test_nobody_is_told_unless_a_channel_is_on() -> None:
    assert recipients(Settings()) == ({}, [])


def test_each_channel_that_is_on_is_one_recipient(monkeypatch: pytest.MonkeyPatch) -> None:
    channels, told = recipients(switch_on(monkeypatch, ON))
    assert list(channels) == list(MAKERS)
    assert [(one.name, one.channel) for one in told] == [(name, name) for name in MAKERS]


@pytest.mark.parametrize("name", MAKERS)
def test_a_channel_is_quieted_without_touching_its_address(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    off = {f"{name.upper()}__ENABLED": "false"}
    channels, told = recipients(switch_on(monkeypatch, ON | off))
    assert list(channels) == [one.channel for one in told] == [c for c in MAKERS if c != name]


@pytest.mark.parametrize("name", MAKERS)
def test_a_channel_may_get_the_urgent_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _, told = recipients(switch_on(monkeypatch, ON | {f"{name.upper()}__LEAST": "red"}))
    assert {one.channel: one.least for one in told if one.least is not Colour.BLUE} == {
        name: Colour.RED
    }


def test_neither_settings_nor_channels_show_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = switch_on(monkeypatch, ON)
    shown: dict[str, Channel] = recipients(settings)[0]
    assert KEY not in f"{settings!r} {settings.model_dump_json()} {shown!r}"


@pytest.mark.parametrize("name", ["wecom", "dingtalk", "feishu", "apprise"])
def test_an_address_that_is_a_secret_comes_from_a_file_too(name: str) -> None:
    Path("url").write_text(f"https://example.org/{KEY}\n", encoding="utf-8")
    Path("tocsin.toml").write_text(f'channels.{name}.url_file = "url"', encoding="utf-8")
    url = getattr(load().channels, name).url
    assert url.get_secret_value() == f"https://example.org/{KEY}"


@pytest.mark.parametrize("name", ["wecom", "dingtalk", "feishu", "apprise"])
def test_an_address_that_is_a_secret_is_refused_in_the_settings_file(name: str) -> None:
    Path("tocsin.toml").write_text(
        f'channels.{name}.url = "https://example.org/{KEY}"', encoding="utf-8"
    )
    with pytest.raises(SettingsError, match=f"channels.{name}.url: must come from") as refusal:
        load()
    assert KEY not in str(refusal.value)


def test_a_secret_address_that_is_none_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SettingsError) as refusal:
        switch_on(monkeypatch, {"WECOM__URL": KEY})
    assert str(refusal.value) == "channels.wecom.url: must be an http or https address"


def test_every_channel_links_to_the_pages_and_alertmanager_may_have_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOCSIN_RESPONSE__PAGES", "https://pages.example.org")
    _, told = recipients(switch_on(monkeypatch, ON))
    assert {one.pages for one in told} == {"https://pages.example.org"}
    own = {"ALERTMANAGER__PAGES": "https://ops.example.org"}
    _, told = recipients(switch_on(monkeypatch, ON | own))
    assert {one.pages for one in told if one.name == "alertmanager"} == {"https://ops.example.org"}


@pytest.mark.parametrize(("own", "rarity"), [(None, 1.0), ("0.25", 4.0), ("20", 0.05)])
def test_a_budget_asks_for_scores_so_many_times_as_high(
    own: str | None, rarity: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = {"TERMINAL__ENABLED": "true"}
    budget = {"TERMINAL__FALSE_ALARMS_PER_WEEK": own} if own else {}
    _, (one,) = recipients(switch_on(monkeypatch, on | budget))
    assert one.rarity == rarity


WRITTEN = f'url = "https://a/{KEY}"'
ELSEWHERE = "the environment (TOCSIN_RECIPIENTS) or from recipients[0].url_file, not from"
GROUPS = """
[response]
language = "zh"
[[recipients]]
name = "ops"
channel = "wecom"
url_file = "ops-url"
least = "orange"
false_alarms_per_week = 0.25
[[recipients]]
name = "kettle-team"
channel = "feishu"
url_file = "team-url"
secret_file = "team-secret"
language = "en"
[[recipients]]
name = "idle"
channel = "webhook"
"""


def grouped(text: str = GROUPS) -> Settings:
    for name in ("ops-url", "team-url"):
        Path(name).write_text(f"https://qyapi.example.org/send?key={name}", encoding="utf-8")
    Path("team-secret").write_text(KEY, encoding="utf-8")
    Path("tocsin.toml").write_text(text, encoding="utf-8")
    return load()


def test_two_groups_of_one_kind_are_two_recipients_each_with_a_budget_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOCSIN_CHANNELS__WECOM__URL", ON["WECOM__URL"])
    channels, told = recipients(grouped())
    assert [(one.name, one.channel, one.least, one.rarity, one.language) for one in told] == [
        ("wecom", "wecom", Colour.BLUE, 1.0, "zh"),
        ("ops", "wecom", Colour.ORANGE, 4.0, "zh"),
        ("kettle-team", "feishu", Colour.BLUE, 1.0, "en"),
    ]
    assert list(channels) == ["wecom", "ops", "kettle-team"]
    assert type(channels["ops"]) is type(channels["wecom"])
    assert channels["ops"] is not channels["wecom"]
    assert KEY not in f"{grouped()!r} {channels!r}"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('"ops"', '"wecom"'), "recipients[0].name: must be of no channel and no other recipient"),
        (('"kettle-team"', '"ops"'), "recipients[1].name: must be of no channel and no other"),
        (('"ops"', '"Ops team"'), "recipients[0].name: must be 1 to 40 small letters, digits"),
        (('"feishu"', '"wecom"'), "recipients[1]: secret must not be set for wecom, which signs"),
        (('"feishu"', '"pager"'), "recipients[1].channel: must be 'webhook', 'wecom', 'dingtalk'"),
        (("url_file = \"ops-url\"", WRITTEN), f"recipients[0].url: must come from {ELSEWHERE}"),
        (('"ops-url"', '"team-secret"'), "recipients[0]: url must be an http or https address"),
    ],
)  # fmt: skip
def test_a_group_that_is_none_is_refused_by_option_and_rule(
    change: tuple[str, str], problem: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        grouped(GROUPS.replace(*change, 1))
    assert problem in str(refusal.value)
    assert KEY not in str(refusal.value)


@pytest.mark.parametrize("secret", [f"https://a.org/{KEY}", f"a.org/{KEY}?key=1", KEY])
@pytest.mark.parametrize(
    "option", ["channel", "least", "language", "timeout", "enabled", "false_alarms_per_week", ""]
)
def test_a_key_under_another_option_of_a_group_is_not_repeated(
    option: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = {"name": "ops", "channel": "wecom"} | {option or secret: secret}
    monkeypatch.setenv("TOCSIN_RECIPIENTS", json.dumps([group]))
    with pytest.raises(SettingsError, match=r"^recipients\[0\]\.") as refusal:
        load()
    assert KEY not in str(refusal.value)


ADDRESS = f"https://a.org/?key={KEY}"


@pytest.mark.parametrize(
    ("header", "secret"),
    [*product(["[channels]", "[channels.wecom]", "[[recipients]]"], [ADDRESS, KEY]), ("", ADDRESS)],
)
def test_a_key_in_the_place_of_an_option_is_not_repeated(header: str, secret: str) -> None:
    Path("tocsin.toml").write_text(f'{header}\n"{secret}" = "wecom"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        load()
    assert KEY not in str(refusal.value)


def test_the_group_of_the_example_is_one() -> None:
    example = (ROOT / "examples" / "tocsin.toml").read_text(encoding="utf-8")
    block = example[example.index("# [[recipients]]") :]
    for name in ("kettle-team-url", "kettle-team-secret"):
        Path(name).write_text("https://example.org/a", encoding="utf-8")
    Path("tocsin.toml").write_text(re.sub(r"^# ", "", block, flags=re.MULTILINE), encoding="utf-8")
    assert [one.name for one in recipients(load())[1]] == ["kettle-team"]


def test_groups_come_from_the_environment_as_one_list(monkeypatch: pytest.MonkeyPatch) -> None:
    group = {"name": "ops", "channel": "apprise", "url": f"json://example.org/{KEY}"}
    monkeypatch.setenv("TOCSIN_RECIPIENTS", json.dumps([group]))
    _, (one,) = recipients(load())
    assert (one.name, one.channel) == ("ops", "apprise")
