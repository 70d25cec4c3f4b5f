import pytest

from detectors.text import harm
from detectors.text.canonical import canonical
from detectors.text.harm import Harm, Harms
from tests.text import reviews


def harms(text: str) -> Harms:
    return harm.read(canonical(text))


ALERTS = [
    # injury
    ("你们的充电器漏电，孩子的手被烫伤了，要求赔偿", Harm.INJURY),
    ("婴儿车突然折叠，宝宝手指被夹伤", Harm.INJURY),
    ("地板太滑，老人摔倒骨折，现在还躺着", Harm.INJURY),
    ("杯子一倒热水就裂，碎片划破了我的手", Harm.INJURY),
    ("电梯急停，多人受伤", Harm.INJURY),
    ("用了你们的面膜，脸过敏了，去医院打点滴", Harm.INJURY),
    ("My daughter burned her hand on your kettle.", Harm.INJURY),
    ("Got an electric shock from the washing machine", Harm.INJURY),
    ("The chair collapsed and I broke my wrist.", Harm.INJURY),
    ("Two passengers were injured when the bin fell open", Harm.INJURY),
    ("My toddler choked on a small part of this toy", Harm.INJURY),
    # death
    ("热水器漏电，老人触电身亡", Harm.DEATH),
    ("刹车失灵撞车，司机当场死亡", Harm.DEATH),
    ("Their airbag led to the death of a driver", Harm.DEATH),
    # fire
    ("手机充电时突然爆炸，床单都烧了", Harm.FIRE),
    ("停在车库里的新车半夜自燃", Harm.FIRE),
    ("插座冒烟，还好发现得早", Harm.FIRE),
    ("用了你们的取暖器，家里失火了", Harm.FIRE),
    ("help, my phone is on fire, literally", Harm.FIRE),
    ("The charger caught fire while we were asleep", Harm.FIRE),
    ("Battery exploded in my bag", Harm.FIRE),
    ("smoke coming from the outlet again", Harm.FIRE),
    # poisoning
    ("味道很好,只不过吃完拉肚子了", Harm.POISONING),
    ("公司聚餐后十几个人食物中毒", Harm.POISONING),
    ("吃了你们的蛋糕后一直呕吐，在医院洗胃", Harm.POISONING),
    ("Whole family got food poisoning from this salad", Harm.POISONING),
    ("I ate the chicken and have been vomiting all night", Harm.POISONING),
    # leak
    ("你们平台5000条客户信息泄露，有人管吗", Harm.LEAK),
    ("客户资料泄露，名单在群里流传", Harm.LEAK),
    ("２万名用户的身份证信息被泄露", Harm.LEAK),
    ("50,000 customer records leaked from your servers", Harm.LEAK),
    ("Our data was exposed, the database is for sale online", Harm.LEAK),
    # regulator
    ("已向12315投诉，编号稍后提供", Harm.REGULATOR),
    ("市场监管局已立案调查", Harm.REGULATOR),
    ("消协介入了，你们还不回应？", Harm.REGULATOR),
    ("The FDA opened an investigation into this supplement", Harm.REGULATOR),
    ("I filed a complaint with the FAA today", Harm.REGULATOR),
]


@pytest.mark.parametrize(("text", "kind"), ALERTS)
def test_someone_hurt_or_a_named_authority_alerts_by_itself(text: str, kind: Harm) -> None:
    assert kind in harms(text).strict


FIGURES = [
    "等了两个小时，饿死了",
    "难吃死了，再也不点了",
    "服务烂到爆炸",
    "冬天大家围着火炉吃饭很温馨",
    "酒店紧挨着火车站，出行方便",
    "大家一起火锅聚餐",
    "前台电脑中毒，半天办不了入住",
    "等得嗓子冒烟",
    "这话让我很受伤",
    "快饿出人命了，还不送来",
    "这个价格真是大出血",
    "对面就是工商银行，投诉也没用",
    "社会性死亡现场",
    "跟家里失火似的催我们",
    "这性能简直爆炸，手机很流畅",
    "充电口在手机底部，拍照效果炸裂",
    "手机壳把屏幕划伤了",
    "12个小时没人管，信息还被你们泄露",
    "adding insult to injury, they lost my bag too",
    "my son loves this hotel",
    "you should fire him now",
    "dead battery on arrival",
    "this wait is killing me",
    "this deal is killer, you guys are on fire",
    "the roof is leaking in room 305",
    "burned through my data plan in a day",
    "the agent cut me off",
    "the bread was burnt and the hand wash empty",
    "I cut my trip short",
    "what an explosion of flavor, and a sound that explodes out of the speaker",
    "bonfire night at the campfire, computer court shoes",
]


@pytest.mark.parametrize("text", FIGURES)
def test_a_figure_of_speech_does_not_alert(text: str) -> None:
    assert not harms(text).strict


