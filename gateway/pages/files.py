"""The files of `gateway/console`, as they are served: each with its media type, its entity tag, and packed with gzip.

Their version is a hash over all of them. An address with the version in it never has another content; in HTML, what
begins with `"./` is made such an address.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gateway.http.compression import gzip

FOLDER: Final = Path(__file__).parent.parent / "console"
ROOT: Final = "/console/"
"""The path of the console in a browser."""

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".graphql": "application/graphql; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""The media type of each kind of file; other kinds are not served."""

VERSION_LENGTH: Final = 12
LEVEL: Final = 9
ASIDE: Final = 32_768
"""Bytes from which a file is packed in a thread: a millisecond of work."""


class ServedFile:
    """One file; it is packed at its first use, and stays so."""

    def __init__(self, media_type: str, body: bytes) -> None:
        self.media_type = media_type
        self.body = body
        self.tag = hashlib.sha256(body).hexdigest()[:16]
        self._packed: bytes | None = None

    async def packed(self) -> bytes:
        """The file in gzip (RFC 1952)."""
        if self._packed is None:
            aside = len(self.body) >= ASIDE
            self._packed = await asyncio.to_thread(gzip, self.body, LEVEL) if aside else gzip(self.body, LEVEL)
        return self._packed


class ServedFiles:
    """The files of a folder by their paths in it, and their version; `without` names subfolders that are left out."""

    def __init__(self, folder: Path = FOLDER, *, without: frozenset[str] = frozenset()) -> None:
        found = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.suffix in MEDIA_TYPES and path.relative_to(folder).parts[0] not in without
        }
        self.version = version_of(found)
        self._files = {name: self._served(name, content) for name, content in found.items()}

    def find(self, name: str) -> ServedFile | None:
        """The file with this path in the folder."""
        return self._files.get(name)

    def _served(self, name: str, content: bytes) -> ServedFile:
        folder, _, _ = name.rpartition("/")
        if name.endswith(".html"):
            versioned = f'"{ROOT}{self.version}/{folder + "/" if folder else ""}'
            content = content.replace(b'"./', versioned.encode())
        return ServedFile(MEDIA_TYPES[Path(name).suffix], content)


def version_of(files: Mapping[str, bytes]) -> str:
    """The hash of files by their names."""
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()[:VERSION_LENGTH]
