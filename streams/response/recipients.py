"""Who is told by the channels that are on, which are made here."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
from pydantic import SecretStr
from rich.console import Console

from alerts.channels import Channel, exchange
from alerts.channels.alertmanager import Alertmanager
from alerts.channels.dingtalk import DingTalk
from alerts.channels.feishu import Feishu
from alerts.channels.terminal import Terminal
from alerts.channels.webhook import Webhook
from alerts.channels.wecom import WeCom
from alerts.deliveries import Recipient
from streams.configuration import outlets
from streams.configuration.outlets import Outlet
from streams.response import switched
from streams.settings import Settings


def recipients(settings: Settings) -> tuple[dict[str, Channel], list[Recipient]]:
    """Who is told, and the channel of each, by the recipient's name."""
    on, response = switched.on(settings), settings.response
    kinds = {name: switched.kind(name, outlet) for name, outlet in on.items()}
    told = [
        Recipient(
            name=name, channel=kinds[name], zone=settings.detection.zone,
            language=getattr(outlet, "language", None) or response.language,
            least=outlet.least, rarity=_rarity(outlet, settings),
            pages=getattr(outlet, "pages", response.pages),
        )
        for name, outlet in on.items()
    ]  # fmt: skip
    return {name: MAKERS[kinds[name]](outlet) for name, outlet in on.items()}, told


def _rarity(outlet: Outlet, settings: Settings) -> float:
    """How many times the budget of detection is that of the channel."""
    whole = settings.detection.false_alarms_per_week
    return whole / (outlet.false_alarms_per_week or whole)


def _terminal(_: outlets.Terminal) -> Channel:
    return Terminal(Console())


def _wecom(on: outlets.Robot | outlets.Group) -> Channel:
    return WeCom(_shown(on.url), client=_client(on.timeout))


def _signed(
    kind: type[Webhook | DingTalk | Feishu],
    on: outlets.Webhook | outlets.SignedRobot | outlets.Group,
) -> Channel:
    client = _client(on.timeout)
    return kind(_shown(on.url), secret=_shown(on.secret), client=client, clock=time.time)


def _alertmanager(on: outlets.Alertmanager) -> Channel:
    return Alertmanager(
        on.url, pages=on.pages, expires=on.expires, client=_client(on.timeout), clock=time.time
    )


def _apprise(on: outlets.Apprise | outlets.Group) -> Channel:
    from alerts.channels.apprise import Apprise  # noqa: PLC0415 - slow to import, seldom on

    return Apprise(_shown(on.url))


MAKERS: Mapping[str, Callable[[Any], Channel]] = {
    "terminal": _terminal,
    "webhook": partial(_signed, Webhook),
    "wecom": _wecom,
    "dingtalk": partial(_signed, DingTalk),
    "feishu": partial(_signed, Feishu),
    "alertmanager": _alertmanager,
    "apprise": _apprise,
}


def _shown(value: SecretStr | str | None) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value or ""


def _client(timeout: timedelta) -> httpx.AsyncClient:
    return exchange.client(seconds=timeout / timedelta(seconds=1))
