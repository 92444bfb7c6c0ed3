"""Passwords in tests: hashed as the product does it, with a thousandth of the work."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import pytest
from argon2 import PasswordHasher

from resolvers.mutations import passwords

FULL: Final = passwords.HASHER
"""The hasher of the product."""

CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@contextmanager
def cheap_hashing() -> Generator[None]:
    """Let the product hash cheaply in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", CHEAP)
        yield
