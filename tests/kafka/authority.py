"""Certificates of the test's own: whom both sides trust, and whom nobody does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

HOST = "localhost"  # what the broker's certificate says, and not 127.0.0.1
YEAR = timedelta(days=365)


def issue(folder: Path) -> None:
    """Writes PEM files.

    `ca` has signed `broker` (for Kafka: with its key), `client` and `expired`; `other` has
    signed nothing. Beside a client's certificate lies its key.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().cert_pem.write_to_path(folder / "other.pem")
    _keystore(authority.issue_cert(HOST), folder / "broker.pem")
    _pair(authority.issue_cert("tocsin"), folder / "client")
    expired = authority.issue_cert("tocsin", not_after=datetime.now(UTC) - YEAR)
    _pair(expired, folder / "expired")


def _pair(issued: trustme.LeafCert, path: Path) -> None:
    issued.cert_chain_pems[0].write_to_path(path.with_suffix(".pem"))
    issued.private_key_pem.write_to_path(path.with_suffix(".key"))


def _keystore(issued: trustme.LeafCert, path: Path) -> None:
    """Kafka reads a key as PKCS #8 alone."""
    key = load_pem_private_key(issued.private_key_pem.bytes(), password=None)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    issued.cert_chain_pems[0].write_to_path(path, append=True)
