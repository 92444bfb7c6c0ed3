"""The benchmark: the gateway compared with its alternatives, on the same tables."""
