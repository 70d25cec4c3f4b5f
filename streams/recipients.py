"""Which channels the settings switch on, and who is told by them."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr
from rich.console import Console

from alerts.channels import Channel, exchange
from alerts.channels.alertmanager import Alertmanager
from alerts.channels.apprise import Apprise
from alerts.channels.dingtalk import DingTalk
from alerts.channels.feishu import Feishu
from alerts.channels.terminal import Terminal
from alerts.channels.webhook import Webhook
from alerts.channels.wecom import WeCom
from alerts.deliveries import Recipient
from streams import outlets
from streams.settings import Settings


def recipients(settings: Settings) -> tuple[dict[str, Channel], list[Recipient]]:
    """The channels that are on, by name, and one recipient for each."""
    channels = {
        name: MAKERS[name](getattr(settings.channels, name)) for name in switched_on(settings)
    }
    language, zone = settings.response.language, settings.detection.zone
    told = [
        Recipient(
            name=name, channel=name, language=language, zone=zone,
            least=getattr(settings.channels, name).least,
        )
        for name in channels
    ]  # fmt: skip
    return channels, told


def switched_on(settings: Settings) -> list[str]:
    """The names of the channels that are on and know where to send."""
    return [name for name in MAKERS if _on(getattr(settings.channels, name))]


def _on(section: outlets.Outlet) -> bool:
    """The terminal needs no address."""
    return section.enabled and bool(getattr(section, "url", True))


def _terminal(_: outlets.Terminal) -> Channel:
    return Terminal(Console())


def _webhook(on: outlets.Webhook) -> Channel:
    key, client = _shown(on.secret), _client(on.timeout)
    return Webhook(on.url, secret=key, client=client, clock=time.time)


def _wecom(on: outlets.Robot) -> Channel:
    return WeCom(_shown(on.url), client=_client(on.timeout))


def _dingtalk(on: outlets.SignedRobot) -> Channel:
    key, client = _shown(on.secret), _client(on.timeout)
    return DingTalk(_shown(on.url), secret=key, client=client, clock=time.time)


def _feishu(on: outlets.SignedRobot) -> Channel:
    key, client = _shown(on.secret), _client(on.timeout)
    return Feishu(_shown(on.url), secret=key, client=client, clock=time.time)


def _alertmanager(on: outlets.Alertmanager) -> Channel:
    return Alertmanager(
        on.url, pages=on.pages, expires=on.expires, client=_client(on.timeout), clock=time.time
    )


def _apprise(on: outlets.Apprise) -> Channel:
    return Apprise(_shown(on.url))


MAKERS: Mapping[str, Callable[[Any], Channel]] = {
    "terminal": _terminal,
    "webhook": _webhook,
    "wecom": _wecom,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
    "alertmanager": _alertmanager,
    "apprise": _apprise,
}


def _shown(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _client(timeout: timedelta) -> httpx.AsyncClient:
    return exchange.client(seconds=timeout / timedelta(seconds=1))
