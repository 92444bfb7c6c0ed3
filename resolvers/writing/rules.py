"""The rules of an entity besides those of its fields: numbering, values that follow from others, conditions.

An entity's rules stand in a module of `resolvers/writing/entities/` as `RULES`, from the name of its type.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Final, LiteralString, TypeAlias

from db.sql import Sql, sql
from resolvers.writing import entities
from schema.errors import UserErrorCode, ValidationReason


@dataclass(frozen=True, slots=True)
class NewRow:
    """The row as it would be written; its columns by name, as SQL.

    `name` is the relation that has them, but for those in `values`; `company` is the key of the row's company. A row
    that belongs to another one is among those in `listed`, all that the input states of its kind.
    """

    name: Sql
    company: Sql
    values: Mapping[str, Sql] = field(default_factory=dict[str, Sql])
    listed: Sql = field(default=sql(""))

    def __getitem__(self, column: str) -> Sql:
        return self.values.get(column) or sql("{}.{}", self.name, Sql(column))


Computed: TypeAlias = Callable[[NewRow], Sql]


@dataclass(frozen=True, slots=True)
class RowRule:
    """A condition under which a row is refused, with the problem at the input's `member`.

    `reads` are the members whose columns it reads: an update that changes none of them is not judged by it. Without
    any each update is judged.
    """

    broken: Computed
    member: str
    reads: tuple[str, ...]
    code: UserErrorCode = UserErrorCode.VALIDATION
    reason: ValidationReason | None = ValidationReason.COMBINATION


@dataclass(frozen=True, slots=True)
class RowWarning:
    """A condition with a warning in the payload at the input's `member`, by a text of `schema.errors.EXPLANATIONS`.

    It refuses nothing. `reads` are the members whose columns it reads: an update that states none of them has no such
    warning, and a caller who does not see them gets none.
    """

    is_so: Computed
    member: str
    reads: tuple[str, ...]
    text: str
    reason: ValidationReason


@dataclass(frozen=True, slots=True)
class Following:
    """The value of a column that follows from others, whenever the input states one of the columns `stated`."""

    stated: tuple[LiteralString, ...]
    value: Computed


@dataclass(frozen=True, slots=True)
class Effect:
    """A statement that writes rows of another table, from `judged`, the pairs of written and given rows, and the
    id of their company.

    Only a write whose input states the member `reads` has it.
    """

    reads: str
    statement: Callable[[Sql, Sql], Sql]


@dataclass(frozen=True, slots=True)
class Numbering:
    """Numbers from the company's counter of a kind: a letter and at least five digits."""

    counter: LiteralString
    letter: LiteralString


@dataclass(frozen=True, slots=True)
class EntityRules:
    """The rules of an entity. `derived` computes a column that is left out on creation, from stated ones.

    `follows` computes columns of new and changed rows, in this order, each from the row with the ones before it.
    `apart` are pairs of members that no input states together. `turn` is the counter that orders changes of an
    owned list, where rules read rows of other lists: of two changes at once in a company the second is judged again.
    """

    numbering: Numbering | None = None
    derived: Mapping[str, Computed] = field(default_factory=dict[str, Computed])
    follows: Mapping[str, Following] = field(default_factory=dict[str, Following])
    rules: tuple[RowRule, ...] = ()
    warnings: tuple[RowWarning, ...] = ()
    apart: tuple[tuple[str, str], ...] = ()
    turn: LiteralString | None = None
    effects: tuple[Effect, ...] = ()


NO_RULES: Final = EntityRules()


def entity_rules() -> Mapping[str, EntityRules]:
    """The rules of all entities, by the name of their type."""
    modules = [import_module(f"{entities.__name__}.{module.name}") for module in iter_modules(entities.__path__)]
    return {name: rules for module in modules for name, rules in module.RULES.items()}
