"""The archive: all inputs as Parquet, read by DuckDB; what is kept of whom, and for how long."""
