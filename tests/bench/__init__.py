"""The benchmark: the gateway beside what one would take instead, over the same tables."""
