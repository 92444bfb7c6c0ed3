"""The declared tables as SQLAlchemy's, which Alembic compares with a database and which can be created there."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from db.declarations import (
    Array,
    BigInteger,
    Bit,
    Boolean,
    Check,
    Column,
    ColumnType,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Moment,
    Numeric,
    Period,
    SmallInteger,
    Table,
    Text,
    TransactionId,
    Uuid,
)
from db.migrations import shorthand

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
"""The names of constraints, as migrations give them."""

TRIGRAMS = "gin_trgm_ops"


def sqlalchemy_tables(declared: MetaData) -> sa.MetaData:
    """The same tables."""
    metadata = sa.MetaData(naming_convention=NAMES)
    for table in declared.tables.values():
        prefixes = ["UNLOGGED"] if table.is_unlogged else []
        sa.Table(table.name, metadata, *_items(table), prefixes=prefixes)
    for table in declared.tables.values():
        for index in table.indexes:
            _add_index(metadata.tables[table.name], index)
    return metadata


def _items(table: Table) -> Iterator[Any]:
    yield from map(_column, table.columns.values())
    yield sa.PrimaryKeyConstraint(*table.primary_key)
    yield from map(_foreign_key, table.foreign_keys)
    yield from map(_check, table.checks)


def _column(column: Column) -> "sa.Column[Any]":
    default: Any = None
    if column.computed is not None:
        default = sa.Computed(column.computed, persisted=True)
    elif column.is_kept:
        default = sa.FetchedValue()
    elif column.default is not None:
        default = sa.text(column.default)
    return sa.Column(column.name, _type(column.type), nullable=column.nullable, server_default=default)


def _foreign_key(key: ForeignKeyConstraint) -> sa.ForeignKeyConstraint:
    referred = [f"{key.target}.{column}" for column in key.referred]
    return sa.ForeignKeyConstraint(key.columns, referred, ondelete=key.ondelete)


def _check(check: Check) -> sa.CheckConstraint:
    return sa.CheckConstraint(check.condition, name=check.name)


def _add_index(table: sa.Table, index: Index) -> None:
    sa.Index(
        index.name,
        *(_part(table, part) for part in index.parts),
        unique=index.unique,
        postgresql_where=sa.text(index.where) if index.where is not None else None,
        postgresql_include=list(index.include),
        postgresql_using=index.method,
        postgresql_with=index.options,
        postgresql_ops={part: TRIGRAMS for part in index.parts if part.endswith(TRIGRAMS)},
    )


def _part(table: sa.Table, part: str) -> Any:
    """A column or an expression; Alembic wants the operators of one apart, under its label."""
    if part in table.columns:
        return table.columns[part]
    if part.endswith(TRIGRAMS):
        expression: sa.ColumnElement[Any] = sa.literal_column(part.removesuffix(f" {TRIGRAMS}"))
        return expression.label(part)
    return sa.text(part)


def _type(type_: ColumnType) -> Any:
    match type_:
        case Text():
            return sa.Text(collation=type_.collation)
        case Numeric():
            return sa.Numeric(type_.precision, type_.scale)
        case Bit():
            return postgresql.BIT(type_.width)
        case Array():
            return sa.ARRAY(_type(type_.item))
        case _:
            return PLAIN[type(type_)]


PLAIN: dict[type[ColumnType], Any] = {
    Boolean: sa.Boolean(),
    SmallInteger: sa.SmallInteger(),
    Integer: sa.Integer(),
    BigInteger: sa.BigInteger(),
    Uuid: sa.Uuid(),
    Date: sa.Date(),
    Moment: postgresql.TIMESTAMP(timezone=True, precision=6),
    Period: postgresql.TSTZRANGE(),
    LargeBinary: sa.LargeBinary(),
    TransactionId: shorthand.TransactionId(),
}
