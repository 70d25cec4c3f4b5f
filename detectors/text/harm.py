"""Harm in a text: what alerts by itself, and what is only mentioned."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from detectors.text.canonical import Canonical
from detectors.text.lexicon import Lexicon, terms

NEAR = 40
"""Characters on either side of a term, within its sentence, where a support counts."""
MOST = 64
"""Terms judged in one text; a complaint names its harm early, a flood of terms is an attack."""
ALWAYS = "alone"
"""The support that every term has."""


class Harm(StrEnum):
    """Kinds of harm; the values are part of the public wire format."""

    INJURY = "injury"
    DEATH = "death"
    FIRE = "fire"
    POISONING = "poisoning"
    LEAK = "leak"
    REGULATOR = "regulator"
    COURT = "court"
    MEDIA = "media"


class Harms(NamedTuple):
    """`strict` kinds alert by themselves; `weak` kinds count as a series. Never both."""

    strict: frozenset[Harm]
    weak: frozenset[Harm]


NO_HARM = Harms(frozenset(), frozenset())


class Term(NamedTuple):
    """Strict with any one of `supports` near it, else a mention if `mentions`."""

    kind: Harm
    supports: frozenset[str]
    requires: str
    unless: str
    mentions: bool


# A number of people or records; "一个电话" and "12个小时" are none.
_AMOUNT = re.compile(
    r"(?:\d{2,}|[十百千万亿])\s*[余多]?\s*(?:[条名人位份]|个(?!小时|月|星期|工作日|半))"
    r"|\d\s*[万亿](?!元|块)"
    r"|(?:\d[\d,.]*\s*(?:k|m|million|thousand|hundred)?|(?:thousands|millions|hundreds) of)\s+"
    r"(?:\w+\s+)?(?:customers|users|records|accounts|people|passengers|cards|emails|passwords"
    r"|patients|members|guests|clients)\b"
)
_SENTENCE_END = re.compile(r"[。！？!?\n;；]|\.\s")
# Only what stands directly before a term denies it: a wider window silences 只不过吃完拉肚子.
_DENIED = re.compile(
    r"(?:(?<![有得不会是要])(?:没有?|不会|不是|并?未|并?无|毫无|绝不|不至于|从不|不再|不)"
    r"(?:任何|人员?|造成|发生|出现|导致|引起|引发|被|让人|因此|再)*"
    r"|(?:\b(?:no one|nobody|none|not|never|no|without|neither)|n't)"
    r"(?: (?:of us|was|were|is|are|has|have|had|been|be|get|got|getting|any|a|an|one|to|ever"
    r"|seriously|badly|actually|a case of|yet))* )$"
)
# Feared, imagined or narrowly missed: a mention, not a case.
_SUPPOSED = re.compile(
    r"(?:(?:(?<!可)怕|担心|万一|以免|避免|小心|当心|谨防|预防|明天|铁定|[想要]让我)[^，。,.！!？?]{0,4}"
    r"|(?:是否|是不是|有没有|会不会|防止?|差点儿?|险些|几乎|容易|可能会?|也许|要是|以为|假如|如果|快要?|都要|像|似的"
    r"|怀疑是?|会让人|要)(?:是|会|被|人员?|导致|造成|发生|引起|引发)?"
    r"|\b(?:almost|nearly|could|could've|might|may|would|should|about to|going to|gonna|risk of"
    r"|afraid of|fear of|prevent|avoid|avoiding|in case of|worried about|like|as if|possible"
    r"|potential|if|hope|hope you|practically|waiting to)"
    r"(?: (?:get|got|have|be|been|a|an|it|you|they|i|someone|my|your|the))* )$"
)

_AT_RISK = re.compile(r"的?(?:危险|风险|隐患|可能)|[ -](?:risk|hazard|prevention|safety)")


def read(text: Canonical) -> Harms:
    """Kinds of harm in one text."""
    hits = _harm_terms().find(text)
    return _judge(text, hits) if hits else NO_HARM


def among(texts: Sequence[Canonical]) -> dict[int, Harms]:
    """`read` for each text that holds a term of harm, by its place."""
    return {place: _judge(texts[place], hits) for place, hits in _harm_terms().among(texts).items()}


def _judge(text: Canonical, hits: list[tuple[Term | None, int, int]]) -> Harms:
    strict: set[Harm] = set()
    mentioned: set[Harm] = set()
    for term, start, end in hits[:MOST]:
        if term is None or term.kind in strict:
            continue
        reach = max(0, start - NEAR)
        if _DENIED.search(text, reach, start):
            continue
        before, after = _sentence(text, start, end)
        near = _supports(before + text[start:end] + after)
        if term.requires in near:
            supported = term.supports & near and term.unless not in _supports(before)
            if supported and not _is_supposed(text, reach, start, end):
                strict.add(term.kind)
            elif supported or term.mentions:
                mentioned.add(term.kind)
    return Harms(frozenset(strict), frozenset(mentioned - strict))


def _is_supposed(text: str, reach: int, start: int, end: int) -> bool:
    return bool(_SUPPOSED.search(text, reach, start) or _AT_RISK.match(text, end))


def _sentence(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after a term in its sentence, at most `NEAR` characters each."""
    before = _SENTENCE_END.split(text[max(0, start - NEAR) : start])[-1]
    after = _SENTENCE_END.split(text[end : end + NEAR], maxsplit=1)[0]
    return before, after


def _supports(part: str) -> set[str]:
    found = {ALWAYS}
    for supports, _, _ in _support_words().find(Canonical(part)):
        found |= supports
    if _AMOUNT.search(part):
        found.add("amount")
    return found


@cache
def _harm_terms() -> Lexicon[Term | None]:
    listed = terms("harm.toml")
    meanings: dict[str, Term | None] = dict.fromkeys(_flat(listed["figures"]))
    for kind in Harm:
        for word, term in _terms_of(kind, listed[kind]).items():
            if word in meanings:
                raise ValueError(f"harm.toml: {word!r} of {kind} is listed twice")
            meanings[word] = term
    return Lexicon(meanings)


def _terms_of(kind: Harm, listed: Mapping[str, Any]) -> dict[str, Term]:
    supports: dict[str, frozenset[str]] = dict.fromkeys(listed.get("weak", ()), frozenset())
    for support, words in listed.get("strict", {}).items():
        for word in words:
            supports[word] = supports.get(word, frozenset()) | {support}
    requires, unless = listed.get("requires", ALWAYS), listed.get("unless", "")
    silent = frozenset(listed.get("silent", ()))
    if stray := silent - supports.keys():
        raise ValueError(f"harm.toml: silent of {kind} must be strict terms, got {sorted(stray)}")
    return {
        word: Term(kind, needed, requires, unless, word not in silent)
        for word, needed in supports.items()
    }


@cache
def _support_words() -> Lexicon[frozenset[str]]:
    listed = dict(terms("harm.toml")["supports"])
    meanings = dict.fromkeys(listed.pop("decoys"), frozenset[str]())
    for support, words in listed.items():
        for word in words:
            meanings[word] = meanings.get(word, frozenset()) | {support}
    return Lexicon(meanings)


def _flat(listed: Mapping[str, list[str]]) -> list[str]:
    return [word for words in listed.values() for word in words]
