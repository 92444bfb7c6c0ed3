"""The common part of the Strawberry and the Ariadne contender: DataLoaders, and rights checked in Python.

It is written the ordinary way: one batched SQL statement for each kind of row, and an asyncpg pool with its defaults.
"""

import hashlib
import os
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import asyncpg
from starlette.applications import Starlette
from strawberry.dataloader import DataLoader

from schema.apps import CATALOGUE, App

POOL: Final = 2 * (os.cpu_count() or 1) + 3
WIDTH: Final = 256
Row: TypeAlias = Mapping[str, Any]

LISTS: Final = {
    "customers": ("contact", "t.is_customer", "t.name, t.id"),
    "products": ("product", "true", "t.name, t.id"),
    "product_groups": ("product_group", "true", "t.name, t.id"),
    "quotes": ("document", "t.kind = 'QUOTE'", "t.date desc, t.id desc"),
    "invoices": ("document", "t.kind = 'INVOICE'", "t.date desc, t.id desc"),
    "credit_notes": ("document", "t.kind = 'CREDIT_NOTE'", "t.date desc, t.id desc"),
    "documents": ("document", "true", "t.date desc, t.id desc"),
    "users": ("membership", "not t.external and t.removed_at is null", "t.last_name, t.id"),
}
"""Table, condition and order of each list of a company."""

ORDERS: Final = {
    "NAME_ASC": "t.name, t.id",
    "CREATED_AT_DESC": "t.created_at desc, t.id desc",
    "PRICE_DESC": "t.price desc, t.id desc",
    "DATE_DESC": "t.date desc, t.id desc",
    "DUE_DATE_ASC": "t.due_date, t.id",
    "TOTAL_INCL_DESC": "t.total_incl desc, t.id desc",
}


@dataclass(frozen=True, slots=True)
class Entered:
    """A company that the viewer can enter, with their rights there."""

    company: Row
    role: str | None
    mask: int

    def can(self, app: App) -> bool:
        """Whether the viewer holds the app."""
        return has(self.mask, CATALOGUE[app].position)


@dataclass(frozen=True, slots=True)
class ListKey:
    """One list of one company."""

    name: str
    company: uuid.UUID
    first: int
    status: tuple[str, ...] | None = None
    order: str | None = None


RowKey: TypeAlias = tuple[uuid.UUID, uuid.UUID]
"""A company and a row of it."""


class Loaders:
    """The DataLoaders of one request."""

    def __init__(self, pool: Any, token: str) -> None:
        self.pool = pool
        self.hashed = hashlib.sha256(token.encode()).digest()
        self.accounts: DataLoader[bytes, Row | None] = DataLoader(self._load_accounts)
        self.companies: DataLoader[uuid.UUID, Entered | None] = DataLoader(self._load_companies)
        self.customers: DataLoader[RowKey, Row | None] = DataLoader(self._load_customers)
        self.groups: DataLoader[RowKey, Row | None] = DataLoader(self._load_groups)
        self.lines: DataLoader[RowKey, Sequence[Row]] = DataLoader(self._load_lines)
        self.lists: DataLoader[ListKey, Sequence[Row]] = DataLoader(self._load_lists)

    async def account(self) -> Row | None:
        """The account of the viewer."""
        return await self.accounts.load(self.hashed)

    async def entered(self, first: int) -> list[Entered]:
        """The companies that the viewer can enter."""
        account = await self.account()
        if account is None:
            return []
        found = await self.pool.fetch(f"{ENTERED} order by c.name, c.id limit $2", account["id"], first)
        return [_entered(row) for row in found]

    async def people(self, company: uuid.UUID) -> Sequence[Row]:
        """The rows of the permission matrix."""
        return await self.pool.fetch(PEOPLE, company)

    async def apps(self) -> Sequence[Row]:
        """The rows of the app catalogue."""
        return await self.pool.fetch("select id, position, always_visible from app order by rank")

    async def _load_accounts(self, hashes: list[bytes]) -> list[Row | None]:
        return [await self.pool.fetchrow(ACCOUNT, hashed) for hashed in hashes]

    async def _load_companies(self, keys: list[uuid.UUID]) -> list[Entered | None]:
        account = await self.account()
        if account is None:
            return [None for _ in keys]
        found = await self.pool.fetch(f"{ENTERED} and c.id = any($2::uuid[])", account["id"], keys)
        by_key = {row["id"]: _entered(row) for row in found}
        return [by_key.get(key) for key in keys]

    async def _load_customers(self, keys: list[RowKey]) -> list[Row | None]:
        return await self._by_key("contact", keys)

    async def _load_groups(self, keys: list[RowKey]) -> list[Row | None]:
        return await self._by_key("product_group", keys)

    async def _by_key(self, table: str, keys: list[RowKey]) -> list[Row | None]:
        found = await self.pool.fetch(
            f"select t.* from unnest($1::uuid[], $2::uuid[]) a(company, id) "
            f"join {table} t on t.company_id = a.company and t.id = a.id",
            *_columns(keys),
        )
        by_key: dict[RowKey, Row] = {(row["company_id"], row["id"]): row for row in found}
        return [by_key.get(key) for key in keys]

    async def _load_lines(self, keys: list[RowKey]) -> list[Sequence[Row]]:
        found = await self.pool.fetch(LINES, *_columns(keys))
        lines: dict[RowKey, list[Row]] = {key: [] for key in keys}
        for row in found:
            lines[row["company_id"], row["document_id"]].append(row)
        return [lines[key] for key in keys]

    async def _load_lists(self, keys: list[ListKey]) -> list[Sequence[Row]]:
        answers: dict[ListKey, list[Row]] = {key: [] for key in keys}
        kinds: dict[tuple[object, ...], list[ListKey]] = {}
        for key in keys:
            kinds.setdefault((key.name, key.first, key.status, key.order), []).append(key)
        for alike in kinds.values():
            sql, arguments = _list(alike[0])
            by_company = {key.company: answers[key] for key in alike}
            for row in await self.pool.fetch(sql, list(by_company), *arguments):
                by_company[row["company_id"]].append(row)
        return [answers[key] for key in keys]


