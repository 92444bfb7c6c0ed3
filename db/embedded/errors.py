"""The one error of the embedded server: its text says what is wrong and what to do."""


class EmbeddedError(RuntimeError):
    """The embedded server cannot be used; the message is written for the person who started it."""
