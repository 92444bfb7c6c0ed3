"""The emitter: the one door from text to SQL, and from SQL to the JSON text that PostgreSQL writes.

`Sql` is made only from texts that stand in the code (`sql`), from names of the metadata and from `$n::type`; a value
never becomes text of a statement. `rows` is the only way to name a tenant table, so that each of them carries its
company.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, LiteralString, TypeAlias

from sqlalchemy import Table


class Sql(str):
    """A fragment of SQL."""

    __slots__ = ()


def sql(template: LiteralString, /, *parts: Sql) -> Sql:
    """SQL that stands in the code, with fragments in the places of `{}`."""
    return Sql(template.format(*parts))


def join(separator: LiteralString, parts: Iterable[Sql]) -> Sql:
    """Fragments with a separator between them."""
    return Sql(separator.join(parts))


def every(conditions: Iterable[Sql]) -> Sql:
    """The conjunction of conditions; true when there is none."""
    return join(" and ", conditions) or TRUE


def number(value: int) -> Sql:
    """An integer of the compiler's own (never of a client)."""
    return Sql(int(value))


def literal(text: str) -> Sql:
    """A text constant: a name of the schema or a piece of JSON of the compiler's own."""
    if "\0" in text or "\\" in text:
        raise ValueError("no text constant of the compiler holds a NUL or a backslash")
    return Sql("'" + text.replace("'", "''") + "'")


def alias(prefix: LiteralString, n: int) -> Sql:
    """The n-th alias of its kind in a statement."""
    return Sql(f"{prefix}{n}")


def parameter(n: int, type_name: LiteralString) -> Sql:
    """The n-th parameter of a statement, counted from 1."""
    return Sql(f"${n}::{type_name}")


TRUE: Final = sql("true")
NULL: Final = sql("null")


# --- tables ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rows:
    """A table under an alias, with the conditions that belong to naming it.

    `copies` are columns of which another table in the same FROM has a copy that is better placed. `relation` is what is
    computed of the table under that name, and then the copies are its columns.
    """

    table: Table
    name: Sql
    where: tuple[Sql, ...] = ()
    copies: Mapping[str, Sql] = field(default_factory=dict[str, Sql])
    relation: Sql | None = None

    def __getitem__(self, column: str) -> Sql:
        """The column of that name; KeyError if the table has none."""
        if column in self.copies:
            return self.copies[column]
        return Sql(f"{self.name}.{self.table.columns[column].name}")

    @property
    def source(self) -> Sql:
        """What stands after FROM."""
        return Sql(f"{self.table.name if self.relation is None else f'({self.relation})'} {self.name}")


def rows(table: Table, name: Sql, *, company: Sql | None = None) -> Rows:
    """The rows of a table; of a tenant table only those of `company`, which such a table must be given."""
    if not table.info.get("tenant"):
        return Rows(table, name)
    if company is None:
        raise ValueError(f"{table.name} is a tenant table: say whose rows")
    return Rows(table, name, (sql("{}.company_id = {}", name, company),))


def equals(column: Sql, value: object) -> Sql:
    """The condition that a column has a constant value of the metadata's `holds`."""
    match value:
        case None:
            return sql("{} is null", column)
        case bool():
            return column if value else sql("not {}", column)
        case str():
            return sql("{} = {}", column, literal(value))
        case _:
            raise TypeError(f"no constant of a table: {value!r}")


def derived(rows: Rows, computed: Mapping[str, Sql]) -> Sql:
    """All columns of rows for a SELECT, those in `computed` with another value."""
    names = [column.name for column in rows.table.columns]
    return join(", ", [sql("{} {}", computed.get(name, rows[name]), Sql(name)) for name in names])


# --- JSON -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of JSON that is known when the statement is compiled."""

    text: str


@dataclass(frozen=True, slots=True)
class Expression:
    """A piece of JSON that PostgreSQL computes: SQL of type text, never null."""

    sql: Sql