ACCOUNT = """
select a.* from credential k join account a on a.id = k.account_id where k.token_hash = $1 and k.expires_at > now()
"""
ENTERED = """
select c.*, m.role as own_role, c.mask & m.mask as effective
from membership m join company c on c.id = m.company_id
where m.account_id = $1 and m.accepted_at is not null and m.removed_at is null
  and (m.until is null or m.until > now())
"""
PEOPLE = """
select * from membership where company_id = $1 and removed_at is null order by external, created_at, id
"""
LINES = """
select l.* from unnest($1::uuid[], $2::uuid[]) a(company, document)
join document_line l on l.company_id = a.company and l.document_id = a.document order by l.document_id, l.position
"""


async def set_app_access(loaders: Loaders, given: Mapping[str, Any]) -> int | None:
    """Set one toggle; returns the new version of the matrix, None when it has changed meanwhile or access is denied."""
    company = key(given["companyId"])
    (change,) = given["changes"]
    async with loaders.pool.acquire() as connection, connection.transaction():
        account = await connection.fetchrow(ACCOUNT, loaders.hashed)
        owner = await connection.fetchval(
            f"select true from ({ENTERED}) e where e.id = $2 and e.own_role = 'OWNER'", account["id"], company
        )
        if not owner:
            return None
        locked = await connection.fetchrow("select * from company where id = $1 for update", company)
        if locked["access_version"] != given["expectedVersion"]:
            return None
        app = await connection.fetchrow("select id, position from app where id = $1", change["app"])
        await _toggle(connection, company, key(change["userId"]), app, account["id"], granted=change["granted"])
        return await connection.fetchval(
            "update company set access_version = access_version + 1 where id = $1 returning access_version", company
        )


async def _toggle(
    connection: Any, company: uuid.UUID, member: uuid.UUID, app: Row, actor: uuid.UUID, *, granted: bool
) -> None:
    if granted:
        await connection.execute(
            "insert into app_grant (company_id, membership_id, app_id, granted_by) values ($1, $2, $3, $4)",
            company, member, app["id"], actor,
        )  # fmt: skip
    else:
        await connection.execute(
            "update app_grant set valid = tstzrange(lower(valid), clock_timestamp()), revoked_by = $4 "
            "where company_id = $1 and membership_id = $2 and app_id = $3 and upper_inf(valid)",
            company, member, app["id"], actor,
        )  # fmt: skip
    await connection.execute(
        "update membership set toggles = set_bit(toggles, $3::int, $4::int) where company_id = $1 and id = $2",
        company, member, app["position"], int(granted),
    )  # fmt: skip
    await connection.execute(
        "insert into access_change (company_id, kind, actor_id, membership_id, app_id, before, after) "
        "values ($1, 'TOGGLE', $2, $3, $4, not $5::bool, $5::bool)",
        company, actor, member, app["id"], granted,
    )  # fmt: skip


