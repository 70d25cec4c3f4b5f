"""A column's name says what it holds, in English and Chinese, however it is spelt."""

import pytest

from streams.events.forms import FORMS
from streams.proposal.names import likeness

COMPLAINTS, MENTIONS = (FORMS[s].kind.__struct_fields__ for s in ("complaints", "mentions"))


def likeliest(name: str, field: str) -> str:
    """Of the fields of a stream that has the given one."""
    fields = COMPLAINTS if field in COMPLAINTS else MENTIONS
    return max(fields, key=lambda field: likeness(field, name))


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("created_at", "time"), ("CreatedAt", "time"), ("created_at_utc", "time"),
        ("投诉时间", "time"), ("创建时间", "time"), ("timestamp", "time"),
        ("complaint_id", "id"), ("工单号", "id"), ("tweet_id", "id"),
        ("customerID", "person"), ("手机号", "person"), ("User-Id", "person"),
        ("渠道", "channel"), ("contact channel", "channel"),
        ("产品型号", "product"), ("SKU", "product"), ("product_name", "product"),
        ("生产批次", "batch"), ("lot", "batch"), ("Batch No.", "batch"),
        ("省份", "region"), ("twp", "region"), ("Township", "region"), ("所在地区", "region"),
        ("投诉类别", "category"), ("negativereason", "category"), ("issue_type", "category"),
        ("是否VIP", "vip"), ("客户诉求", "demand"), ("airline_sentiment", "sentiment"),
        ("投诉内容", "text"), ("客户原话(脱敏)", "text"), ("用户原话（已脱敏）", "text"),
        ("complaint narrative", "text"), ("问题描述", "text"),
        ("retweet_count", "engagement"), ("粉丝数", "followers"), ("原文链接", "link"),
    ],
)  # fmt: skip
def test_a_usual_name_is_likest_to_its_field(name: str, field: str) -> None:
    assert likeliest(name, field) == field
    assert likeness(field, name) > 0.5


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("time", "updated_at"), ("time", "closed date"), ("time", "生产时间"), ("time", "回访时间"),
        ("id", "customer_id"), ("id", "订单编号"), ("person", "user_timezone"),
        ("category", "product category"), ("category", "产品分类"),
        ("sentiment", "sentiment_confidence"),
        ("repost_of", "in_reply_to_status_id"), ("repost_of", "parent_id"),  # answers
        ("text", "内容编号"), ("severity", "客户等级"), ("time", "sometimes"), ("id", "humidity"),
    ],
)  # fmt: skip
def test_a_word_of_another_matter_makes_it_another_field(field: str, name: str) -> None:
    assert likeness(field, name) == 0


def test_a_more_usual_name_is_likelier_than_one_further_down() -> None:
    assert likeness("time", "created_at") > likeness("time", "date") > likeness("time", "day")


@pytest.mark.parametrize("name", ["", " ", "_", "（）", "🎉"])
def test_a_name_without_a_word_says_nothing(name: str) -> None:
    assert {likeness(field, name) for field in (*COMPLAINTS, *MENTIONS)} == {0}
