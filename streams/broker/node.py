"""The files of the one Kafka node below the home directory: configuration, data, logs."""

import json
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Self

HOST = "127.0.0.1"

# A killed broker's successor may register only when the session of the first has ended. Twice a
# second, as by default, a controller without followers need not write that nothing has happened.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
metadata.max.idle.interval.ms=10000
auto.create.topics.enable=false
message.max.bytes=8388608
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""

LOGGING = """\
rootLogger.level=warn
rootLogger.appenderRef.file.ref=file
appender.file.type=RollingFile
appender.file.name=file
appender.file.fileName={log}
appender.file.filePattern={log}.%i
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d{{ISO8601}} %p %c: %m%n%throwable{{short.message}}
appender.file.policies.type=Policies
appender.file.policies.size.type=SizeBasedTriggeringPolicy
appender.file.policies.size.size=10MB
appender.file.strategy.type=DefaultRolloverStrategy
appender.file.strategy.max=2
"""


@dataclass(frozen=True)
class Node:
    """The node's folder and what lies in it."""

    folder: Path

    @classmethod
    def of(cls, home: Path) -> Self:
        return cls((home / "kafka").absolute())

    @property
    def record(self) -> Path:
        return self.folder / "broker.json"

    @property
    def lock(self) -> Path:
        """Held by the Java process as long as it lives."""
        return self.folder / "broker.lock"

    @property
    def properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def log(self) -> Path:
        return self.folder / "kafka.log"

    @property
    def console(self) -> Path:
        return self.folder / "console.log"

    @property
    def formatted(self) -> bool:
        return (self._data / "meta.properties").exists()

    @property
    def format_arguments(self) -> list[str]:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = "kafka.tools.StorageTool"
        return [tool, "format", f"--cluster-id={cluster}", "-c", str(self.properties)]

    @property
    def java_options(self) -> list[str]:
        return [
            "-Xms256m",
            "-Xmx512m",
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=50",
            f"-Dlog4j2.configurationFile={self._logging.as_uri()}",
        ]

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _logging(self) -> Path:
        return self.folder / "log4j2.properties"

    def configure(self, *, port: int, controller: int) -> None:
        """Writes the configuration for these two ports, and starts with empty logs."""
        properties = PROPERTIES.format(
            host=HOST, port=port, controller=controller, data=_escaped(self._data)
        )
        self.properties.write_text(properties, encoding="ascii")
        self._logging.write_text(LOGGING.format(log=_escaped(self.log)), encoding="ascii")
        for log in (self.log, self.console):
            log.unlink(missing_ok=True)

    def last_lines(self, count: int = 5) -> str:
        """The end of what the node logged and of what Java itself printed."""
        lines = [
            line
            for log in (self.log, self.console)
            if log.exists()
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
        ]
        return "\n".join(lines) or f"nothing in {self.log}"


def _escaped(path: Path) -> str:
    """As a Java properties file wants it; it shares its escapes with JSON."""
    return json.dumps(str(path))[1:-1]
