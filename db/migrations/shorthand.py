"""Helpers for migrations: columns, checks, tenant tables, references and indexes; steps that stop nobody.

A migration is one transaction, or it says `in_steps = True`: then each of its statements is committed by itself, and
all of them can be repeated, since a migration that was interrupted begins again. `index_concurrently` and
`fill_in_batches` are for such migrations. On a database that is made anew they are plain statements, as nobody waits.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import UserDefinedType

from db.errors import DatabaseTimeout

MONEY = sa.Numeric(14, 2)
UNIT_PRICE = sa.Numeric(14, 4)
QUANTITY = sa.Numeric(14, 3)
RATE = sa.Numeric(5, 2)


class TransactionId(UserDefinedType[int]):
    """The 64-bit number of a transaction, which never comes again; a type that SQLAlchemy lacks."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Its name in SQL."""
        return "XID8"


PAGES: Final = 100
"""Pages of a table (8 KB each) whose rows are filled in one transaction: some thousand rows."""

LOCK_NOT_AVAILABLE: Final = "55P03"

PASSES: Final = 100
"""Times that a table is gone through for rows that were locked, or came, during the time before."""


def words(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    """A text column."""
    return sa.Column(name, sa.Text(), nullable=nullable, server_default=default and sa.text(f"'{default}'"))


def stamp(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A moment; when it may not be null it is the transaction's time by default."""
    kind = postgresql.TIMESTAMP(timezone=True, precision=6)
    return sa.Column(name, kind, nullable=nullable, server_default=None if nullable else sa.text("now()"))


def flag(name: str, *, default: bool = False) -> sa.Column[Any]:
    """A boolean column, never null."""
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text(str(default).lower()))


def check(table: str, column: str, *choices: str) -> sa.CheckConstraint:
    """The check that a column has one of these values, for `create_tenant_table`."""
    return sa.CheckConstraint(_listed(column, choices), name=op.f(f"ck_{table}_{column}"))


def add_check(table: str, column: str, *choices: str) -> None:
    """Add the check that a column has one of these values to an existing table."""
    add_check_that(table, column, _listed(column, choices))


def add_check_that(table: str, name: str, condition: str) -> None:
    """Add a check to an existing table, and validate the rows that it has."""
    _add_constraint(table, f"ck_{table}_{name}", f"check ({condition})")


def _listed(column: str, choices: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(map(repr, choices))})"


def create_tenant_table(name: str, *items: Any, node: bool = True) -> None:
    """A table of one company's rows, as `db.tables.metadata.tenant_table` declares it."""
    op.create_table(
        name,
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, server_default=sa.text("uuidv7()")),
        *items,
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{name}")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f(f"fk_{name}_company_id"), ondelete="CASCADE"),
    )
    if node:
        op.create_index(f"ix_{name}_id", name, ["id"])


def reference(table: str, column: str, target: str, *, ondelete: str = "NO ACTION") -> sa.ForeignKeyConstraint:
    """A foreign key inside one company, for `create_tenant_table`."""
    return sa.ForeignKeyConstraint(
        ["company_id", column],
        [f"{target}.company_id", f"{target}.id"],
        name=op.f(f"fk_{table}_company_id_{column}"),
        ondelete=ondelete,
    )


def add_reference(table: str, column: str, target: str) -> None:
    """Add a column to an existing table, with its foreign key inside one company."""
    name = op.f(f"fk_{table}_company_id_{column}")
    op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True), if_not_exists=_in_steps())
    _add_constraint(table, name, f"foreign key (company_id, {column}) references {target} (company_id, id)")


def add_columns(table: str, *definitions: str) -> None:
    """Add the columns that a table lacks, at one lock; each as `name type` in SQL, with `not null default` or null."""
    op.execute(f"alter table {table} " + ", ".join(f"add column if not exists {column}" for column in definitions))


def add_written(table: str) -> None:
    """Add the columns of rows that users write (`db.tables.metadata.written`)."""
    add_columns(
        table,
        "version integer not null default 1",
        "updated_at timestamp(6) with time zone not null default now()",
        "created_by uuid",
        "updated_by uuid",
        "deleted_at timestamp(6) with time zone",
    )


