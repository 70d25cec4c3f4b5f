"""The settings of the channels: where messages go, and which of them."""

from datetime import timedelta

from pydantic import FilePath, SecretStr, field_validator, model_validator

from alerts.colour import Colour
from streams.durations import Span
from streams.rules import WebAddress, with_secret
from streams.sections import Section


class Outlet(Section):
    """A channel may be switched off and keep its address; `least` is the lowest colour it gets."""

    enabled: bool = True
    least: Colour = Colour.BLUE


class Terminal(Outlet):
    enabled: bool = False


class Webhook(Outlet):
    """Messages as JSON by POST, signed where there is a secret; empty `url`: off."""

    url: WebAddress = ""
    secret: SecretStr | None = None
    secret_file: FilePath | None = None
    timeout: Span = timedelta(seconds=5)

    @model_validator(mode="before")
    @classmethod
    def _read_secret(cls, section: object) -> object:
        return with_secret(section, "secret")


class Robot(Outlet):
    """A robot in a chat group, by its address, which holds its key; none: off."""

    url: SecretStr | None = None
    url_file: FilePath | None = None
    timeout: Span = timedelta(seconds=5)

    @model_validator(mode="before")
    @classmethod
    def _read_url(cls, section: object) -> object:
        return with_secret(section, "url")

    @field_validator("url")
    @classmethod
    def _web_address(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not url.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("must be an http or https address")
        return url


class SignedRobot(Robot):
    """A robot whose messages are signed where there is a secret."""

    secret: SecretStr | None = None
    secret_file: FilePath | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_secret(cls, section: object) -> object:
        return with_secret(section, "secret")


class Alertmanager(Outlet):
    """Incidents as alerts; empty `url`: off."""

    url: WebAddress = ""
    pages: WebAddress = ""
    expires: Span = timedelta(days=7)
    timeout: Span = timedelta(seconds=5)


class Apprise(Outlet):
    """One service by its Apprise URL, which holds its token; none: off."""

    url: SecretStr | None = None
    url_file: FilePath | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_url(cls, section: object) -> object:
        return with_secret(section, "url")


class Channels(Section):
    terminal: Terminal = Terminal()
    webhook: Webhook = Webhook()
    wecom: Robot = Robot()
    dingtalk: SignedRobot = SignedRobot()
    feishu: SignedRobot = SignedRobot()
    alertmanager: Alertmanager = Alertmanager()
    apprise: Apprise = Apprise()
