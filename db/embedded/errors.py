"""The error of the embedded server; its text names the problem and the remedy."""


class EmbeddedError(RuntimeError):
    """The embedded server cannot be used; the message is for the operator."""
