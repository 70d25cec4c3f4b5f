"""Follows the batches that are held to be defective: python defect_batches.py BROKER [TOPIC].

Security comes from the environment, under the names that kafka-python gives its options:
KAFKA_SECURITY_PROTOCOL=SASL_SSL KAFKA_SSL_CAFILE=ca.pem KAFKA_SASL_PLAIN_PASSWORD=...
"""

import json
import os
import sys

from kafka import KafkaConsumer  # pip install kafka-python
from kafka.errors import KafkaError

DEFECTIVE = ("provisional", "confirmed")  # withdrawn: there never was a defect; cleared: it is over


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.partition("\n")[0])
    broker, topic = [*sys.argv[1:], "defect-batch-signals"][:2]
    consumer = subscribed(broker, topic)
    print(f"following {topic} at {broker}", file=sys.stderr)
    told, defective = set(), {}
    for record in consumer:
        signal = json.loads(record.value)
        name = signal["id"], signal["state"], signal["revision"]
        if name in told:
            continue  # records may repeat, and the first counts
        told.add(name)
        defective.pop(signal["id"], None)
        if signal["state"] in DEFECTIVE:
            defective[signal["id"]] = plain(signal["batch"])
        print(headline(signal), "- defective:", *sorted(defective.values()))
        print(*(f"  {line}\n" for line in figures(signal)), sep="", end="", flush=True)


def subscribed(broker, topic):
    security = {
        name.removeprefix("KAFKA_").lower(): value
        for name, value in os.environ.items()
        if name.startswith(("KAFKA_SECURITY_", "KAFKA_SASL_", "KAFKA_SSL_"))
    }
    try:
        consumer = KafkaConsumer(
            bootstrap_servers=broker,
            auto_offset_reset="earliest",
            bootstrap_timeout_ms=5000,
            **security,
        )
        topics = consumer.topics()
    except (KafkaError, ValueError, OSError) as error:
        sys.exit(f"the broker at {broker} does not answer: {error}")
    if topic not in topics:
        sys.exit(f"topic {topic} does not exist at {broker}; tocsin run creates it")
    consumer.subscribe([topic])
    return consumer


def headline(signal):
    """The batch, where it stands, and since when."""
    product = f" of {plain(signal['product'])}" if signal.get("product") else ""
    line = f"{plain(signal['batch'])}{product} {signal['state']}"
    if "onset" not in signal:
        return line
    people = f"{signal['observed']:g} people where {signal['expected']:.3g} were expected"
    return f"{line} since {signal['onset']}: {people}"


def figures(signal):
    """A line of its rate and one of its fault, where they are known; null is not zero."""
    if rate := signal.get("rate"):
        yield (
            f"{rate['per_thousand']:.3g} per thousand of {rate['units']} units "
            f"({rate['low']:.3g} to {rate['high']:.3g}), neighbours {rate['neighbours']:.3g}: "
            f"{measures(rate['evidence'])}"
        )
    if fault := signal.get("fault"):
        evidence = signal.get("fault_evidence")
        yield f"fault {plain(fault)}" + (f": {measures(evidence)}" if evidence else "")


def measures(evidence):
    """As those who watch over products know them."""
    return (
        f"n {evidence['n']}, PRR {evidence['prr']:.3g}, "
        f"chi-square {evidence['chi_squared']:.3g}, EB05 {evidence['eb05']:.3g}"
    )


def plain(text):
    """Names are as they were sent, so nothing of them may move the cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)


if __name__ == "__main__":
    main()
