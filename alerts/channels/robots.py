"""How the group robots of WeCom, DingTalk and Feishu say yes and no: by a code in the body.

HTTP 200 says nothing. Errors carry the code and our own words for it, never the robot's,
which may repeat what was sent.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from alerts.channels import DeliveryError
from alerts.channels.exchange import Answer, judge

NO_CODE = "no code in the answer"
UNDOCUMENTED = "undocumented"


class Codes(NamedTuple):
    """The documented codes of one robot, as far as a message can meet them.

    `field` holds the code in the answer. What is `refused` will be refused again; `busy` may
    pass, and so may a code that is not documented.
    """

    name: str
    field: str
    refused: Mapping[int, str]
    busy: Mapping[int, str]


def verdict(answer: Answer, codes: Codes) -> None:
    """Raise DeliveryError unless the code is there and is 0."""
    code = _code(answer.body, codes.field)
    if not code:
        judge(answer.status, codes.name)
    if code is None:
        raise DeliveryError(f"{codes.name}: {NO_CODE}", permanent=False, doubtful=True)
    if code:
        words = codes.refused.get(code) or codes.busy.get(code) or UNDOCUMENTED
        raise DeliveryError(
            f"{codes.name}: {codes.field} {code}: {words}", permanent=code in codes.refused
        )


def _code(body: bytes, field: str) -> int | None:
    try:
        answer = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(answer[field], type=int)
    except (msgspec.DecodeError, KeyError):
        return None