async def create_customer(loaders: Loaders, given: Mapping[str, Any]) -> tuple[Row, Entered] | None:
    """Record a customer with these columns; returns its row, None when access is denied."""
    async with loaders.pool.acquire() as connection, connection.transaction():
        account: Row = await connection.fetchrow(ACCOUNT, loaders.hashed)
        entered = await _entered_for(connection, account, key(given["company_id"]))
        if entered is None or ("channel" in given and not entered.can(App.PROSPECTS)):
            return None
        number = await connection.fetchval(NEXT_NUMBER, entered.company["id"])
        columns = {
            **{name: value for name, value in given.items() if name != "company_id"},
            "company_id": entered.company["id"],
            "sequence_number": number,
            "number": f"C{number:05d}",
            "kind": "BUSINESS" if given.get("vat_number") else "CONSUMER",
            "peppol_id": _peppol_id(given.get("vat_number")),
            "created_by": account["id"],
            "updated_by": account["id"],
        }
        places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
        row = await connection.fetchrow(
            f"insert into contact ({', '.join(columns)}) values ({places}) returning *", *columns.values()
        )
        fields = [name for name in given if name != "company_id"]
        await connection.execute(
            CHANGE, row["company_id"], account["id"], row["id"], "CREATED", fields, "createCustomer"
        )
        return row, entered


async def update_customer(loaders: Loaders, given: Mapping[str, Any]) -> tuple[Row, Entered] | None:
    """Change these columns of a customer; returns its row, None when access is denied."""
    async with loaders.pool.acquire() as connection, connection.transaction():
        account: Row = await connection.fetchrow(ACCOUNT, loaders.hashed)
        found = await connection.fetchrow(
            "select * from contact where id = $1 and is_customer and deleted_at is null", key(given["customer_id"])
        )
        if found is None:
            return None
        entered = await _entered_for(connection, account, found["company_id"])
        if entered is None:
            return None
        columns = {name: value for name, value in given.items() if name != "customer_id"}
        sets = "".join(f"{name} = ${n}, " for n, name in enumerate(columns, 4))
        row = await connection.fetchrow(
            f"update contact set {sets}version = version + 1, updated_at = now(), updated_by = $3 "
            "where company_id = $1 and id = $2 returning *",
            found["company_id"], found["id"], account["id"], *columns.values(),
        )  # fmt: skip
        await connection.execute(
            CHANGE, row["company_id"], account["id"], row["id"], "CHANGED", list(columns), "updateCustomer"
        )
        return row, entered


CHANGE: Final = """
insert into change (company_id, actor_id, entity, key, kind, fields, operation)
values ($1, $2, 'Customer', $3, $4, $5, $6)
"""
NEXT_NUMBER: Final = """
insert into counter as k (company_id, kind, next) values ($1, 'CUSTOMER', 2)
on conflict (company_id, kind) do update set next = k.next + 1 returning k.next - 1
"""


async def _entered_for(connection: Any, account: Row, company: uuid.UUID) -> Entered | None:
    """The company, if the account can enter it."""
    row = await connection.fetchrow(f"{ENTERED} and c.id = $2", account["id"], company)
    return _entered(row) if row is not None else None


def _peppol_id(vat_number: str | None) -> str | None:
    """The enterprise number of a Belgian customer, in Peppol's scheme for it."""
    return f"0208:{vat_number[2:]}" if vat_number is not None and vat_number.startswith("BE") else None


@asynccontextmanager
async def pool_of(app: Starlette) -> AsyncGenerator[None]:
    """Keep the pool open while the application runs."""
    driver: Any = asyncpg
    app.state.pool = await driver.create_pool(os.environ["DATABASE_URL"], min_size=POOL, max_size=POOL)
    yield
    await app.state.pool.close()


def key(id: str) -> uuid.UUID:
    """The key in a global id."""
    return uuid.UUID(id.partition("_")[2])


def gid(prefix: str, key: uuid.UUID) -> str:
    """A global id."""
    return f"{prefix}_{key.hex}"


def bearer(request: Any) -> str:
    """The token of a request."""
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def has(mask: int, position: int) -> bool:
    """Whether an app's bit is set."""
    return bool(mask >> (WIDTH - 1 - position) & 1)


def bits(mask: Any) -> int:
    """The bits of PostgreSQL's value of a mask, as an integer."""
    return mask.to_int(bitorder="big")


def _entered(row: Row) -> Entered:
    return Entered(row, row["own_role"], bits(row["effective"]))


def _columns(keys: Sequence[RowKey]) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    return [company for company, _ in keys], [id for _, id in keys]


def _list(asked: ListKey) -> tuple[str, list[object]]:
    table, condition, order = LISTS[asked.name]
    arguments: list[object] = [asked.first]
    if asked.status is not None:
        arguments.append(list(asked.status))
        condition += " and t.status = any($3::text[])"
    sql = (
        f"select t.* from unnest($1::uuid[]) a(id), lateral (select t.* from {table} t where t.company_id = a.id "
        f"and {condition} order by {ORDERS[asked.order] if asked.order else order} limit $2) t"
    )
    return sql, arguments
