"""The yardsticks of `benchmarks.throughput`: one small file a peer, each a process of its own.

All decode the same complaints and count them by the same three cuts, written as their own
documentation recommends; where it leaves a choice, the faster one. `python -m benchmarks.peers NAME
BOOTSTRAP GROUP EVENTS FOLDER` prints how many events were counted and the seconds from the first
to the last of them, or the module that is `missing`.
"""

DISTRIBUTIONS = (
    "faust-streaming",
    "quixstreams",
    "bytewax",
    "kafka-python",
    "confluent-kafka",
    "aiokafka",
)
"""What the peers are made of, as packages are named."""
NAMES = (
    "faust_agent", "faust_take", "quixstreams_window", "quixstreams_plain", "bytewax_stateful",
    "bytewax_batched", "kafka_python", "confluent_kafka", "aiokafka",
)  # fmt: skip
