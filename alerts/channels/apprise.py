"""Messages by an Apprise URL: Slack, e-mail, PagerDuty, Telegram and what else it knows.

The URL is a secret as a whole: where in it the token stands differs from service to service.
Not for DingTalk, Feishu and WeCom: there Apprise takes every HTTP 200 for a success.
"""

import asyncio
import logging

import apprise
from apprise import AppriseAsset, NotifyFormat, NotifyType, OverflowMode
from apprise.plugins import NotifyBase
from apprise.result import AppriseResult

from alerts.channels import DeliveryError
from alerts.colour import Colour
from alerts.messages import Message
from alerts.notices import What

LONGEST_SECONDS = 30.0
"""For a whole attempt; each connection and each answer is waited for 4 s by default."""

TALKATIVE = ("apprise", "requests", "urllib3")
"""Loggers that write addresses, tokens included."""

NO_SERVICE = "no service reads this URL"
FAILED = "failed"

KINDS = {
    Colour.BLUE: NotifyType.INFO,
    Colour.YELLOW: NotifyType.WARNING,
    Colour.ORANGE: NotifyType.WARNING,
    Colour.RED: NotifyType.FAILURE,
}


class Apprise:
    """One service; what is too long for it is sent in parts, unless its URL says otherwise."""

    def __init__(self, url: str) -> None:
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._service = _service(url)

    def __repr__(self) -> str:
        return "Apprise()"

    async def send(self, message: Message) -> None:
        if self._service is None:
            raise DeliveryError(f"apprise: {NO_SERVICE}", permanent=True)
        judge(await asyncio.to_thread(_notify, self._service, message))


def _service(url: str) -> NotifyBase | None:
    service = apprise.Apprise.instantiate(url, asset=AppriseAsset(async_mode=False))
    if service is not None and service.overflow_mode is OverflowMode.UPSTREAM:
        service.overflow_mode = OverflowMode.SPLIT
    return service


def _notify(service: NotifyBase, message: Message) -> AppriseResult:
    sender = apprise.Apprise()
    sender.add(service)
    return sender.notify(
        title=message.title,
        body="\n".join(message.lines),
        body_format=NotifyFormat.TEXT,
        notify_type=kind(message),
        timeout=LONGEST_SECONDS,
    )


def kind(message: Message) -> NotifyType:
    """How urgent a service shows the message to be."""
    return NotifyType.SUCCESS if message.what is What.CLEARED else KINDS[message.colour]


def judge(result: AppriseResult) -> None:
    """Raise DeliveryError unless the service's last attempt succeeded.

    Neither the result's truth nor its status is asked: both are favourable for a service
    whose URL says `optional=yes`, delivered or not. Apprise tells no more about a failure
    than that, so none is permanent, and each is doubtful: of a message in parts some may be there.
    """
    for service in result.results:
        if not (service.attempts and service.attempts[-1]):
            raise DeliveryError(
                f"apprise: {service.name}: {FAILED}", permanent=False, doubtful=True
            )
    if not result.results:
        raise DeliveryError(f"apprise: {result.status.name.lower()}", permanent=False)
