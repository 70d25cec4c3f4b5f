"""Follows the batches that are held to be defective: python defect_batches.py BROKER [TOPIC].

Security comes from the environment, under the names that kafka-python gives its options:
KAFKA_SECURITY_PROTOCOL=SASL_SSL KAFKA_SSL_CAFILE=ca.pem KAFKA_SASL_PLAIN_PASSWORD=...
"""

import json
import os
import sys

from kafka import KafkaConsumer  # pip install kafka-python
from kafka.errors import KafkaError

if len(sys.argv) < 2:
    sys.exit(__doc__.partition("\n")[0])
broker, topic = [*sys.argv[1:], "defect-batch-signals"][:2]
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
print(f"following {topic} at {broker}", file=sys.stderr)
told, defective = set(), {}
for record in consumer:
    signal = json.loads(record.value)
    name = signal["id"], signal["state"], signal["revision"]
    if name in told:
        continue  # records may repeat, and the first counts
    told.add(name)
    if signal["state"] in ("provisional", "confirmed"):
        defective[signal["id"]] = signal["batch"]
    else:  # withdrawn: there never was a defect; cleared: it is over
        defective.pop(signal["id"], None)
    print(signal["batch"], signal["state"], "- defective:", *sorted(defective.values()), flush=True)
