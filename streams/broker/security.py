"""How clients prove who they are to the broker, from the settings' section `kafka`."""

import logging
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.settings import Kafka, SettingsError

if TYPE_CHECKING:
    import faust


TALKATIVE = (
    "aiokafka.conn", "kafka.admin.client", "kafka.net.connection", "kafka.protocol.parser",
)  # fmt: skip
"""Loggers that write options or whole requests at their debug level, a password among them."""


def client(kafka: Kafka) -> dict[str, Any]:
    """Keyword arguments for the clients of kafka-python and of aiokafka alike."""
    arguments: dict[str, Any] = {"security_protocol": kafka.security_protocol}
    if kafka.security_protocol.endswith("SSL"):
        arguments["ssl_context"] = _context(kafka)
    if kafka.security_protocol.startswith("SASL"):
        arguments["sasl_mechanism"] = kafka.sasl_mechanism
        arguments["sasl_plain_username"] = kafka.sasl_username
        arguments["sasl_plain_password"] = _password(kafka)
    return arguments


def credentials(kafka: Kafka) -> "faust.SASLCredentials | faust.SSLCredentials | None":
    """What Faust takes as `broker_credentials`; None where the broker asks for nothing.

    TLS under SASL happens only through the context given here: without one Faust sends the
    password in the clear.
    """
    import faust  # noqa: PLC0415 -- slow to import, and the command line needs only `client`

    context = _context(kafka) if kafka.security_protocol.endswith("SSL") else None
    if kafka.security_protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=kafka.sasl_username,
            password=_password(kafka),
            mechanism=kafka.sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None


def _password(kafka: Kafka) -> str:
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(_above_debug)
    assert kafka.sasl_password is not None  # the settings refuse SASL without one
    return kafka.sasl_password.get_secret_value()


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def _context(kafka: Kafka) -> ssl.SSLContext:
    # The authorities of the system take longer to load than all else, so only where they are meant.
    context = _trusting(kafka.ca_file) if kafka.ca_file else ssl.create_default_context()
    if kafka.cert_file and kafka.key_file:
        try:
            # With the empty password OpenSSL asks nobody for one.
            context.load_cert_chain(kafka.cert_file, kafka.key_file, password="")
        except OSError as error:  # ssl.SSLError is one
            raise SettingsError(
                "kafka.cert_file: must be a PEM certificate that kafka.key_file belongs to, "
                f"without a passphrase, got {kafka.cert_file} and {kafka.key_file}: {error}"
            ) from None
    return context


def _trusting(authority: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise SettingsError(
            f"kafka.ca_file: must hold PEM certificates, got {authority}: {error}"
        ) from None
