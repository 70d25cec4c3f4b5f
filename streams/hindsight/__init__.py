"""Without Kafka: a history played through the same functions, asked, judged and rebuilt from."""
