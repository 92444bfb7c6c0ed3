"""`enfact errors`: the catalogue of error codes."""

from gateway.cli.terminal import refusals


def errors() -> None:
    """Print every error code with its meaning, its status and what to do; tab-separated where it is piped."""
    with refusals():
        from gateway.cli.errors import print_errors

        print_errors()
