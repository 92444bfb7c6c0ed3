"""The metadata of all tables: naming convention, column shorthands, and the GraphQL types of a table's rows.

A table declares with `holds` the types of its rows, so that the compiler finds `Invoice` in `document` without an
import between schema and db.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from db.declarations import (
    Bit,
    Check,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Item,
    MetaData,
    Moment,
    Numeric,
    PrimaryKey,
    Table,
    Text,
    Uuid,
)
from db.text.folding import LONGEST_START

metadata = MetaData()

APPS = 256
"""Width of a permission mask in bits: one position per app, never reused."""

NO_APP = f"B'{'0' * APPS}'"
"""The empty mask as a constant: the linter of migrations takes no function as the default of a column added later."""

DELETED = "deleted_at"
"""The column of rows that can be deleted and restored."""

Stamp = Moment()
Money = Numeric(14, 2)
UnitPrice = Numeric(14, 4)
Quantity = Numeric(14, 3)
Rate = Numeric(5, 2)
Exchange = Numeric(14, 6)


@dataclass(frozen=True, slots=True)
class Holding:
    """The rows of a table that belong to one GraphQL type: column equals value, for each pair of `where`.

    None stands for `is null`.
    """

    where: Mapping[str, object]


def holds(
    *,
    order: str,
    ended: str | None = None,
    private: str | None = None,
    owners: bool = False,
    catalogue: bool = False,
    **types: Mapping[str, object],
) -> dict[str, Any]:
    """The `info` of a table: GraphQL type name -> condition of that type's rows (`{}`: every row).

    `order` is the default order of lists: a column, or `-column` for descending. `ended` names the column that is set
    when a row has ended: it is no longer listed, but older rows may still refer to it. `private` names the column with
    the membership that made a row: only that user sees the row, and with `owners` also the company's owners.
    `catalogue`: the table has the same few rows for every viewer.
    """
    held = {name: Holding(where) for name, where in types.items()}
    return {"types": held, "order": order, "ended": ended, "private": private, "owners": owners, "catalogue": catalogue}


def add_to(table: Table, *items: Item, **types: Mapping[str, object]) -> None:
    """Add columns, constraints, indexes and GraphQL types of an app to a table of another file."""
    table.add(*items)
    table.info["types"].update({name: Holding(where) for name, where in types.items()})


def index(table: Table, *columns: str, unique: bool = False) -> None:
    """Add an index of a company's rows by `columns` to a table of another file."""
    kind = "uq" if unique else "ix"
    names = ("company_id", *columns)
    table.add(Index(f"{kind}_{table.name}_{'_'.join(names)}", *names, unique=unique))


def folded(column: str) -> str:
    """The folded form of a text column (db/text), for an index that finds texts."""
    return _in_order_of_characters(f"folded({column})")


def bare_number(column: str) -> str:
    """The bare form of a column's numbers (db/text), for an index that finds numbers."""
    return _in_order_of_characters(f"bare_number({column})")


def start(compared: str) -> str:
    """The beginning of a text in its folded or bare form, for an index that bounds the length of what it takes."""
    return _in_order_of_characters(f"left({compared}, {LONGEST_START})")


def reading_key(column: str) -> str:
    """The reading key of a text column (db/text), for an index that sorts texts."""
    return _in_order_of_characters(f"reading_key({column})")


def _in_order_of_characters(expression: str) -> str:
    return f'({expression}) collate "C"'


def stored_key(column: str) -> Column:
    """The reading key of a text column of the same table, which a trigger keeps (D99)."""
    return Column(f"{column}_key", Text("C"), nullable=False, is_kept=True)


def reading_index(table: Table, *columns: str, where: str | None = None, kind: str = "") -> None:
    """Add an index of a company's rows in the order of their last column as people read it, then by id.

    `kind` tells it from others on these columns.
    """
    *leading, read = columns
    stored = f"{read}_key" if f"{read}_key" in table.columns else None
    table.add(
        Index(
            f"ix_{table.name}_company_id_{'_'.join(columns)}_{kind}{'read' if stored is None else 'key'}",
            "company_id",
            *leading,
            reading_key(read) if stored is None else stored,
            "id",
            where=where,
        )
    )


def folded_index(table: Table, *columns: str) -> None:
    """Add an index that finds a company's rows by the folded form of their last column, whole or by its beginning."""
    *leading, sought = columns
    name = f"ix_{table.name}_company_id_{'_'.join(columns)}_start"
    table.add(Index(name, "company_id", *leading, start(f"folded({sought})"), info={"texts": (sought,)}))


def loose_key(name: str, *, nullable: bool = False) -> Column:
    """The key of a row of another table, without a foreign key: its lock would hold up changes of that row."""
    return Column(name, Uuid, nullable=nullable, info={"refers": True})


