"""A scope is read as people write it, and as messages and pages show it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.catalogue import LANGUAGES
from alerts.names import NAMES
from alerts.words import Words
from streams.configuration.sections import CHANNELS
from streams.files.regions import provinces
from streams.hindsight.scopes import ScopeError, scope_of


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("category=billing", {"stream": "complaints", "category": "billing"}),
        ("platform=weibo", {"stream": "mentions", "platform": "weibo"}),
        ("mentions,product=a, b", {"stream": "mentions", "product": "a, b"}),
        ("stream=complaints, product=x=y", {"stream": "complaints", "product": "x=y"}),
        (
            "product=K3电水壶 region=广东",
            {"stream": "complaints", "product": "K3电水壶", "region": "广东"},
        ),
        (
            "产品 K3电水壶、地区 广东",
            {"stream": "complaints", "product": "K3电水壶", "region": "广东"},
        ),
        ("投诉，类别：账单", {"stream": "complaints", "category": "billing"}),
        (
            "Region Guangdong, product Power bank P20",
            {"stream": "complaints", "region": "Guangdong", "product": "Power bank P20"},
        ),
        ("提及、平台=weibo", {"stream": "mentions", "platform": "weibo"}),
        ("地区不明、产品=水壶", {"stream": "complaints", "region": "unknown", "product": "水壶"}),
        ("billing", {"stream": "complaints", "category": "billing"}),
        ("K3电水壶、广东", {"stream": "complaints", "product": "K3电水壶", "region": "广东"}),
        (
            "Kettle K3, batch B2409-03",
            {"stream": "complaints", "product": "Kettle K3", "batch": "B2409-03"},
        ),
    ],
)
def test_a_scope_is_read_as_people_write_it(text: str, scope: dict[str, str]) -> None:
    assert scope_of(text) == scope


FREE = ["K3电水壶", "Power bank P20", "B2409-03", "unknown"]
KNOWN = {field: NAMES.get(field, {}) for field in NAMES["field"]} | {"region": {}}
SHOWN = {field: st.sampled_from([*known, *FREE]) for field, known in KNOWN.items()}
"""Values of each field; the names of regions have a test of their own."""


@given(
    language=st.sampled_from(LANGUAGES),
    stream=st.sampled_from(sorted(CHANNELS)),
    fields=st.fixed_dictionaries({}, optional=SHOWN),
)
def test_whatever_a_scope_can_show_is_read_again(
    language: str, stream: str, fields: dict[str, str]
) -> None:
    scope = {"product": "x", **fields, "stream": stream}
    assert scope_of(Words(language).fields(scope)) == scope


def test_the_stream_may_be_left_out_of_a_report_of_harm() -> None:
    scope = {"stream": "mentions", "platform": "weibo", "harm": "injury"}
    assert scope_of("platform=weibo, harm=injury") == scope


@given(
    language=st.sampled_from(LANGUAGES),
    product=st.sampled_from(["K3电水壶", "Power bank P20"]),
    rest=st.dictionaries(st.sampled_from(["batch", "category"]), st.just("billing")),
)
def test_a_scope_is_read_as_a_list_of_incidents_shows_it(
    language: str, product: str, rest: dict[str, str]
) -> None:
    shown = Words(language).named({"product": product, **rest})
    assert scope_of(shown) == {"stream": "complaints", "product": product, **rest}


@pytest.mark.parametrize("field", ["category", "region", "sentiment"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_known_values_are_read_as_they_are_shown(language: str, field: str) -> None:
    for value in NAMES[field]:
        scope = {"stream": "complaints", field: value, "product": "x"}
        read = scope_of(Words(language).fields(scope))
        assert provinces("zh").scope(read) == provinces("zh").scope(scope)


@pytest.mark.parametrize(
    "text", ["", "complaints", "投诉", "updates, category=x", "kettle, heater", "广东、浙江"]
)
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(ScopeError, match="a scope must"):
        scope_of(text)
