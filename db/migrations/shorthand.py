"""What migrations say again and again: a company's table, a reference to one, an index."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

MONEY = sa.Numeric(14, 2)
UNIT_PRICE = sa.Numeric(14, 4)
QUANTITY = sa.Numeric(14, 3)
RATE = sa.Numeric(5, 2)


def words(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    """A text column."""
    return sa.Column(name, sa.Text(), nullable=nullable, server_default=default and sa.text(f"'{default}'"))


def stamp(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A moment; when it may not be null it is the transaction's time by default."""
    kind = postgresql.TIMESTAMP(timezone=True, precision=6)
    return sa.Column(name, kind, nullable=nullable, server_default=None if nullable else sa.text("now()"))


def flag(name: str, *, default: bool = False) -> sa.Column[Any]:
    """Yes or no."""
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text(str(default).lower()))


def check(table: str, column: str, *choices: str) -> sa.CheckConstraint:
    """That a column has one of these values, for `create_tenant_table`."""
    return sa.CheckConstraint(_listed(column, choices), name=op.f(f"ck_{table}_{column}"))


def add_check(table: str, column: str, *choices: str) -> None:
    """The same on a table that is there already."""
    add_check_that(table, column, _listed(column, choices))


def add_check_that(table: str, name: str, condition: str) -> None:
    """A condition on the rows of a table that is there already; those that are there are looked at, too."""
    op.execute(f"alter table {table} add constraint ck_{table}_{name} check ({condition}) not valid")
    op.execute(f"alter table {table} validate constraint ck_{table}_{name}")


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
    """A column of a table that is there already, and the foreign key inside one company that it is."""
    name = op.f(f"fk_{table}_company_id_{column}")
    op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
    op.execute(
        f"alter table {table} add constraint {name} foreign key (company_id, {column}) "
        f"references {target} (company_id, id) not valid"
    )
    op.execute(f"alter table {table} validate constraint {name}")


def create_index(table: str, *columns: str, unique: bool = False) -> None:
    """An index of a company's rows, named after its columns."""
    names = ["company_id", *columns]
    op.create_index(f"{'uq' if unique else 'ix'}_{table}_{'_'.join(names)}", table, names, unique=unique)