def written() -> tuple[Column, ...]:
    """The columns of rows that the product's users write: version, time and author of the last change, deletion.

    `created_by` and `updated_by` are accounts; null for rows that were imported or are from before these columns.
    A row with `deleted_at` is deleted: it is in no list, but rows that refer to it still show it.
    """
    return (
        Column("version", Integer, nullable=False, default="1"),
        stamp("updated_at"),
        loose_key("created_by", nullable=True),
        loose_key("updated_by", nullable=True),
        stamp(DELETED, nullable=True),
    )


def external_id_index(table: Table, of: str | None = None) -> None:
    """Add the index by which the `external_id` of a company's rows is unique, among those that meet `of`."""
    where = " and ".join(filter(None, ("external_id is not null", of)))
    table.add(Index(f"uq_{table.name}_company_id_external_id", "company_id", "external_id", unique=True, where=where))


def mask(name: str, **options: Any) -> Column:
    """A bit string with one position per app."""
    return Column(name, Bit(APPS), nullable=False, **options)


def stamp(name: str, *, nullable: bool = False) -> Column:
    """A moment; when it may not be null it is the transaction's time by default."""
    return Column(name, Stamp, nullable=nullable, default=None if nullable else "now()")


def key(name: str = "id", *, timeless: bool = False) -> Column:
    """A uuidv7 key, which contains the time of its row; a `timeless` key is random."""
    return Column(name, Uuid, nullable=False, default="gen_random_uuid()" if timeless else "uuidv7()")


def tenant_table(
    name: str, *items: Any, info: dict[str, Any] | None = None, node: bool = True, timeless: bool = False
) -> Table:
    """A table of one company's rows: `company_id` leads its primary key.

    Rows with a `deleted_at` end with it (`ended` of `holds`), and are found by it. `node` adds the plain index that
    `node(id:)` needs; `timeless` as for `key`.
    """
    indexes = [Index(f"ix_{name}_id", "id")] if node else []
    deletable = _deletable(items)
    if deletable:
        indexes.append(Index(f"ix_{name}_{DELETED}", DELETED, "id", where=f"{DELETED} is not null"))
    return Table(
        name,
        metadata,
        Column("company_id", Uuid, nullable=False),
        key(timeless=timeless),
        *items,
        PrimaryKey("company_id", "id"),
        ForeignKeyConstraint(["company_id"], ["company.id"], ondelete="CASCADE"),
        *indexes,
        info={"tenant": True, **(info or {}), **deletable},
    )


def _deletable(items: Iterable[Any]) -> Mapping[str, str]:
    """The `info` of a table among whose items is the column of deletion."""
    found = [item.name for item in items if isinstance(item, Column) and item.name == DELETED]
    return {"ended": DELETED} if found else {}


def document_pairs(name: str, other: str) -> Table:
    """A table of pairs: a document and a row of another table that goes with it."""
    return Table(
        name,
        metadata,
        Column("company_id", Uuid, nullable=False),
        Column("document_id", Uuid, nullable=False),
        Column(f"{other}_id", Uuid, nullable=False),
        PrimaryKey("company_id", "document_id", f"{other}_id"),
        ForeignKeyConstraint(["company_id"], ["company.id"], ondelete="CASCADE"),
        reference("document_id", "document", ondelete="CASCADE"),
        reference(f"{other}_id", other, ondelete="CASCADE"),
        Index(f"ix_{name}_company_id_{other}_id", "company_id", f"{other}_id"),
        info={"tenant": True},
    )


def reference(column: str, target: str, *, ondelete: str = "NO ACTION") -> ForeignKeyConstraint:
    """A foreign key inside one company: both sides carry `company_id`."""
    return ForeignKeyConstraint(["company_id", column], [f"{target}.company_id", f"{target}.id"], ondelete=ondelete)


def whole_of(table: Table) -> ForeignKeyConstraint | None:
    """The reference of a table of parts to the table of their wholes, with which they go; None for another table."""
    keys = [key for key in table.foreign_keys if key.ondelete == "CASCADE" and key.target != "company"]
    return keys[0] if len(keys) == 1 else None


def one_of(column: str, *choices: str) -> Check:
    """The check that a column has one of these values."""
    return Check(f"{column} in ({', '.join(map(repr, choices))})", name=column)


def moment(column: str) -> Check:
    """The check that a column has no infinity, which is no DateTime of the schema."""
    return Check(f"isfinite({column})", name=f"{column}_is_a_moment")


def words(name: str, *, nullable: bool = False, default: str | None = None) -> Column:
    """A text column; its length is bounded by the code that writes it."""
    return Column(name, Text, nullable=nullable, default=None if default is None else f"'{default}'")
