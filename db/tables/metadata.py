"""The metadata that every table joins: naming convention, column shorthands, and which GraphQL types live in a table.

A table says with `holds` which types its rows are, so that the compiler finds `Invoice` in `document` without schema
and db importing each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Constraint,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import BIT, TIMESTAMP

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

APPS = 256
"""Width of a permission mask in bits: one position per app, never reused."""

NO_APPS = text(f"repeat('0', {APPS})::bit({APPS})")

Stamp = TIMESTAMP(timezone=True, precision=6)
Money = Numeric(14, 2)
UnitPrice = Numeric(14, 4)
Quantity = Numeric(14, 3)
Rate = Numeric(5, 2)
Exchange = Numeric(14, 6)


@dataclass(frozen=True, slots=True)
class Holding:
    """Which rows of a table are rows of one GraphQL type: `where` column equals value, for each pair.

    None means `is null`.
    """

    where: Mapping[str, object]


def holds(
    *,
    order: str,
    ended: str | None = None,
    private: str | None = None,
    catalogue: bool = False,
    **types: Mapping[str, object],
) -> dict[str, Any]:
    """The `info` of a table: GraphQL type name -> what makes a row one of that type (`{}`: every row).

    `order` is how its rows are listed unless something else is asked for: a column, or `-column` for the greatest
    first. `ended` names the column that is set when a row has ended: it is listed no more, though older rows may
    still refer to it. `private` names the column with the membership whose rights a row was made with: it is for
    nobody else. A catalogue is the same few rows for everyone.
    """
    held = {name: Holding(where) for name, where in types.items()}
    return {"types": held, "order": order, "ended": ended, "private": private, "catalogue": catalogue}


def add_to(table: Table, *items: Column[Any] | Constraint, **types: Mapping[str, object]) -> None:
    """What an app adds to a table of another file: columns, references, and GraphQL types that are rows of it."""
    for item in items:
        if isinstance(item, Column):
            table.append_column(item)
        else:
            table.append_constraint(item)
    table.info["types"].update({name: Holding(where) for name, where in types.items()})


def index(table: Table, *columns: str, unique: bool = False) -> Index:
    """An index of a company's rows by `columns`, on a table of another file."""
    kind = "uq" if unique else "ix"
    names = ("company_id", *columns)
    return Index(f"{kind}_{table.name}_{'_'.join(names)}", *(table.columns[name] for name in names), unique=unique)


def mask(name: str, **options: Any) -> Column[Any]:
    """A bit string with one position per app."""
    return Column(name, BIT(APPS), nullable=False, **options)


def stamp(name: str, *, nullable: bool = False) -> Column[Any]:
    """A moment; when it may not be null it is the transaction's time by default."""
    return Column(name, Stamp, nullable=nullable, server_default=None if nullable else text("now()"))


def key(name: str = "id", *, timeless: bool = False) -> Column[Any]:
    """A uuidv7 key, which tells when its row was made; a `timeless` one tells nothing."""
    return Column(name, Uuid, nullable=False, server_default=text("gen_random_uuid()" if timeless else "uuidv7()"))


def tenant_table(
    name: str, *items: Any, info: dict[str, Any] | None = None, node: bool = True, timeless: bool = False
) -> Table:
    """A table of one company's rows: `company_id` leads its primary key.

    `node` adds the plain index that `node(id:)` needs; `timeless` keys tell nobody when a row was made.
    """
    indexes = [Index(f"ix_{name}_id", "id")] if node else []
    return Table(
        name,
        metadata,
        Column("company_id", Uuid, nullable=False),
        key(timeless=timeless),
        *items,
        PrimaryKeyConstraint("company_id", "id"),
        ForeignKeyConstraint(["company_id"], ["company.id"], ondelete="CASCADE"),
        *indexes,
        info={"tenant": True, **(info or {})},
    )


def reference(column: str, target: str, *, ondelete: str = "NO ACTION") -> ForeignKeyConstraint:
    """A foreign key inside one company: both sides carry `company_id`."""
    return ForeignKeyConstraint(["company_id", column], [f"{target}.company_id", f"{target}.id"], ondelete=ondelete)


def one_of(column: str, *choices: str) -> CheckConstraint:
    """The check that a column has one of these values."""
    return CheckConstraint(f"{column} in ({', '.join(map(repr, choices))})", name=column)


def moment(column: str) -> CheckConstraint:
    """The check that a column has no infinity, which is no moment that anybody could be told."""
    return CheckConstraint(f"isfinite({column})", name=f"{column}_is_a_moment")


def words(name: str, *, nullable: bool = False, default: str | None = None) -> Column[Any]:
    """A text column; its length is bounded where it is written."""
    return Column(name, Text, nullable=nullable, server_default=None if default is None else text(f"'{default}'"))
