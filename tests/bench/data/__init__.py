"""The rows of the benchmark, and the PostgreSQL that holds them."""