DENIALS = [
    "幸好没有受伤",
    "没有人受伤，谢谢关心",
    "产品并未起火",
    "吃了不会拉肚子",
    "未造成人员受伤",
    "no one was injured",
    "Nobody got injured, thankfully",
    "the unit did not catch fire",
    "she wasn't injured",
    "without food poisoning this time",
]


@pytest.mark.parametrize("text", DENIALS)
def test_a_denial_directly_before_the_term_silences_it(text: str) -> None:
    assert harms(text) == harm.NO_HARM


@pytest.mark.parametrize(
    "text",
    [
        "只不过吃完拉肚子",
        "不是我夸张，这车真的自燃了",
        "不得不说吃完拉肚子",
        "我没有开玩笑，孩子烫伤了",
        "not only late, the charger caught fire",
        "no apology although I was injured",
    ],
)
def test_a_denial_further_away_does_not_silence_a_case(text: str) -> None:
    assert harms(text).strict


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("差点着火，吓死我了", Harm.FIRE),
        ("担心孩子吃了会不会食物中毒", Harm.POISONING),
        ("怕吃完拉肚子，都扔了", Harm.POISONING),
        ("万一夜里着火怎么办", Harm.FIRE),
        ("the cable almost caught fire", Harm.FIRE),
        ("someone could get electrocuted", Harm.INJURY),
        ("线路老化，有触电危险", Harm.INJURY),
        ("this cable is an electric shock hazard", Harm.INJURY),
    ],
)
def test_what_is_feared_or_narrowly_missed_is_a_mention(text: str, kind: Harm) -> None:
    assert harms(text) == Harms(frozenset(), frozenset({kind}))


@pytest.mark.parametrize(
    "text",
    [
        "再不退款我就打12315投诉",
        "if you don't refund I will file a complaint with the FAA",
        "What will the FAA say?",
    ],
)
def test_a_threat_with_an_authority_is_a_mention(text: str) -> None:
    assert harms(text) == Harms(frozenset(), frozenset({Harm.REGULATOR}))


@pytest.mark.parametrize(
    "text",
    ["你们把我的信息泄露了，一个电话接一个电话", "my personal information was leaked"],
)
def test_a_leak_without_amount_or_list_is_a_mention(text: str) -> None:
    assert harms(text) == Harms(frozenset(), frozenset({Harm.LEAK}))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我要起诉你们，律师函已发", Harm.COURT),
        ("See you in court", Harm.COURT),
        ("已联系记者，准备曝光", Harm.MEDIA),
        ("this is going viral", Harm.MEDIA),
    ],
)
def test_court_and_press_are_mentions(text: str, kind: Harm) -> None:
    assert harms(text) == Harms(frozenset(), frozenset({kind}))


def test_a_child_alone_is_no_harm_and_strengthens_another_term() -> None:
    assert harms("孩子很喜欢这个玩具") == harm.NO_HARM
    assert harms("在店里滑倒了").strict == frozenset()
    assert harms("孩子在店里滑倒了").strict == {Harm.INJURY}


def test_a_support_in_another_sentence_does_not_count() -> None:
    assert harms("电视很大。烟花爆炸声很响").strict == frozenset()
    assert harms("电视爆炸声很响").strict == {Harm.FIRE}


def test_english_terms_are_whole_words() -> None:
    assert harms("a scourtmate, discourt, resued, unsued") == harm.NO_HARM
    assert harms("courtyard view, press 1").weak == frozenset()


def test_a_hotline_inside_a_longer_number_is_not_the_hotline() -> None:
    assert harms("订单号99123150投诉") == harm.NO_HARM


def test_one_text_may_hold_several_kinds() -> None:
    found = harms("充电宝爆炸，孩子手被烧伤，已向消协投诉。记者也来了")
    assert found.strict == {Harm.FIRE, Harm.INJURY, Harm.REGULATOR}
    assert found.weak == {Harm.MEDIA}


def test_a_batch_reads_as_its_texts_one_by_one() -> None:
    texts = [canonical(text) for text, _ in ALERTS] + [canonical(text) for text in FIGURES]
    found = harm.among(texts)
    assert [found.get(n, harm.NO_HARM) for n in range(len(texts))] == list(map(harm.read, texts))


def test_a_flood_of_terms_is_judged_to_its_limit_only() -> None:
    flood = canonical("受伤。" * harm.MOST + "孩子烫伤了")
    assert harm.read(flood) == Harms(frozenset(), frozenset({Harm.INJURY}))


def strict_texts(texts: list[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if harms(text).strict]


def test_strict_hits_in_real_reviews_stay_the_ones_that_were_read() -> None:
    """All 87 were read (62 food, 18 hotel, 7 tweets): all real, six not the firm's doing."""
    hotel = strict_texts([row["review"] for row in reviews.hotel()])
    food = strict_texts([row["review"] for row in reviews.food()])
    tweets = strict_texts([row["text"] for row in reviews.tweets()])
    assert 14 <= len(hotel) <= 20
    assert 55 <= len(food) <= 66
    assert 5 <= len(tweets) <= 9
    assert not [text for text in food if "死了" in text and "拉" not in text]
