"""A real broker that asks its clients who they are, beside a door for the test itself."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from streams.broker import jvm
from streams.broker.local import refusal
from streams.broker.node import HOST, Node
from tests.kafka import authority
from tests.needs import free_ports

START_SECONDS = 60.0
LOOK = 0.1
USER = "tocsin"

# After the properties of a local node, which they override.
DOORS = """
listeners=CONTROLLER://{host}:{controller},PLAINTEXT://{host}:{open},\
SCRAM://{host}:{scram},MTLS://{host}:{mtls},BOTH://{host}:{both}
advertised.listeners=PLAINTEXT://{host}:{open},\
SCRAM://{named}:{scram},MTLS://{named}:{mtls},BOTH://{named}:{both}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,\
SCRAM:SASL_SSL,MTLS:SSL,BOTH:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location={certificates}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={certificates}/ca.pem
listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.scram.scram-sha-512.sasl.jaas.config={modules}.scram.ScramLoginModule required;
listener.name.both.sasl.enabled.mechanisms=SCRAM-SHA-256,PLAIN
listener.name.both.scram-sha-256.sasl.jaas.config={modules}.scram.ScramLoginModule required;
listener.name.both.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required \
user_{user}="{password}";
listener.name.both.ssl.client.auth=required
listener.name.mtls.ssl.client.auth=required
"""


MODULES = "org.apache.kafka.common.security"

# Sections `kafka` of those who are let in; the files are what `authority` issues.
SCRAM = {"security_protocol": "SASL_SSL", "sasl_username": USER, "ca_file": "ca.pem"}
MTLS = {
    "security_protocol": "SSL", "ca_file": "ca.pem",
    "cert_file": "client.pem", "key_file": "client.key",
}  # fmt: skip
BOTH_SHA_256 = MTLS | SCRAM | {"sasl_mechanism": "SCRAM-SHA-256"}
BOTH_PLAIN = MTLS | SCRAM | {"sasl_mechanism": "PLAIN"}


class Doors(NamedTuple):
    """Where a guarded broker is, as host:port.

    Attributes:
        open: asks for nothing; the test reads and writes here.
        scram: TLS, and the password of USER by SCRAM-SHA-512.
        mtls: TLS, and a certificate of the client's.
        both: TLS, such a certificate, and the password by SCRAM-SHA-256 or as PLAIN.
    """

    open: str
    scram: str
    mtls: str
    both: str


def written(section: Mapping[str, str], certificates: Path) -> str:
    """A section as TOML, with its files in the folder of the certificates."""
    return "\n".join(
        f"{name} = {json.dumps(str(certificates / value) if name.endswith('_file') else value)}"
        for name, value in section.items()
    )


@contextmanager
def guarding(home: Path, certificates: Path, password: str) -> Iterator[Doors]:
    """Runs the broker, with the certificates that `authority` has issued into a folder."""
    node = Node.of(home)
    node.folder.mkdir(parents=True)
    doors = _configure(node, certificates, password)
    command = [str(jvm.java()), *node.java_options, "-cp", jvm.classpath()]
    user = f"=[name={USER},password={password}]"
    known = [f"--add-scram=SCRAM-SHA-{size}{user}" for size in (256, 512)]
    jvm.run([*command, *node.format_arguments, *known])
    with node.console.open("wb") as console:
        process = subprocess.Popen(
            [*command, "kafka.Kafka", str(node.properties)],
            stdout=console, stderr=console, env=jvm.environment(),
        )  # fmt: skip
    try:
        _await_answer(node, process, doors)
        yield doors
    finally:
        process.kill()
        process.wait()


def _configure(node: Node, certificates: Path, password: str) -> Doors:
    open_, controller, scram, mtls, both = free_ports(5)
    node.configure(port=open_, controller=controller)
    added = DOORS.format(
        host=HOST, named=authority.HOST, controller=controller, open=open_, scram=scram, mtls=mtls,
        both=both, certificates=certificates, modules=MODULES, user=USER, password=password,
    )  # fmt: skip
    with node.properties.open("a", encoding="ascii") as properties:
        properties.write(added)
    named = [f"{authority.HOST}:{port}" for port in (scram, mtls, both)]
    return Doors(f"{HOST}:{open_}", *named)


def _await_answer(node: Node, process: subprocess.Popen[bytes], doors: Doors) -> None:
    deadline = time.monotonic() + START_SECONDS
    while any(refusal(door) for door in doors):
        assert process.poll() is None, node.last_lines(20)
        assert time.monotonic() < deadline, node.last_lines(20)
        time.sleep(LOOK)
