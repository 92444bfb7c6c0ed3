"""Connections with other services: owners set them up, change and delete them.

A secret is encrypted before a connection to the database is taken; nothing here gives one back. A change needs the
service's app to be active, since the row is hidden from everybody while it is not.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from asyncpg import Record

from db.secrets import Keyring, NoSecretKey, Place
from resolvers.mutations.access import has
from resolvers.validation import NAME, Checks, is_plain
from resolvers.writing import (
    JUDGED,
    Forbidden,
    Input,
    Mutation,
    Problem,
    Refused,
    Write,
    Written,
    enter_as_owner,
    key_of,
    turn_of,
)
from schema.apps import CATALOGUE, App, AppKind, app_label
from schema.errors import NO_SECRET_KEY, UserErrorCode

SERVICES: Final = 200
"""So many connections a company has at most."""

SECRET, OPTIONS, VALUE = 4_000, 20, 1_000
"""The longest secret in characters, the most options of a connection, and the longest value of one."""

RECOGNIZABLE: Final = 12
"""The end of a secret is shown when it has so many characters."""

COUNT: Final = "select count(*) from connected_service where company_id = $1"
CONNECT: Final = f"""
{JUDGED}
insert into connected_service (company_id, id, connector, label, external_account, secret, secret_last4, created_by_id,
                               created_at)
