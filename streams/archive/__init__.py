"""The archive: all inputs as Parquet, read by DuckDB, and how long they are kept."""
