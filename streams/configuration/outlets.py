"""The settings of the channels: where messages go, and which of them."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from alerts.catalogue import Language
from alerts.colour import Colour
from streams.configuration.durations import Span
from streams.configuration.rules import (
    GroupName,
    SecretAddress,
    SecretFile,
    ShownAddress,
    WebAddress,
    web_address,
)
from streams.configuration.sections import Section


class Outlet(Section):
    """A channel may be switched off and keep its address; `least` is the lowest colour it gets.

    `false_alarms_per_week` is a budget of its own; None: that of detection. A greater one hears
    more of what is called beyond that (`Signal.told_from`), and of the rest all.
    """

    enabled: bool = True
    least: Colour = Colour.BLUE
    false_alarms_per_week: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


class Terminal(Outlet):
    enabled: bool = False


class Webhook(Outlet):
    """Messages as JSON by POST, signed where there is a secret; empty `url`: off."""

    url: WebAddress = ""
    secret: SecretStr | None = None
    secret_file: SecretFile = None
    timeout: Span = timedelta(seconds=5)


class Robot(Outlet):
    """A robot in a chat group, by its address, which holds its key; none: off."""

    url: SecretAddress | None = None
    url_file: SecretFile = None
    timeout: Span = timedelta(seconds=5)


class SignedRobot(Robot):
    """A robot whose messages are signed where there is a secret."""

    secret: SecretStr | None = None
    secret_file: SecretFile = None


class Alertmanager(Outlet):
    """Incidents as alerts; empty `url`: off."""

    url: WebAddress = ""
    pages: ShownAddress = ""
    expires: Span = timedelta(days=7)
    timeout: Span = timedelta(seconds=5)


class Apprise(Outlet):
    """One service by its Apprise URL, which holds its token; none: off."""

    url: SecretStr | None = None
    url_file: SecretFile = None


class Group(Outlet):
    """One more recipient by a channel of some kind, under a name of its own; no `url`: off.

    `language` is that of its messages; None: that of all.
    """

    name: GroupName
    channel: Literal["webhook", "wecom", "dingtalk", "feishu", "apprise"]
    language: Language | None = None
    url: SecretStr | None = None
    url_file: SecretFile = None
    secret: SecretStr | None = None
    secret_file: SecretFile = None
    timeout: Span = timedelta(seconds=5)

    @model_validator(mode="after")
    def _as_its_channel(self) -> Self:
        if self.channel in UNSIGNED and self.secret:
            raise ValueError(f"secret must not be set for {self.channel}, which signs nothing")
        if self.channel != "apprise" and self.url:
            try:
                web_address(self.url.get_secret_value())
            except ValueError as refusal:
                raise ValueError(f"url {refusal}") from None
        return self


UNSIGNED = frozenset({"wecom", "apprise"})


class Channels(Section):
    terminal: Terminal = Terminal()
    webhook: Webhook = Webhook()
    wecom: Robot = Robot()
    dingtalk: SignedRobot = SignedRobot()
    feishu: SignedRobot = SignedRobot()
    alertmanager: Alertmanager = Alertmanager()
    apprise: Apprise = Apprise()