select company, $5, $6, $7, $8, $9, $10, member, at from judged
returning true
"""
SERVICE: Final = """
select id, connector, label, status, external_account, secret, secret_last4 from connected_service
where company_id = $1 and id = $2
for no key update
"""
UPDATE: Final = f"""
{JUDGED}
update connected_service
set label = $6, external_account = $7, secret = $8, secret_last4 = $9, status = $10
from judged where company_id = judged.company and id = $5
returning true
"""
NO_OPTIONS: Final = "delete from connector_option where company_id = $1 and service_id = $2"
ADD_OPTIONS: Final = """
insert into connector_option (company_id, service_id, name, value)
select $1, $2, name, value from unnest($3::text[], $4::text[]) o(name, value)
"""
RELEASE: Final = "update payment_account set connection_id = null where company_id = $1 and connection_id = $2"
DELETE: Final = f"""
{JUDGED}
delete from connected_service using judged where company_id = judged.company and id = $5 returning true
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it is stored in a connection, or why it cannot be; both are None when it is taken away."""

    service: uuid.UUID
    secret: bytes | None = None
    last4: str | None = None
    problem: Problem | None = None


def _seal_new(keyring: Keyring, given: Input) -> Sealed:
    """The key of a new connection, to which its secret is bound."""
    return _seal(keyring, given, uuid.uuid4())


def _seal_other(keyring: Keyring, given: Input) -> Sealed | None:
    service = key_of(given["connectedServiceId"], "cns")
    return _seal(keyring, given, service) if service is not None else None


def _seal(keyring: Keyring, given: Input, service: uuid.UUID) -> Sealed:
    secret: str | None = given.get("secret")
    company = key_of(given["companyId"], "com")
    if secret is None or company is None:
        return Sealed(service)
    if not 1 <= len(secret) <= SECRET or "\0" in secret or any("\ud800" <= one <= "\udfff" for one in secret):
        return Sealed(service, problem=_invalid("secret"))
    try:
        sealed = keyring.seal(Place(company, service), secret)
    except NoSecretKey:
        return Sealed(service, problem=Problem(UserErrorCode.VALIDATION, ("secret",), text=NO_SECRET_KEY))
    end = secret[-4:]
    shown = len(secret) >= RECOGNIZABLE and end.isprintable()
    return Sealed(service, sealed, end if shown else None)


async def connect_service(write: Write, given: Input) -> Written:
    """Set up a connection with a service whose app is active."""
    turn = turn_of("connections", key_of(given["companyId"], "com"))
    company = await enter_as_owner(write, given["companyId"], turn)
    written = {"company": company["id"]}
    app: App = given["app"]
    if CATALOGUE[app].kind is not AppKind.CONNECTION:
        raise Refused(_invalid("app"), values=written)
    if not has(company["mask"], app):
        raise Refused(_not_active(app, "app"), values=written)
    sealed: Sealed = write.prepared
    checks = Checks()
    label = checks.name("label", given["label"], NAME)
    account = checks.line("externalAccount", given.get("externalAccount"))
    options = _options(checks, given.get("options") or ())
    _check_secret(checks, sealed)
    checks.refuse(written)
    if await write.connection.fetchval(COUNT, company["id"]) >= SERVICES:
        raise Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS), values=written)
    row = (company["id"], sealed.service)
    right = write.right(company["id"], app, as_owner=True)
    values = (app.name, label, account, sealed.secret, sealed.last4)
    if not await write.connection.fetchval(CONNECT, *right, sealed.service, *values):
        raise Forbidden
    await write.connection.execute(ADD_OPTIONS, *row, list(options), list(options.values()))
    return Written({**written, "connectedService": sealed.service})


async def update_connected_service(write: Write, given: Input) -> Written:
    """Change a connection, which then has to show again that it works."""
    company, service, app = await _service(write, given)
    if not has(company["mask"], app):
        raise Refused(_not_active(app, "connectedServiceId"), values={"company": company["id"]})
    written = {"company": company["id"], "connectedService": service["id"]}
    checks = Checks()
    label, account = service["label"], service["external_account"]
    if "label" in given:
        label = checks.name("label", given["label"] or "", NAME)
    if "externalAccount" in given:
        account = checks.line("externalAccount", given["externalAccount"])
    options = _options(checks, given["options"]) if given.get("options") is not None else None
    for member in ("options", "enabled"):
        if member in given and given[member] is None:
            checks.add(member)
    secret, last4 = service["secret"], service["secret_last4"]
    if "secret" in given:
        sealed: Sealed = write.prepared
        _check_secret(checks, sealed)
        secret, last4 = sealed.secret, sealed.last4
    checks.refuse(written)
    row = (company["id"], service["id"])
    enabled = given.get("enabled", service["status"] != "DISABLED")
    right, status = write.right(company["id"], app, as_owner=True), "PENDING" if enabled else "DISABLED"
    if not await write.connection.fetchval(UPDATE, *right, service["id"], label, account, secret, last4, status):
        raise Forbidden
    if options is not None:
        await write.connection.execute(NO_OPTIONS, *row)
        await write.connection.execute(ADD_OPTIONS, *row, list(options), list(options.values()))
    return Written(written)


async def disconnect_service(write: Write, given: Input) -> Written:
    """Delete a connection with its secret, whether its app is active or not; what came over it stays."""
    company, service, _ = await _service(write, given)
    await write.connection.execute(RELEASE, company["id"], service["id"])
    if not await write.connection.fetchval(DELETE, *write.right(company["id"], as_owner=True), service["id"]):
        raise Forbidden
    return Written({"company": company["id"]})


async def _service(write: Write, given: Input) -> tuple[Record, Record, App]:
    """The company, its connection, locked, and the app of that. Raises Refused (NOT_FOUND) and Forbidden."""
    company = await enter_as_owner(write, given["companyId"])
    key = key_of(given["connectedServiceId"], "cns")
    service = await write.connection.fetchrow(SERVICE, company["id"], key)
    if service is None:
        problem = Problem(UserErrorCode.NOT_FOUND, ("connectedServiceId",))
        raise Refused(problem, values={"company": company["id"]})
    return company, service, App[service["connector"]]


def _options(checks: Checks, given: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The settings by their names, of which each comes once."""
    options: dict[str, str] = {}
    if len(given) > OPTIONS:
        checks.add("options")
        return options
    for place, option in enumerate(given):
        one = Checks()
        name = one.name("name", option["name"], NAME)
        value: str = option["value"]
        if len(value) > VALUE or not is_plain(value):
            one.add("value")
        if name in options:
            one.add("name")
        options[name] = value
        checks.problems.extend(_invalid("options", str(place), *(problem.field or ())) for problem in one.problems)
    return options


def _rows(given: Input) -> int:
    """The connection and its settings."""
    return 1 + len(given.get("options") or ())


def _check_secret(checks: Checks, sealed: Sealed) -> None:
    if sealed.problem is not None:
        checks.problems.append(sealed.problem)


def _invalid(*path: str) -> Problem:
    return Problem(UserErrorCode.VALIDATION, path, lambda language: {"field": path[-1]})


def _not_active(app: App, member: str) -> Problem:
    return Problem(UserErrorCode.APP_NOT_ACTIVE, (member,), lambda language: {"app": app_label(app, language)})


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "connectService": Mutation(connect_service, seal=_seal_new, rows=_rows),
    "updateConnectedService": Mutation(update_connected_service, seal=_seal_other, rows=_rows),
    "disconnectService": Mutation(disconnect_service),
}
