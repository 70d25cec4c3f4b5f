"""All that touches Kafka, Faust, files or a clock, in rooms along the data's way."""
