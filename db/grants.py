"""The rights of a database user that serves and does not migrate, as SQL: to rows, and settings of its sessions."""

from collections.abc import Mapping
from dataclasses import dataclass

from db.session_settings import dropped_by_poolers


@dataclass(frozen=True, slots=True)
class Parties:
    """The user that serves, the one that migrates and so owns the tables, and where these are."""

    role: str
    owner: str
    database: str
    schema: str = "public"


def grants(parties: Parties, settings: Mapping[str, str]) -> str:
    """SQL for a superuser or the owner, harmless when it is repeated, with what PgBouncer has to be told."""
    role, owner, database, schema = map(quoted, (parties.role, parties.owner, parties.database, parties.schema))
    default = f"alter default privileges for role {owner} in schema {schema}"
    lines = [
        f"-- {parties.role} serves, {parties.owner} migrates. Run this as {parties.owner} or as a superuser.",
        f"grant connect on database {database} to {role};",
        f"grant usage on schema {schema} to {role};",
        f"grant select, insert, update, delete on all tables in schema {schema} to {role};",
        f"grant usage on all sequences in schema {schema} to {role};",
        f"grant execute on all routines in schema {schema} to {role};",
        f"revoke insert, update, delete on {schema}.alembic_version from {role};",
        "",
        "-- The same for what later migrations make.",
        f"{default} grant select, insert, update, delete on tables to {role};",
        f"{default} grant usage on sequences to {role};",
        f"{default} grant execute on routines to {role};",
        "",
        "-- For replicas (ENFACT_READ_URLS) a superuser also runs this; the memory of connections is seen then, too.",
        f"-- grant pg_read_all_stats to {role};",
        "",
        "-- The settings of its sessions, for poolers that do not pass on what a client sends. PgBouncer (1.21 or",
        "-- newer, with max_prepared_statements = 64 in transaction mode, and ENFACT_STATEMENT_CACHE=64) also needs",
        f"-- ignore_startup_parameters = {', '.join(dropped_by_poolers(settings))}",
        *(f"alter role {role} in database {database} set {name} = '{value}';" for name, value in settings.items()),
    ]
    return "\n".join(lines)


def quoted(name: str) -> str:
    """A name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'
