import pytest

from detectors.text.canonical import canonical
from detectors.text.language import Language, languages
from tests.text import reviews


def of(text: str) -> Language:
    return languages([canonical(text)])[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("快递三天没有更新", Language.CHINESE),
        ("iPhone屏幕碎了", Language.CHINESE),
        ("@UnitedAirlines 航班又延误了", Language.CHINESE),
        ("鲜の每日配送太慢", Language.CHINESE),
        ("𠮷野家的饭", Language.CHINESE),
        ("The parcel never arrived", Language.LATIN),
        ("Ｔｈｅ parcel never arrived", Language.LATIN),
        ("サービスがひどいです。返金してください", Language.UNSUPPORTED),
        ("서비스가 너무 나빠요", Language.UNSUPPORTED),
        ("Очень плохой сервис", Language.UNSUPPORTED),
        ("خدمة سيئة جدا", Language.UNSUPPORTED),
        ("ไม่พอใจบริการ", Language.UNSUPPORTED),
        ("thanks", Language.UNSURE),
        ("好", Language.UNSURE),
        ("12345 !! 🙂", Language.UNSURE),
        ("", Language.UNSURE),
    ],
)
def test_the_script_names_the_language(text: str, expected: Language) -> None:
    assert of(text) is expected


def test_no_texts_have_no_languages() -> None:
    assert languages([]) == []


def test_neighbours_in_a_batch_do_not_mix() -> None:
    texts = [
        canonical(text) for text in ("", "快递太慢", "", "Очень плохой сервис", "late again today")
    ]
    assert languages(texts) == [languages([text])[0] for text in texts]


def test_real_reviews_and_tweets_are_told_apart() -> None:
    chinese = languages([canonical(row["review"]) for row in reviews.hotel() + reviews.food()])
    english = languages([canonical(row["text"]) for row in reviews.tweets()])
    assert chinese.count(Language.CHINESE) >= 0.999 * len(chinese)
    assert english.count(Language.LATIN) >= 0.997 * len(english)