@dataclass(frozen=True, slots=True)
class Choice:
    """Two ways to go on, between which PostgreSQL chooses: `other` where the condition is not true."""

    condition: Sql
    then: "Json"
    other: "Json"


Piece: TypeAlias = Text | Expression | Choice
Json: TypeAlias = tuple[Piece, ...]

SHORT: Final = 100
"""So many characters of constant text are worth writing twice to save PostgreSQL a concatenation."""


def concatenation(json: Json) -> Sql:
    """SQL that gives the JSON as one text.

    The chain of `||` is a balanced tree: PostgreSQL's stack and time are linear in a left-deep chain's length.
    """
    return balanced([_written(piece) for piece in _merged(json)])


def length(json: Json) -> int:
    """How many characters of SQL the JSON takes, about."""
    return sum(_length(piece) for piece in json)


def _length(piece: Piece) -> int:
    match piece:
        case Text(text):
            return len(text)
        case Expression(written):
            return len(written)
        case Choice(condition, then, other):
            return len(condition) + length(then) + length(other)


def _written(piece: Piece) -> Sql:
    match piece:
        case Text(text):
            return literal(text)
        case Expression(written):
            return written
        case Choice(condition, then, other):
            return sql("case when {} then {} else {} end", condition, concatenation(then), concatenation(other))


def _merged(json: Json) -> list[Piece]:
    """The same JSON in fewer pieces: each is one more text that PostgreSQL makes, for each row."""
    merged: list[Piece] = []
    for piece in json:
        match merged[-1] if merged else None, piece:
            case _, Text(""):
                pass
            case Text(before), Text(text):
                merged[-1] = Text(before + text)
            case Choice(condition, then, other), Choice() if piece.condition == condition:
                merged[-1] = Choice(condition, then + piece.then, other + piece.other)
            case Choice(condition, then, other), Text(text) if len(text) <= SHORT:
                merged[-1] = Choice(condition, (*then, piece), (*other, piece))
            case _:
                merged.append(piece)
    return merged


def balanced(pieces: Sequence[Sql]) -> Sql:
    """A chain of `||` over texts, as a balanced tree in parentheses."""
    if len(pieces) <= 4:
        return join(" || ", pieces) if pieces else sql("''")
    half = len(pieces) // 2
    return sql("({}) || ({})", balanced(pieces[:half]), balanced(pieces[half:]))


def json_members(members: Iterable[tuple[str, Json]]) -> Json:
    """Members of an object with commas between them; their keys are GraphQL names, in which nothing needs escaping."""
    pieces: list[Piece] = []
    for key, json in members:
        pieces.append(Text(f'{"," if pieces else ""}"{key}":'))
        pieces.extend(json)
    return tuple(pieces)


def json_object(members: Iterable[tuple[str, Json]]) -> Json:
    """An object with response keys."""
    return (Text("{"), *json_members(members), Text("}"))


def sparse_object(members: Iterable[tuple[str, Json, Sql | None]]) -> Json:
    """An object of which members are there only where their condition holds; those without one always are."""
    pieces: list[Piece] = []
    is_begun = False
    for key, json, there in members:
        member = (Text(f'{"{" if not pieces and there is None else ","}"{key}":'), *json)
        is_begun = is_begun or (not pieces and there is None)
        pieces.extend(member if there is None else (Choice(there, member, ()),))
    if is_begun or not pieces:
        return (*pieces, Text("}")) if pieces else (Text("{}"),)
    return (Text("{"), Expression(sql("substr({}, 2)", concatenation(tuple(pieces)))), Text("}"))


def nullable(text: Sql) -> Json:
    """JSON of a text expression that may be null."""
    return (Expression(sql("coalesce({}, 'null')", text)),)


def only_if(condition: Sql | None, json: Json) -> Json:
    """JSON where the condition holds, `null` elsewhere; what is not shown is not computed."""
    if condition is None:
        return json
    return (Choice(condition, json, (Text("null"),)),)
