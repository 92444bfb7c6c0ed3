"""The SQL emitter: the only way from text to SQL, and the SQL that lets PostgreSQL write JSON text.

`Sql` is made only from literals in the code (`sql`), names of the metadata, and parameters `$n::type`; a value never
becomes text of a statement. `rows` is the only way to name a tenant table, so that each is restricted to a company.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, LiteralString, TypeAlias

from db.declarations import Table


class Sql(str):
    """A fragment of SQL."""

    __slots__ = ()


def sql(template: LiteralString, /, *parts: Sql) -> Sql:
    """A literal SQL text, with fragments in the places of `{}`."""
    return Sql(template.format(*parts))


def join(separator: LiteralString, parts: Iterable[Sql]) -> Sql:
    """Fragments with a separator between them."""
    return Sql(separator.join(parts))


def every(conditions: Iterable[Sql]) -> Sql:
    """The conjunction of conditions; `true` without any."""
    return join(" and ", conditions) or TRUE


def number(value: int) -> Sql:
    """An integer from the compiler, never from a client."""
    return Sql(int(value))


def literal(text: str) -> Sql:
    """A text constant from the compiler: a name of the schema or a piece of JSON, never from a client.

    Raises ValueError for a NUL or a backslash.
    """
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
    """A table under an alias; `where` are the conditions that always belong to it, such as its company.

    `copies` replace columns by equal columns of another table in the same FROM, for a better plan. `relation` is a
    subquery over the table that stands in its place; the copies are then its columns.
    """

    table: Table
    name: Sql
    where: tuple[Sql, ...] = ()
    copies: Mapping[str, Sql] = field(default_factory=dict[str, Sql])
    relation: Sql | None = None

    def __getitem__(self, column: str) -> Sql:
        """The column of this name. Raises KeyError when the table has none."""
        if column in self.copies:
            return self.copies[column]
        return Sql(f"{self.name}.{self.table.columns[column].name}")

    def handed_on(self, through: Sql, text: str) -> tuple[Sql, Sql]:
        """The columns that a text names: for the SELECT of the subquery `through`, and as these rows outside of it.

        A whole row as one column would be put together, and taken apart again for each of its columns.
        """
        names = [Sql(column) for column in self.table.columns if f"{self.name}.{column}" in text]
        inner = [sql("{0}.{1} {0}_{1}", self.name, name) for name in names]
        outer = [sql("{0}.{1}_{2} {2}", through, self.name, name) for name in names]
        return join(", ", inner), sql("cross join lateral (select {}) {}", join(", ", outer), self.name)

    @property
    def source(self) -> Sql:
        """The item for FROM: the table or relation, and the alias."""
        return Sql(f"{self.table.name if self.relation is None else f'({self.relation})'} {self.name}")


def rows(table: Table, name: Sql, *, company: Sql | None = None) -> Rows:
    """The rows of a table; of a tenant table only those of `company`. Raises ValueError for a tenant table without."""
    if not table.info.get("tenant"):
        return Rows(table, name)
    if company is None:
        raise ValueError(f"{table.name} is a tenant table: say whose rows")
    return Rows(table, name, (sql("{}.company_id = {}", name, company),))


def equals(column: Sql, value: object) -> Sql:
    """The condition that a column equals a constant of `holds` (tables/metadata.py). Raises TypeError."""
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
    """All columns of rows, for a SELECT; those in `computed` with that value."""
    names = list(rows.table.columns)
    return join(", ", [sql("{} {}", computed.get(name, rows[name]), Sql(name)) for name in names])


# --- JSON -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A constant piece of JSON, known when the statement is compiled."""

    text: str

    def __len__(self) -> int:
        return len(self.text)


@dataclass(frozen=True, slots=True)
class Expression:
    """A piece of JSON that PostgreSQL computes: SQL of type text, never null."""

    sql: Sql

    def __len__(self) -> int:
        return len(self.sql)


@dataclass(frozen=True, slots=True)
class Choice:
    """Two alternatives, chosen by PostgreSQL: `then` where the condition is true, else `other`."""

    condition: Sql
    then: "Json"
    other: "Json"

    def __len__(self) -> int:
        return len(self.condition) + length(self.then) + length(self.other)


Piece: TypeAlias = Text | Expression | Choice
Json: TypeAlias = tuple[Piece, ...]

