"""A primary and a replica by TLS, names verified: who is not the server is refused in words, and the promise holds."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from db.connection import connect
from db.database import PoolSettings
from db.embedded import Embedded
from db.errors import DatabaseMisconfigured
from db.lease import ReplicaSettings
from db.migrate import migrate
from db.replica_diagnosis import diagnose_replicas
from db.replication_status import RETRY
from gateway.backend import DatabaseBackend, Terms
from gateway.logs import open_log
from resolvers.app_rows import app_rows
from tests.attacks.test_replicas import gateway, wrong_after_switches
from tests.support.databases import folder_for_servers
from tests.support.relays import relay
from tests.support.replicated import PATIENCE, Cluster, Member, until
from tests.support.secured import Authority, Secured, dsn_by_tls, own_address, programs_with_tls
from tests.support.standby import QUICK, copy_as_standby

PLAIN: Final = """
select count(*) from pg_stat_activity a left join pg_stat_ssl s using (pid)
where a.application_name like 'enfact%' and not coalesce(s.ssl, false)
"""
CIPHERED: Final = "select count(*) from pg_stat_ssl where ssl"


@dataclass(frozen=True, slots=True)
class Secret:
    """A primary and a standby of it by TLS alone, and the authorities: the one that signed, and another one."""

    servers: Cluster
    addresses: tuple[str, str]
    authority: Authority
    stranger: Authority


@pytest.fixture(scope="module")
async def secret() -> AsyncGenerator[Secret]:
    programs = programs_with_tls()
    with folder_for_servers() as home:
        authority, stranger = (Authority.found(home / f"{name}.pem") for name in ("own", "other"))
        addresses = own_address(0), own_address(1)
        first = Embedded(home / "primary", binaries=programs, settings=QUICK)
        await migrate(await first.start(), app_rows())
        await first.stop()
        copy_as_standby(home / "primary", home / "one")
        for name, address in zip(("primary", "one"), addresses, strict=True):
            authority.sign(home / name / "data", address)
        conninfo = (
            f"host={addresses[0]} user=postgres application_name=one sslmode=verify-full sslrootcert={authority.file}"
        )
        settings = {**QUICK, "synchronous_commit": "local"}
        primary = Secured(home / "primary", addresses[0], settings)
        standby = Secured(home / "one", addresses[1], {**settings, "primary_conninfo": conninfo})
        async with primary, standby:
            members = [
                Member(name, dsn_by_tls(address, authority=authority.file), home / name)
                for name, address in zip(("primary", "one"), addresses, strict=True)
            ]
            servers = Cluster(members[0], members[1:])
            await servers.wait_for("one")
            yield Secret(servers, addresses, authority, stranger)


async def test_replicas_keep_the_promise_by_tls(secret: Secret) -> None:
    async with gateway(secret.servers) as place:
        before = place.figure("_reads_total")
        assert await wrong_after_switches(place, 50) == 0
        assert place.figure("_reads_total") - before == 50
        for member in (secret.servers.primary, *secret.servers.standbys):
            assert await member.run(PLAIN) == 0
            assert int(str(await member.run(CIPHERED))) >= 3


async def test_the_name_of_each_of_several_hosts_is_verified(secret: Secret) -> None:
    one, two = secret.addresses
    connection = await connect(dsn_by_tls(two, one, authority=secret.authority.file))
    assert await connection.fetchval("select pg_is_in_recovery()") is False
    await connection.close()


async def refusal(dsn: str) -> str:
    """What an operator reads who starts a gateway with this address."""
    with pytest.raises(DatabaseMisconfigured) as caught:
        await connect(dsn)
    return str(caught.value)


async def test_another_authority_is_refused_in_words(secret: Secret) -> None:
    one, two = secret.addresses
    for hosts in ((one,), (two, one)):
        said = await refusal(dsn_by_tls(*hosts, authority=secret.stranger.file))
        assert "certificate" in said
        assert "sslrootcert" in said


async def test_files_that_are_no_authority_are_refused_in_words(secret: Secret, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    for content in (None, "no certificate"):
        if content is not None:
            broken.write_text(content)
        said = await refusal(dsn_by_tls(secret.addresses[0], authority=broken))
        assert f"{broken} that the address of the database names as sslrootcert" in said


async def test_a_server_without_tls_is_refused_in_words(worker_dsn: str, secret: Secret) -> None:
    async with relay(worker_dsn) as plain:
        said = await refusal(dsn_by_tls(f"127.0.0.1:{plain.port}", authority=secret.authority.file))
    assert "no TLS" in said


async def presented(address: str) -> str:
    """The certificate that a server presents."""
    connection: Any = await connect(dsn_by_tls(address, authority=None, mode="require"))
    tls = connection._transport.get_extra_info("ssl_object")
    await connection.close()
    return ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True))


async def certify(secret: Secret, address: str, days: int = 2) -> None:
    """Give the running replica another certificate."""
    secret.authority.sign(secret.servers.standbys[0].folder / "data", address, days=days)
    connection = await connect(dsn_by_tls(secret.addresses[1], authority=None, mode="require"))
    await connection.execute("select pg_reload_conf()")
    await connection.close()
    wanted = (secret.servers.standbys[0].folder / "data" / "server.crt").read_text()
    async with asyncio.timeout(PATIENCE):
        while await presented(secret.addresses[1]) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("days", [1, 2])
async def test_a_replica_with_a_wrong_certificate_answers_nothing_until_it_has_a_right_one(
    secret: Secret, days: int
) -> None:
    """It is for another address, or expired."""
    two = secret.addresses[1]
    primary, replica = secret.servers.primary.dsn, secret.servers.standbys[0].dsn
    await certify(secret, own_address(2) if days == 2 else two, days)
    try:
        said = await refusal(replica)
        assert "certificate" in said
        assert ("expired" if days == 1 else "IP address mismatch") in said
        (finding,) = [finding async for finding in diagnose_replicas([replica], 1.0, primary)]
        assert (finding.is_good, finding.words) == (False, said)
        replicas = Terms(replicas=ReplicaSettings([replica]))
        backend = DatabaseBackend(primary, PoolSettings(size=2), open_log("off", "json"), replicas)
        await backend.open()
        try:
            await asyncio.sleep(2 * RETRY)
            assert backend.figures()["enfact_replicas_serving"] == 0
            await certify(secret, two)
            await until(lambda: backend.figures()["enfact_replicas_serving"] == 1)
        finally:
            await backend.close()
    finally:
        await certify(secret, two)
