"""Requests: the operations, the load generator, and the worst loads."""
