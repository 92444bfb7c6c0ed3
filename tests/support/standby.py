"""A PostgreSQL in recovery, made by copying the folder of a stopped one: it answers reads, and can be promoted."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from db.connection import connect
from db.embedded import Embedded

QUICK = {"fsync": "off", "shared_buffers": "16MB"}


def copy_as_standby(original: Path, copy: Path, settings: Mapping[str, str] = QUICK) -> Embedded:
    """The server with these settings on a copy of a stopped server's folder; once started it is a standby."""
    shutil.copytree(original, copy, symlinks=True, ignore=shutil.ignore_patterns(".s.PGSQL*", "postmaster.pid"))
    (copy / "data" / "standby.signal").touch()
    for folder, _, files in os.walk(original):
        for name in ("", *files):
            source = Path(folder) / name
            target = copy / source.relative_to(original)
            if target.exists() and not target.is_symlink():
                os.chown(target, source.stat().st_uid, source.stat().st_gid)
    owner = (original / "data").stat()
    os.chown(copy / "data" / "standby.signal", owner.st_uid, owner.st_gid)
    return Embedded(copy, settings=settings)


async def promote(dsn: str) -> None:
    """Make a standby take writes."""
    connection = await connect(dsn)
    assert await connection.fetchval("select pg_promote()")
    await connection.close()
