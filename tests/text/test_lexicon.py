import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.text.canonical import LONGEST, canonical, canonicals
from detectors.text.harm import Harm
from detectors.text.lexicon import MANY, TOGETHER, Lexicon, terms


def found(words: list[str], text: str) -> list[str]:
    return [term for term, _, _ in Lexicon({word: word for word in words}).find(canonical(text))]


def test_the_longest_of_nested_terms_wins() -> None:
    assert found(["中毒", "食物中毒", "食物"], "怀疑食物中毒了") == ["食物中毒"]


def test_terms_that_only_overlap_are_both_found() -> None:
    assert found(["电池漏", "漏液"], "电池漏液") == ["电池漏", "漏液"]


def test_a_longer_term_that_is_no_whole_word_does_not_hide_a_shorter_one() -> None:
    assert found(["fire", "fire alarm"], "fire alarming") == ["fire"]


@pytest.mark.parametrize("text", ["refired", "fired", "misfire", "fire2"])
def test_latin_terms_match_whole_words(text: str) -> None:
    assert found(["fire"], text) == []


def test_a_chinese_neighbour_is_no_part_of_a_latin_word() -> None:
    assert found(["fda"], "被FDA处罚") == ["fda"]


def test_a_star_opens_its_end_of_the_word() -> None:
    assert found(["delay*", "*n't"], "Delayed, it isn't fair") == ["delay*", "*n't"]


def test_positions_are_characters() -> None:
    assert Lexicon({"起火": 1}).find(canonical("😀车起火")) == [(1, 2, 4)]


@pytest.mark.parametrize("term", ["", "*", "Fire", "１２３", "a\nb", "a\0b"])
def test_a_term_that_can_never_match_is_refused(term: str) -> None:
    with pytest.raises(ValueError, match="lower case, half-width, on one line and not empty"):
        Lexicon({term: 1})


def test_canonical_form_is_half_width_lower_case_and_cut() -> None:
    assert canonical("ＦＤＡ１２３ Isn’t") == "fda123 isn't"
    assert len(canonical("长" * 5_000_000)) == LONGEST
    assert len(canonical("ﷺ１" * LONGEST)) <= LONGEST
    assert canonical("a\ud800b") == "a b"


@given(st.lists(st.text() | st.text("aAΣσ's \n\ud800Ａ１’İ长", max_size=9)))
def test_texts_together_have_the_form_that_each_has_alone(texts: list[str]) -> None:
    assert canonicals(texts) == list(map(canonical, texts))


def no_term_inside(words: list[str], held: list[str]) -> list[str]:
    """Words that hold none of the terms and so stand in the list for nothing."""
    lexicon = Lexicon(dict.fromkeys(held))
    return [word for word in words if not lexicon.find(canonical(word.strip("*")))]


def test_each_figure_of_speech_holds_a_term_of_harm() -> None:
    listed = terms("harm.toml")
    kinds = [listed[kind] for kind in Harm]
    held = [term for kind in kinds for of in kind.get("strict", {}).values() for term in of]
    held += [term for kind in kinds for term in kind.get("weak", ())]
    assert no_term_inside([word for of in listed["figures"].values() for word in of], held) == []


def test_each_decoy_holds_a_support_and_is_none() -> None:
    supports = terms("harm.toml")["supports"]
    decoys = supports.pop("decoys")
    held = [word for of in supports.values() for word in of]
    assert no_term_inside(decoys, held) == []
    assert set(decoys).isdisjoint(held)


def test_each_support_a_harm_asks_for_is_listed() -> None:
    listed = terms("harm.toml")
    asked = {support for kind in Harm for support in listed[kind].get("strict", {})}
    asked |= {listed[kind].get("requires", "alone") for kind in Harm}
    asked |= {listed[kind].get("unless", "alone") for kind in Harm}
    assert asked <= listed["supports"].keys() | {"alone", "amount"}


def test_each_word_taken_out_of_sentiment_holds_an_opinion() -> None:
    listed = terms("sentiment.toml")
    held = [word for of in listed["negators"].values() for word in of]
    for language in ("zh", "en"):
        held += [word for weight, of in listed[language].items() if weight != "0" for word in of]
    for language in ("zh", "en"):
        assert no_term_inside(listed[language]["0"], held) == []


LISTED = {"fire": 1, "起火": 2, "火车": 3, "*re": 4, "e f": 5, "re": 6, "车起火e": 7, "f*": 8}


@pytest.mark.parametrize("texts", [[], ["车起火"]])
def test_a_lexicon_without_terms_finds_nothing(texts: list[str]) -> None:
    lexicon = Lexicon[int]({})
    assert lexicon.among(list(map(canonical, texts))) == {}
    assert len(lexicon.hits(list(map(canonical, texts))).places) == 0


def test_words_inside_others_go_though_there_are_very_many() -> None:
    lexicon = Lexicon(LISTED)
    flood = canonical("车起火e" * LONGEST)
    texts = [flood] * (MANY // LONGEST + 8)
    hits = lexicon.hits(texts)
    each = [list(hit) for hit in lexicon.find(flood)]
    assert [[lexicon.meanings[hit[1]], *hit[2:]] for hit in np.stack(hits, axis=1).tolist()] == (
        each * len(texts)
    )


@given(
    st.lists(
        st.lists(st.sampled_from(["fire", "起火", "re", "f", "\n", " ", "车", "e"])).map("".join)
    )
)
def test_texts_that_are_scanned_together_hold_what_each_holds_alone(raws: list[str]) -> None:
    lexicon = Lexicon(LISTED)
    texts = [canonical(raw) for raw in raws * (1 + 2 * TOGETHER // (1 + len(raws)))]
    alone = {place: hits for place, text in enumerate(texts) if (hits := lexicon.find(text))}
    assert lexicon.among(texts) == alone
    places, terms, starts, ends = (part.tolist() for part in lexicon.hits(texts))
    each = zip(places, terms, starts, ends, strict=True)
    assert [(place, lexicon.meanings[term], *edges) for place, term, *edges in each] == [
        (place, *hit) for place, hits in alone.items() for hit in hits
    ]