SHORT: Final = 100
"""Maximum length of a constant text that is written twice, into both sides of a Choice, to save a concatenation."""
MOST_OUTCOMES: Final = 8
"""The most constant texts among which one Choice chooses: three yes or no in a row are one text of eight."""


def concatenation(json: Json) -> Sql:
    """SQL of the JSON as one text.

    The chain of `||` is a balanced tree, since PostgreSQL's stack and time grow with the depth of a left-deep chain.
    """
    if len(json) == 1:
        return _written(json[0])
    return balanced([_written(piece) for piece in _merged(json)])


def length(json: Json) -> int:
    """The approximate number of characters of the JSON's SQL."""
    return sum(map(len, json))


def _written(piece: Piece) -> Sql:
    match piece:
        case Text(text):
            return literal(text)
        case Expression(written):
            return written
        case Choice(condition, then, other):
            return sql("case when {} then {} else {} end", condition, concatenation(then), concatenation(other))


def _merged(json: Json) -> list[Piece]:
    """The same JSON in fewer pieces, since PostgreSQL makes a text for each piece of each row."""
    merged: list[Piece] = []
    for piece in json:
        before = merged[-1] if merged else None
        if isinstance(piece, Text):
            if isinstance(before, Text):
                merged[-1] = Text(before.text + piece.text)
            elif isinstance(before, Choice) and len(piece.text) <= SHORT:
                merged[-1] = Choice(before.condition, (*before.then, piece), (*before.other, piece))
            elif piece.text:
                merged.append(piece)
        elif isinstance(piece, Choice):
            one = _as_one_choice(before, piece)
            if one is None:
                merged.append(piece)
            else:
                merged[-1] = one
        else:
            merged.append(piece)
    return merged


def _as_one_choice(before: Piece | None, piece: Choice) -> Choice | None:
    """A choice and the piece before it as one choice; None if they stay two pieces."""
    if isinstance(before, Choice):
        if piece.condition == before.condition:
            return Choice(before.condition, before.then + piece.then, before.other + piece.other)
        if _are_one_text(before, piece):
            return Choice(before.condition, (*before.then, piece), (*before.other, piece))
    elif isinstance(before, Text) and len(before.text) <= SHORT and _outcomes((piece,)):
        return Choice(piece.condition, (before, *piece.then), (before, *piece.other))
    return None


def _are_one_text(before: Choice, after: Choice) -> bool:
    """True if two choices in a row are written as one: few constant texts, by a condition that reads no other rows."""
    outcomes = _outcomes((before, after))
    return 0 < outcomes <= MOST_OUTCOMES and "select" not in after.condition


def _outcomes(json: Json) -> int:
    """The number of constant texts that JSON may be; 0 if PostgreSQL computes some of it."""
    outcomes = 1
    for piece in json:
        if isinstance(piece, Choice):
            then, other = _outcomes(piece.then), _outcomes(piece.other)
            outcomes *= then + other if then and other else 0
        elif isinstance(piece, Expression):
            return 0
    return outcomes


def balanced(pieces: Sequence[Sql]) -> Sql:
    """A chain of `||` over texts, as a balanced tree in parentheses."""
    if len(pieces) <= 4:
        return join(" || ", pieces) if pieces else sql("''")
    half = len(pieces) // 2
    return sql("({}) || ({})", balanced(pieces[:half]), balanced(pieces[half:]))


def json_members(members: Iterable[tuple[str, Json]]) -> Json:
    """Members of an object with commas between them. The keys are GraphQL names, which need no escaping."""
    pieces: list[Piece] = []
    for key, json in members:
        pieces.append(Text(f'{"," if pieces else ""}"{key}":'))
        pieces.extend(json)
    return tuple(pieces)


def json_object(members: Iterable[tuple[str, Json]]) -> Json:
    """An object with response keys."""
    return (Text("{"), *json_members(members), Text("}"))


def sparse_object(members: Iterable[tuple[str, Json, Sql | None]]) -> Json:
    """An object whose members are there only where their condition holds; always, without a condition."""
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
    """The JSON of a text expression that may be null."""
    return (Expression(sql("coalesce({}, 'null')", text)),)


def only_if(condition: Sql | None, json: Json) -> Json:
    """The JSON where the condition holds, `null` elsewhere; hidden JSON is not computed."""
    if condition is None:
        return json
    return (Choice(condition, json, (Text("null"),)),)
