from typing import get_type_hints

import pytest

from detectors.text import category
from detectors.text.canonical import canonical
from detectors.text.category import Category, Cue


def of(text: str) -> Category:
    return category.read(canonical(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("屏幕用了三天就黑屏，做工太差", Category.PRODUCT_QUALITY),
        ("The blender is defective and stopped working", Category.PRODUCT_QUALITY),
        ("合同约定上周交付，到现在没发货", Category.DELIVERY_CONTRACT),
        ("The parcel never arrived, the courier lost it", Category.DELIVERY_CONTRACT),
        ("软件升级后一直闪退，登录不上", Category.TECHNICAL_SUPPORT),
        ("Your API returns an error code and the server is down", Category.TECHNICAL_SUPPORT),
        ("打了十次打不通，没人接", Category.COMMUNICATION),
        ("I was on hold for an hour and then you hung up", Category.COMMUNICATION),
        ("重复扣款，发票也开错了", Category.BILLING),
        ("I was charged twice on my credit card", Category.BILLING),
        ("怀疑你们把我的个人信息泄露了，账号被盗", Category.DATA_SECURITY),
        ("My account was hacked, is this a data breach?", Category.DATA_SECURITY),
        ("不能改签也不给取消，太死板", Category.FLEXIBILITY),
        ("You won't let me change my reservation, so inflexible", Category.FLEXIBILITY),
        ("服务员态度恶劣，还骂人", Category.STAFF),
        ("The gate agent was rude and condescending", Category.STAFF),
        ("虚假宣传，欺骗消费者", Category.ETHICS),
        ("Deceptive ads, you lied to us", Category.ETHICS),
        ("投诉后踢皮球，一直没人处理", Category.COMPLAINT_HANDLING),
        ("My complaint was escalated twice and is still not resolved", Category.COMPLAINT_HANDLING),
        ("没有资质，违反国家标准", Category.COMPLIANCE),
        ("This violates consumer protection law", Category.COMPLIANCE),
        ("太贵了，性价比很低", Category.VALUE_FOR_MONEY),
        ("Overpriced and not worth it", Category.VALUE_FOR_MONEY),
    ],
)
def test_cue_words_name_the_category(text: str, expected: Category) -> None:
    assert of(text) is expected


@pytest.mark.parametrize("text", ["", "今天天气真好", "I went to the park", "12345", "🙂🙂"])
def test_without_a_cue_the_category_is_unknown(text: str) -> None:
    assert of(text) is Category.UNKNOWN


def test_two_categories_of_equal_weight_are_unknown() -> None:
    assert of("物流") is Category.DELIVERY_CONTRACT
    assert of("账单") is Category.BILLING
    assert of("物流和账单") is Category.UNKNOWN


def test_a_word_that_only_helps_decides_nothing_alone() -> None:
    assert of("说说这个产品") is Category.UNKNOWN


def test_a_word_said_often_counts_once() -> None:
    assert of("物流物流物流，账单和发票") is Category.BILLING


def test_each_category_has_cues_in_both_languages() -> None:
    assert get_type_hints(Cue)["category"] is Category
    cues = category._cues().meanings
    for wanted in set(Category) - {Category.UNKNOWN}:
        listed = [cue.term for cue in cues if cue.category is wanted]
        assert any(term.isascii() for term in listed)
        assert any(not term.isascii() for term in listed)
