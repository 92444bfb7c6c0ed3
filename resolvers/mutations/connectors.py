"""Connections with other services: owners set them up and change them; their end is one statement elsewhere
(`resolvers/writing/unversioned/service.py`).

A secret is encrypted before a connection to the database is taken, and never returned. A change needs the service's app
to be active, since the row is hidden from every viewer while it is not.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from asyncpg import Record

from db.secrets import Keyring, NoSecretKey, SecretPlace
from resolvers.forms.texts import is_plain
from resolvers.mutations.company_lock import enter_as_owner, turn_of
from resolvers.mutations.context import (
    JUDGED,
    Forbidden,
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    UserErrors,
    key_of,
)
from resolvers.mutations.input_checks import NAME, InputChecks
from resolvers.mutations.steps.active_apps import not_awake
from resolvers.user_problems import UserProblem, invalid, reached
from schema.apps import CATALOGUE, App, AppKind
from schema.errors import NO_SECRET_KEY, TOO_MANY, TOO_MANY_SERVICES, UserErrorCode
from schema.errors import ValidationReason as Reason

SERVICES: Final = 200
"""Maximum number of connections of a company."""

SECRET, OPTIONS, VALUE = 4_000, 20, 1_000
"""Maximum length of a secret in characters, number of options of a connection, and length of an option's value."""

RECOGNIZABLE: Final = 12
"""Minimum length of a secret, in characters, whose last four characters are shown."""

COUNT_SERVICES: Final = "select count(*) from connected_service where company_id = $1"
INSERT_SERVICE: Final = f"""
{JUDGED}
insert into connected_service (company_id, id, connector, label, external_account, secret, secret_last4, created_by_id,
                               created_at)
select company, $5, $6, $7, $8, $9, $10, member, at from judged
returning true
"""
FIND_SERVICE: Final = """
select id, connector, label, status, external_account, secret, secret_last4 from connected_service
where company_id = $1 and id = $2
for no key update
"""
UPDATE_SERVICE: Final = f"""
{JUDGED}
update connected_service
set label = $6, external_account = $7, secret = $8, secret_last4 = $9, status = $10
from judged where company_id = judged.company and id = $5
returning true
"""
DELETE_OPTIONS: Final = "delete from connector_option where company_id = $1 and service_id = $2"
INSERT_OPTIONS: Final = """
insert into connector_option (company_id, service_id, name, value)
select $1, $2, name, value from unnest($3::text[], $4::text[]) o(name, value)
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted secret, or the problem with it; both are None when the secret is removed."""

    service: uuid.UUID
    secret: bytes | None = None
    last4: str | None = None
    problem: UserProblem | None = None


def _encrypt_new(keyring: Keyring, given: InputValues) -> Sealed:
    """The secret of a new connection, bound to the key that is made here."""
    return _seal(keyring, given, uuid.uuid4())


def _encrypt_other(keyring: Keyring, given: InputValues) -> Sealed | None:
    service = key_of(given["connectedServiceId"], "cns")
    return _seal(keyring, given, service) if service is not None else None


def _seal(keyring: Keyring, given: InputValues, service: uuid.UUID) -> Sealed:
    secret: str | None = given.get("secret")
    company = key_of(given["companyId"], "com")
    if secret is None or company is None:
        return Sealed(service)
    if not 1 <= len(secret) <= SECRET or "\0" in secret or any("\ud800" <= one <= "\udfff" for one in secret):
        reason = Reason.REQUIRED if not secret else Reason.TOO_LONG if len(secret) > SECRET else Reason.FORMAT
        return Sealed(service, problem=invalid(("secret",), reason, most=SECRET))
    try:
        sealed = keyring.seal(SecretPlace(company, service), secret)
    except NoSecretKey:
        return Sealed(service, problem=invalid(("secret",), Reason.NOT_ALLOWED, NO_SECRET_KEY))
    end = secret[-4:]
    shown = len(secret) >= RECOGNIZABLE and end.isprintable()
    return Sealed(service, sealed, end if shown else None)


