"""The settings of the channels: where messages go, and which of them."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr

from alerts.colour import Colour
from streams.configuration.durations import Span
from streams.configuration.rules import SecretAddress, SecretFile, ShownAddress, WebAddress
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


class Channels(Section):
    terminal: Terminal = Terminal()
    webhook: Webhook = Webhook()
    wecom: Robot = Robot()
    dingtalk: SignedRobot = SignedRobot()
    feishu: SignedRobot = SignedRobot()
    alertmanager: Alertmanager = Alertmanager()
    apprise: Apprise = Apprise()
