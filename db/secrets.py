"""Secrets at rest: takes keys, encrypts and decrypts the credentials of connections with other services.

A secret is encrypted (Fernet: AES-CBC and HMAC-SHA256) before it reaches PostgreSQL, together with its place, so that
it is of no use in another row. No query needs a secret, so the encryption library is imported with the first one.
"""

import base64
import hashlib
import os
import re
import tempfile
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}=", re.ASCII)
"""32 bytes in the base64 of URLs."""

KEY_FILE: Final = "secrets.key"
"""The name of the file with the keys beside an embedded server's data: one key a line, newest first."""


class NoSecretKey(Exception):
    """No key to encrypt with is configured."""


class SecretUnreadable(Exception):
    """A secret cannot be read: its key is missing, or it was encrypted for another row."""


class KeyFileBroken(Exception):
    """The key file cannot be used; the message gives the operator the reason in one sentence."""


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """The row that a secret belongs to."""

    company: uuid.UUID
    service: uuid.UUID

    @property
    def mark(self) -> bytes:
        """The bytes that are encrypted in front of the secret."""
        return self.company.bytes + self.service.bytes


class Keyring:
    """Keys, newest first: the first one encrypts, all of them read."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        """`keys` are valid (`is_key`), newest first; a key that is given twice counts once."""
        self._keys = tuple(dict.fromkeys(keys))

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def names(self) -> tuple[str, ...]:
        """A short name for each key, part of its hash, which does not reveal the key."""
        return tuple(hashlib.sha256(key.encode()).hexdigest()[:8] for key in self._keys)

    def seal(self, place: SecretPlace, secret: str) -> bytes:
        """Encrypt a secret for its place, with the newest key. Raises NoSecretKey."""
        if not self._keys:
            raise NoSecretKey("There is no key to encrypt with: set ENFACT_SECRET_KEYS (enfact secrets new-key).")
        from cryptography.fernet import MultiFernet  # noqa: PLC0415 (slow to import; with the first secret)

        return MultiFernet(self._fernets).encrypt(place.mark + secret.encode())

    def open(self, place: SecretPlace, sealed: bytes) -> str:
        """The secret that was encrypted for this place. Raises SecretUnreadable."""
        return self._read(place, sealed)[1]

    def which(self, place: SecretPlace, sealed: bytes) -> int:
        """The index of the key that reads a secret; 0 is the newest. Raises SecretUnreadable."""
        return self._read(place, sealed)[0]

    def _read(self, place: SecretPlace, sealed: bytes) -> tuple[int, str]:
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 (slow to import; with the first secret)

        for number, fernet in enumerate(self._fernets):
            try:
                text = fernet.decrypt(sealed)
            except InvalidToken:
                continue
            if text.startswith(place.mark):
                return number, text[len(place.mark) :].decode()
            break
        raise SecretUnreadable("The secret cannot be read with the keys at hand.")

    @cached_property
    def _fernets(self) -> tuple["Fernet", ...]:
        from cryptography.fernet import Fernet  # noqa: PLC0415 (slow to import; with the first secret)

        return tuple(Fernet(key) for key in self._keys)


def new_key() -> str:
    """A new random key."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def is_key(text: str) -> bool:
    """True for a text in the form of a key."""
    return KEY.fullmatch(text) is not None


def folder_keys(folder: Path, *, make: bool) -> tuple[str, ...]:
    """The keys in a folder's key file, newest first; `make` makes a missing file, with a new key.

    Raises KeyFileBroken for a file that cannot be read or made, and for invalid content.
    """
    file = folder / KEY_FILE
    try:
        if not file.exists():
            if not make:
                return ()
            _make(file)
        keys = tuple(file.read_text(encoding="ascii").split())
    except UnicodeDecodeError:
        keys = ()
    except OSError as error:
        raise KeyFileBroken(f"{file} cannot be used: {error.strerror}.") from error
    if not keys or not all(map(is_key, keys)):
        raise KeyFileBroken(f"{file} should hold keys as enfact secrets new-key prints them, one a line, newest first.")
    return keys


def _make(file: Path) -> None:
    """Make the file with a new key, complete from its first moment. A file made meanwhile by another process stays."""
    number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{KEY_FILE}-")  # readable for its owner only
    try:
        with os.fdopen(number, "w", encoding="ascii") as unfinished:
            unfinished.write(f"{new_key()}\n")
            unfinished.flush()
            os.fsync(unfinished.fileno())
        with suppress(FileExistsError):
            os.link(name, file)
    finally:
        Path(name).unlink()