async def connect_service(write: MutationContext, given: InputValues) -> MutationResult:
    """Set up a connection with a service whose app is active.

    Raises Forbidden, RateLimited and UserErrors (NOT_FOUND, VALIDATION, APP_NOT_ACTIVE, PLAN_REQUIRED,
    LIMIT_REACHED).
    """
    turn = turn_of("connections", key_of(given["companyId"], "com"))
    company = await enter_as_owner(write, given["companyId"], turn)
    written = {"company": company["id"]}
    app: App = given["app"]
    if CATALOGUE[app].kind is not AppKind.CONNECTION:
        raise UserErrors(invalid(("app",), Reason.NOT_ALLOWED), values=written)
    if problem := not_awake(company, app, ("app",)):
        raise UserErrors(problem, values=written)
    sealed: Sealed = write.prepared
    checks = InputChecks()
    label = checks.name("label", given["label"], NAME)
    account = checks.line("externalAccount", given.get("externalAccount"))
    options = _options(checks, given.get("options") or ())
    _check_secret(checks, sealed)
    checks.refuse(written)
    if await write.connection.fetchval(COUNT_SERVICES, company["id"]) >= SERVICES:
        raise UserErrors(reached(SERVICES, TOO_MANY_SERVICES), values=written)
    row = (company["id"], sealed.service)
    right = write.right(company["id"], app, as_owner=True)
    values = (app.name, label, account, sealed.secret, sealed.last4)
    if not await write.connection.fetchval(INSERT_SERVICE, *right, sealed.service, *values):
        raise Forbidden
    await write.connection.execute(INSERT_OPTIONS, *row, list(options), list(options.values()))
    return MutationResult({**written, "connectedService": sealed.service})


async def update_connected_service(write: MutationContext, given: InputValues) -> MutationResult:
    """Change a connection. Its status becomes PENDING until it is seen to work again, or DISABLED.

    Raises Forbidden, RateLimited and UserErrors (NOT_FOUND, VALIDATION, APP_NOT_ACTIVE, PLAN_REQUIRED).
    """
    company, service, app = await _service(write, given)
    if problem := not_awake(company, app, ("connectedServiceId",)):
        raise UserErrors(problem, values={"company": company["id"]})
    written = {"company": company["id"], "connectedService": service["id"]}
    checks = InputChecks()
    label, account = service["label"], service["external_account"]
    if "label" in given:
        label = checks.name("label", given["label"] or "", NAME)
    if "externalAccount" in given:
        account = checks.line("externalAccount", given["externalAccount"])
    options = _options(checks, given["options"]) if given.get("options") is not None else None
    for member in ("options", "enabled"):
        if member in given and given[member] is None:
            checks.add(member, Reason.REQUIRED)
    secret, last4 = service["secret"], service["secret_last4"]
    if "secret" in given:
        sealed: Sealed = write.prepared
        _check_secret(checks, sealed)
        secret, last4 = sealed.secret, sealed.last4
    checks.refuse(written)
    row = (company["id"], service["id"])
    enabled = given.get("enabled", service["status"] != "DISABLED")
    right, status = write.right(company["id"], app, as_owner=True), "PENDING" if enabled else "DISABLED"
    if not await write.connection.fetchval(
        UPDATE_SERVICE, *right, service["id"], label, account, secret, last4, status
    ):
        raise Forbidden
    if options is not None:
        await write.connection.execute(DELETE_OPTIONS, *row)
        await write.connection.execute(INSERT_OPTIONS, *row, list(options), list(options.values()))
    return MutationResult(written)


async def _service(write: MutationContext, given: InputValues) -> tuple[Record, Record, App]:
    """The company, its locked connection, and the app of the connection.

    Raises Forbidden, RateLimited and UserErrors (NOT_FOUND).
    """
    company = await enter_as_owner(write, given["companyId"])
    key = key_of(given["connectedServiceId"], "cns")
    service = await write.connection.fetchrow(FIND_SERVICE, company["id"], key)
    if service is None:
        problem = UserProblem(UserErrorCode.NOT_FOUND, ("connectedServiceId",))
        raise UserErrors(problem, values={"company": company["id"]})
    return company, service, App[service["connector"]]


def _options(checks: InputChecks, given: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The options, name -> value. Adds a problem for each that is invalid or given twice."""
    options: dict[str, str] = {}
    if len(given) > OPTIONS:
        checks.add("options", Reason.TOO_LONG, TOO_MANY, most=OPTIONS)
        return options
    for place, option in enumerate(given):
        one = InputChecks()
        name = one.name("name", option["name"], NAME)
        value: str = option["value"]
        if len(value) > VALUE:
            one.add("value", Reason.TOO_LONG, most=VALUE)
        elif not is_plain(value):
            one.add("value")
        if name in options:
            one.add("name", Reason.COMBINATION)
        options[name] = value
        checks.problems.extend(
            replace(problem, field=("options", str(place), *(problem.field or ()))) for problem in one.problems
        )
    return options


def _rows(given: InputValues) -> int:
    """The connection and its options."""
    return 1 + len(given.get("options") or ())


def _check_secret(checks: InputChecks, sealed: Sealed) -> None:
    if sealed.problem is not None:
        checks.problems.append(sealed.problem)


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "connectService": Mutation(connect_service, encrypt=_encrypt_new, rows=_rows),
    "updateConnectedService": Mutation(update_connected_service, encrypt=_encrypt_other, rows=_rows),
}
