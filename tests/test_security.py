import logging
import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.broker import security
from streams.settings import Kafka, SettingsError

# Made for this test: one self-signed pair for "localhost", used nowhere else.
KEY = """\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEICXCsTRJA7Kuc6sW5YspAwFVHmayyYr2n8OL9uqhUrQ0oAoGCCqGSM49
AwEHoUQDQgAERrML3fzea2sWwcNV3EWAVYh1b95YcZ+1S1mS7IERFaK1Z1NdxcmT
abx5TVPhknMECyZg2JWR5HBEOu1JtPU0Dg==
-----END EC PRIVATE KEY-----
"""
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUM+z4R/NRrXcgMqP0JUWqZVMhjgkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzE0MTA1OFoYDzIxMjYxMDMw
MTQxMDU4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARGswvd/N5raxbBw1XcRYBViHVv3lhxn7VLWZLsgREVorVnU13FyZNp
vHlNU+GScwQLJmDYlZHkcEQ67Um09TQOo2kwZzAdBgNVHQ4EFgQU4vMUI+EfriE3
cdORjvdrvK5G1WwwHwYDVR0jBBgwFoAU4vMUI+EfriE3cdORjvdrvK5G1WwwFAYD
VR0RBA0wC4IJbG9jYWxob3N0MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
SAAwRQIhAM0ix1zWOhHLQHJftGdKnzrogZbAbY1rNEhpeOkIuPrJAiB9b417jsdE
PGwBqp80viqGoVE/BNaItH39fTp75y4++A==
-----END CERTIFICATE-----
"""
SCRAM = Kafka(
    security_protocol="SASL_SSL", sasl_username="tocsin", sasl_password=SecretStr("swordfish")
)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    certificate, key = tmp_path / "client.pem", tmp_path / "client.key"
    certificate.write_text(CERTIFICATE, encoding="ascii")
    key.write_text(KEY, encoding="ascii")
    return certificate, key


def test_a_plain_broker_asks_for_nothing() -> None:
    assert security.client(Kafka()) == {"security_protocol": "PLAINTEXT"}
    assert security.credentials(Kafka()) is None


def test_scram_over_tls_reaches_the_clients_with_a_verifying_context() -> None:
    arguments = security.client(SCRAM)
    context = arguments.pop("ssl_context")
    assert arguments == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "tocsin",
        "sasl_plain_password": "swordfish",
    }
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_faust_gets_the_context_with_the_credentials_or_it_would_not_encrypt() -> None:
    credentials = security.credentials(SCRAM)
    assert credentials is not None
    assert credentials.protocol.value == "SASL_SSL"
    assert credentials.mechanism.value == "SCRAM-SHA-512"
    assert isinstance(credentials.ssl_context, ssl.SSLContext)
    assert (credentials.username, credentials.password) == ("tocsin", "swordfish")
    assert "swordfish" not in repr(credentials)


def test_sasl_without_tls_stays_without() -> None:
    plain = SCRAM.model_copy(update={"security_protocol": "SASL_PLAINTEXT"})
    assert "ssl_context" not in security.client(plain)
    credentials = security.credentials(plain)
    assert credentials is not None
    assert credentials.protocol.value == "SASL_PLAINTEXT"


def test_tls_alone_is_its_own_kind_of_credentials_for_faust() -> None:
    credentials = security.credentials(Kafka(security_protocol="SSL"))
    assert credentials is not None
    assert credentials.protocol.value == "SSL"
    assert isinstance(credentials.context, ssl.SSLContext)


def test_the_client_certificate_is_shown_and_only_the_named_authority_trusted(
    pair: tuple[Path, Path],
) -> None:
    certificate, key = pair
    kafka = Kafka(security_protocol="SSL", ca_file=certificate, cert_file=certificate, key_file=key)
    context = security.client(kafka)["ssl_context"]
    assert len(context.get_ca_certs()) == 1
    assert shown_by(context, pair)["subject"] == ((("commonName", "localhost"),),)


def shown_by(context: ssl.SSLContext, pair: tuple[Path, Path]) -> dict[str, object]:
    """The certificate that a client with this context shows to a server that asks for one."""
    asking = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=pair[0])
    asking.verify_mode = ssl.CERT_REQUIRED
    asking.load_cert_chain(*pair)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(back, there, server_hostname="localhost")
    server = asking.wrap_bio(there, back, server_side=True)
    waiting = [client, server]
    for _ in range(10):
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
    assert not waiting
    return dict(server.getpeercert() or {})


def test_a_wrong_certificate_file_is_named(pair: tuple[Path, Path], tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("rubbish", encoding="ascii")
    with pytest.raises(SettingsError, match=r"kafka\.ca_file: must hold PEM .*rubbish\.pem"):
        security.client(Kafka(security_protocol="SSL", ca_file=rubbish))
    crossed = Kafka(security_protocol="SSL", cert_file=rubbish, key_file=pair[1])
    with pytest.raises(SettingsError, match=r"kafka\.cert_file: must be a PEM .*rubbish\.pem"):
        security.client(crossed)


@pytest.mark.parametrize("name", security.TALKATIVE)
def test_what_writes_passwords_at_its_debug_level_is_silent_there(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    security.client(SCRAM)
    logger = logging.getLogger(name)
    with caplog.at_level(logging.DEBUG, logger=name):
        logger.debug("request with swordfish")
        logger.info("connected")
    assert caplog.messages == ["connected"]
