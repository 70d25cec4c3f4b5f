"""Follows the batches that are held to be defective: python defect_batches.py BROKER [TOPIC]."""

import json
import sys

from kafka import KafkaConsumer  # pip install kafka-python

broker, topic = [*sys.argv[1:], "defect-batch-signals"][:2]
told, defective = set(), {}
for record in KafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest"):
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