def create_index(table: str, *columns: str, unique: bool = False) -> None:
    """An index of a company's rows, named after its columns."""
    names = ["company_id", *columns]
    op.create_index(f"{'uq' if unique else 'ix'}_{table}_{'_'.join(names)}", table, names, unique=unique)


def index_concurrently(name: str, on: str, *, unique: bool = False) -> None:
    """Build an index while its table is read and written; one that a failure left half built is built again.

    `on` is what stands there in SQL: `invoice (company_id, number)`, with `using` and `where` where needed.
    """
    kind = "unique index" if unique else "index"
    if not _commits_each():
        op.execute(f"create {kind} {name} on {on}")
        return
    with _waiting_for_others():
        if _asked(f"select true from pg_index where indexrelid = to_regclass('{name}') and not indisvalid"):
            op.execute(f"drop index concurrently if exists {name}")
        op.execute(f"create {kind} concurrently if not exists {name} on {on}")


def drop_index_concurrently(name: str) -> None:
    """Drop an index while its table is read and written."""
    if not _commits_each():
        op.execute(f"drop index {name}")
        return
    with _waiting_for_others():
        op.execute(f"drop index concurrently if exists {name}")


def fill_in_batches(table: str, assignments: str, where: str) -> None:
    """Update the rows for which `where` holds, with a commit after some thousand; a filled row makes `where` false.

    A pass goes through the whole table, however large it is. Locked rows are left for the next one, so that nobody
    waits long and nobody is waited for. Raises DatabaseTimeout when rows are left after all passes; the rows that were
    filled stay so, and a later start goes on.
    """
    if not _commits_each() or op.get_context().as_sql:
        op.execute(f"update {table} set {assignments} where {where}")
        return
    for _ in range(PASSES):
        for first in range(0, _pages(table), PAGES):
            op.execute(_batch(table, assignments, where, first))
        if not _asked(f"select exists (select from {table} where {where})"):
            return
        op.execute("select pg_sleep(0.2)")
    raise DatabaseTimeout(f"Some rows of {table} are always locked, or come faster than they are filled; try again.")


def not_null_by_check(table: str, column: str) -> None:
    """Forbid nulls in a column: at once in new rows, then, by a scan beside readers and writers, in all."""
    _add_constraint(table, f"{table}_{column}_not_null", f"not null {column}")


def _add_constraint(table: str, name: str, definition: str) -> None:
    """Add a constraint that holds for new rows, unless it is there, and validate the others."""
    if not _asked(f"select true from pg_constraint where conrelid = '{table}'::regclass and conname = '{name}'"):
        op.execute(f"alter table {table} add constraint {name} {definition} not valid")
    op.execute(f"alter table {table} validate constraint {name}")


def _batch(table: str, assignments: str, where: str, first: int) -> str:
    return (
        f"update {table} set {assignments} where ctid = any(array("
        f"select ctid from {table} where ctid >= '({first},0)' and ctid < '({first + PAGES},0)' and ({where}) "
        "for update skip locked))"
    )


def _pages(table: str) -> int:
    return _asked(f"select pg_relation_size('{table}') / current_setting('block_size')::integer")


def _asked(question: str) -> Any:
    """The first column of the first row; None without a row, and while SQL is only written down."""
    return None if op.get_context().as_sql else op.get_bind().exec_driver_sql(question).scalar()


def _in_steps() -> bool:
    return bool(op.get_context().opts.get("in_steps"))


def _commits_each() -> bool:
    """True where each statement commits by itself, False on a database made anew. Raises RuntimeError elsewhere."""
    if op.get_context().opts.get("in_steps") is False:
        raise RuntimeError("on a database in use this needs a migration that says in_steps = True")
    return _in_steps()


@contextmanager
def _waiting_for_others() -> Generator[None]:
    """Statements that may wait long for a lock, because nobody waits behind them.

    Raises DatabaseTimeout when the patience is used up.
    """
    usual, patience = _asked("select current_setting('lock_timeout')"), op.get_context().opts["patience"]()
    op.execute(f"set lock_timeout = '{patience:.3f}s'")
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise DatabaseTimeout(
            f"Other transactions stayed open for more than {patience:.0f} s. What was done before stays done; "
            "end them, then start again."
        ) from error
    finally:
        if usual is not None:
            op.execute(f"set lock_timeout = '{usual}'")
