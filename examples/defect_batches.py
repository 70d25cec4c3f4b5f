"""Follows the batches that are held to be defective: python defect_batches.py BROKER [TOPIC].

Security comes from the environment, under the names that kafka-python gives its options:
KAFKA_SECURITY_PROTOCOL=SASL_SSL KAFKA_SSL_CAFILE=ca.pem KAFKA_SASL_PLAIN_PASSWORD=...
"""

import json
import os
import sys

from kafka import KafkaConsumer  # pip install kafka-python

broker, topic = [*sys.argv[1:], "defect-batch-signals"][:2]
security = {
    name.removeprefix("KAFKA_").lower(): value
    for name, value in os.environ.items()
    if name.startswith(("KAFKA_SECURITY_", "KAFKA_SASL_", "KAFKA_SSL_"))
}
records = KafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest", **security)
told, defective = set(), {}
for record in records:
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
