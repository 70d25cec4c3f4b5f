"""What must not leave in a quote: links, addresses of every kind, numbers of people, names.

The order matters: links go first, because their digits are no phone numbers; numbers with a
checksum or a cue before those without; any run of nine digits last, so that what is not
recognised is still taken out. Names are found only after a cue ("我叫", "my name is"),
never by dictionary.
"""

import re
from collections.abc import Callable
from enum import StrEnum

QUOTE_LENGTH = 120

_WIDE = {
    0xFEE0 + code: code for code in range(0x21, 0x7F) if chr(code).isalnum() or code in b"@+-."
}
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_HAN = r"[\u4e00-\u9fff]"


class Redacted(StrEnum):
    """What stood there."""

    LINK = "link"
    EMAIL = "email"
    IDENTITY = "identity"
    CARD = "card"
    PHONE = "phone"
    ACCOUNT = "account"
    ADDRESS = "address"
    NUMBER = "number"
    NAME = "name"


def clean(text: str, *, cap: int) -> str:
    """One printable line of at most `cap` characters: users' text is data, never layout."""
    printable = "".join(c for c in text if c.isprintable() or c.isspace())
    line = " ".join(printable.split())
    return line if len(line) <= cap else line[: cap - 1].rstrip() + "…"


def redact(text: str, label: Callable[[Redacted], str] = lambda kind: f"[{kind}]") -> str:
    """The text with a label in place of everything that points at a person."""
    text = text.translate(_WIDE)
    for kind, pattern, accepts in _RULES:

        def replaced(
            match: re.Match[str],
            kind: Redacted = kind,
            accepts: Callable[[re.Match[str]], bool] = accepts,
        ) -> str:
            cue = match.groupdict().get("cue") or ""
            return cue + label(kind) if accepts(match) else match[0]

        text = pattern.sub(replaced, text)
    return text


def quote(text: str, label: Callable[[Redacted], str] = lambda kind: f"[{kind}]") -> str:
    """A quote fit to be shown: one line, redacted before it is cut, at most `QUOTE_LENGTH`."""
    return clean(redact(clean(text, cap=4 * QUOTE_LENGTH), label), cap=QUOTE_LENGTH)


def is_identity_number(text: str) -> bool:
    """Whether 18 characters pass the check digit of GB 11643."""
    total = sum(int(d) * w for d, w in zip(text, _IDENTITY_WEIGHTS, strict=False))
    return text[-1].upper() == "10X98765432"[total % 11]


def passes_luhn(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    doubled = (d * 2 - 9 * (d > 4) for d in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _always(match: re.Match[str]) -> bool:
    return True


def _is_identity(match: re.Match[str]) -> bool:
    return is_identity_number(match[0])


def _is_card(match: re.Match[str]) -> bool:
    """Luhn alone passes one order number in ten, so a cue must stand near."""
    start = max(match.start() - 12, 0)
    return (
        passes_luhn(match[0]) and _CARD_CUE.search(match.string[start : match.start()]) is not None
    )


_CARD_CUE = re.compile(r"卡|账户|账号|帐号|银行|card|bank|account|visa|debit|credit", re.IGNORECASE)

_Rule = tuple[Redacted, re.Pattern[str], Callable[[re.Match[str]], bool]]


def _rule(
    kind: Redacted, pattern: str, accepts: Callable[[re.Match[str]], bool] = _always, flags: int = 0
) -> _Rule:
    return kind, re.compile(pattern, flags), accepts


_RULES: tuple[_Rule, ...] = (
    _rule(
        Redacted.LINK,
        r"(?:https?://|www\.)[!-~]+|\b[a-z0-9.-]+\.(?:com|cn|net|org)/[!-~]*",
        flags=re.IGNORECASE,
    ),
    _rule(Redacted.EMAIL, r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"),
    _rule(Redacted.IDENTITY, r"(?<!\d)\d{17}[\dXx](?!\d)", _is_identity),
    _rule(Redacted.CARD, r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)", _is_card),
    _rule(Redacted.PHONE, r"\+\d(?:[ ().-]{0,2}\d){6,14}"),
    _rule(Redacted.PHONE, r"(?<!\d)(?:86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)"),
    _rule(Redacted.PHONE, r"(?<!\d)(?:\(0\d{2,4}\) ?|0\d{2,4}[ -])\d{5,8}(?!\d)"),
    _rule(Redacted.PHONE, r"(?<!\d)(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?!\d)"),
    _rule(
        Redacted.PHONE,
        r"(?P<cue>(?:电话|手机|座机|\btel|\bphone|\bcall me)[^\d\n]{0,8})\d[\d -]{3,}\d",
        flags=re.IGNORECASE,
    ),
    _rule(
        Redacted.ACCOUNT,
        r"(?P<cue>(?:微信|\bwechat|\bqq)(?:号| id)?(?:[:：是为\s]*))[A-Za-z0-9_-]{5,20}",
        flags=re.IGNORECASE,
    ),
    _rule(
        Redacted.ADDRESS,
        rf"(?:{_HAN}{{2,3}}(?:省|市|区|县))*{_HAN}{{2,6}}(?:路|街|巷|弄|大道)\d+[号弄]"
        r"(?:\s?\d+(?:号楼|栋|幢|座|楼|单元|室|号))*",
    ),
    _rule(
        Redacted.ADDRESS,
        r"\b\d{1,5}(?: [A-Z][\w'’]+){1,3} (?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Blvd)\b\.?",
    ),
    _rule(Redacted.NUMBER, r"(?<!\d)(?:\d{9,}[Xx]?|\d{3,5}(?:[ -]\d{3,5}){2,})(?!\d)"),
    _rule(
        Redacted.NAME,
        r"(?P<cue>(?:我叫|名叫)|(?:联系人|收件人|收货人|姓名|名字)[:：是为\s]+)"
        rf"(?!客服|他|她|你|车|外卖|快递)(?:{_HAN}{{2,4}}(?!{_HAN})|{_HAN}{{2,3}})",
    ),
    _rule(
        Redacted.NAME,
        r"(?P<cue>(?i:my name is|my name's|name:|contact person:?|contact:|signed,?)\s+)"
        r"(?:(?:Mr|Mrs|Ms|Dr)\.? )?"
        r"(?:[A-Z][\w'’-]*(?: [A-Z][\w'’-]*){0,3}|[a-z'’-]+(?: [a-z'’-]+)?)",
    ),
    _rule(
        Redacted.NAME, rf"@(?:[A-Za-z0-9_-]{{2,30}}|[\w-]{{2,30}}(?=[\s:：,，]|$)|{_HAN}{{2,4}})"
    ),
)
