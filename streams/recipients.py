"""Which channels the settings switch on, and who is told by them."""

import time
from collections.abc import Iterator
from datetime import timedelta

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
from streams.settings import Channels, Settings


def recipients(settings: Settings) -> tuple[dict[str, Channel], list[Recipient]]:
    """The channels that are on, by name, and one recipient for each."""
    channels = dict(_switched_on(settings.channels))
    language, zone = settings.response.language, settings.detection.zone
    told = [Recipient(name=name, channel=name, language=language, zone=zone) for name in channels]
    return channels, told


def _switched_on(on: Channels) -> Iterator[tuple[str, Channel]]:
    if on.terminal.enabled:
        yield "terminal", Terminal(Console())
    if url := on.webhook.url:
        key, client = _shown(on.webhook.secret), _client(on.webhook.timeout)
        yield "webhook", Webhook(url, secret=key, client=client, clock=time.time)
    if url := _shown(on.wecom.url):
        yield "wecom", WeCom(url, client=_client(on.wecom.timeout))
    if url := _shown(on.dingtalk.url):
        key, client = _shown(on.dingtalk.secret), _client(on.dingtalk.timeout)
        yield "dingtalk", DingTalk(url, secret=key, client=client, clock=time.time)
    if url := _shown(on.feishu.url):
        key, client = _shown(on.feishu.secret), _client(on.feishu.timeout)
        yield "feishu", Feishu(url, secret=key, client=client, clock=time.time)
    if url := on.alertmanager.url:
        yield "alertmanager", Alertmanager(
            url, pages=on.alertmanager.pages, expires=on.alertmanager.expires,
            client=_client(on.alertmanager.timeout), clock=time.time,
        )  # fmt: skip
    if url := _shown(on.apprise.url):
        yield "apprise", Apprise(url)


def _shown(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _client(timeout: timedelta) -> httpx.AsyncClient:
    return exchange.client(seconds=timeout / timedelta(seconds=1))
