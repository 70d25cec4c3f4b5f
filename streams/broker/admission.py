"""Whether a broker lets us in, and if not, which option it is about.

The clients themselves say no more than that they could not connect, after trying for long.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any, Final

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from streams.broker import security
from streams.broker.local import BrokerError, refusal
from streams.settings import Kafka, SettingsError

PATIENCE_MS: Final = 5000  # for each step of an attempt
CLOSING: Final = 0.2  # seconds

# Of OpenSSL's reasons not to trust a certificate.
NOT_YET_VALID, EXPIRED, OTHER_NAME, OTHER_ADDRESS = 9, 10, 62, 64


def check(kafka: Kafka, bootstrap: str) -> None:
    """Raises BrokerError where no address lets us in."""
    if reason := asyncio.run(denial(kafka, bootstrap)):
        raise BrokerError(reason)


async def denial(kafka: Kafka, bootstrap: str) -> str:
    """Why no address of "host:port,host:port" lets us in; empty where one does."""
    try:
        arguments = security.client(kafka)
    except SettingsError as unreadable:
        return str(unreadable)
    for address in bootstrap.split(","):
        if not (reason := await _asked(kafka, address.strip(), arguments)):
            return ""
    return reason


async def _asked(kafka: Kafka, address: str, arguments: Mapping[str, Any]) -> str:
    if reason := await asyncio.to_thread(refusal, address):
        return f"the broker at {address} does not answer: {reason}"
    host, _, port = address.rpartition(":")
    try:
        await _enter(host.strip("[]"), int(port), arguments)
    except (KafkaError, OSError) as error:  # TimeoutError is one
        return reason_of(error, kafka, address)
    return ""


async def _enter(host: str, port: int, arguments: Mapping[str, Any]) -> None:
    """One exchange that is answered only to whom the broker has accepted."""
    connection = AIOKafkaConnection(host, port, request_timeout_ms=PATIENCE_MS, **arguments)
    try:
        await connection.connect()
        await connection.send(MetadataRequest([]))
    finally:
        # Where TLS has failed there is nothing to close, and it never says that it has.
        await asyncio.wait([connection.close()], timeout=CLOSING)


def reason_of(error: Exception, kafka: Kafka, address: str) -> str:
    """The option that an error of a connection is about, its rule and its value."""
    # A broker refuses a client's certificate only after the handshake.
    cause = error.__cause__ if isinstance(error, KafkaConnectionError) else error
    match cause:
        case ssl.SSLCertVerificationError():
            why = _distrust(cause, kafka, address)
        case ssl.SSLError(reason=str(alert)) if "CERTIFICATE" in alert or "_CA" in alert:
            why = _refused_certificate(alert, kafka, address)
        case SaslAuthenticationFailed():
            why = (
                f"kafka.sasl_password: must be that of the user {kafka.sasl_username!r} "
                f"at the broker at {address}, which refuses it"
            )
        case UnsupportedSaslMechanismError():
            why = (
                f"kafka.sasl_mechanism: must be one that the broker at {address} takes, "
                f"got {kafka.sasl_mechanism}"
            )
        case ConnectionError() | EOFError() | ssl.SSLError() | None:
            why = (
                f"kafka.security_protocol: must be what the broker at {address} speaks, "
                f"got {kafka.security_protocol}; the connection was broken off"
            )
        case TimeoutError():
            why = f"the broker at {address} does not answer within {PATIENCE_MS // 1000} s"
        case _:
            why = f"the broker at {address} does not answer: {type(cause).__name__}: {cause}"
    return why


def _distrust(error: ssl.SSLCertVerificationError, kafka: Kafka, address: str) -> str:
    """We do not trust the broker."""
    if error.verify_code in (OTHER_NAME, OTHER_ADDRESS):
        rule = f"kafka.bootstrap: must name the broker as its certificate does, got {address}"
    elif error.verify_code in (EXPIRED, NOT_YET_VALID):
        rule = f"the broker at {address} has a certificate that is not valid now"
    else:
        trusted = kafka.ca_file or "none, so those of the system"
        rule = f"kafka.ca_file: must hold the authority of the broker at {address}, got {trusted}"
    return f"{rule}: {error.verify_message.rstrip('.')}"


def _refused_certificate(alert: str, kafka: Kafka, address: str) -> str:
    """The broker does not trust us."""
    if kafka.cert_file is None:
        return f"kafka.cert_file: must be set, the broker at {address} asks for a certificate"
    why = alert.partition("ALERT_")[2].lower().replace("_", " ")
    return (
        f"kafka.cert_file: must be a certificate that the broker at {address} takes, "
        f"got {kafka.cert_file}: {why}"
    )
