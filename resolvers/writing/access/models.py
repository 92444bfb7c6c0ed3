"""Toggles after a model: a user gets those of a colleague, or a preset's apps, in place of the user's own.

Only columns of the matrix are copied: apps that are awake and can be switched. Models are read before the mutation, so
the second of two copies does not see the first. A toggle that the input states itself is as stated.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, LiteralString, NamedTuple

from resolvers.global_ids import Key
from resolvers.user_problems import UserProblem, invalid
from resolvers.writing.access.intent import Arrays
from resolvers.writing.access.statement import Input
from resolvers.writing.value_reading import NO_ROW
from schema.apps import CATALOGUE
from schema.errors import REACHES_ALL, REASONS, TOO_MANY, UserErrorCode, ValidationReason
from schema.localization.field_labels import field_label

MODELLED_USERS: Final = 40
"""Maximum number of users who get the toggles of a model in one mutation: some 4,500 toggles."""

TOGGLES: Final = sum(not entry.always_visible for entry in CATALOGUE.values())
"""Maximum number of toggles that a model changes for one user."""

USER: Final = Key(("usr", "ext"))
PRESET: Final = Key(("aps",))
PRESETS: Final = "PRESET"
"""The kind of a preset as a model; the kind of a person is USER or EXTERNAL."""

MEMBERS: Final = ("copy", "apply")
"""The members of an input that name models."""

FIND_MODELS: Final = """
select m.n, t.id member, t.toggles, coalesce(s.toggles & ~ s.lent, p.apps) wanted, j.awake, coalesce(
    case
      when coalesce(s.id, p.id) is null or s.external <> (m.kind = 'EXTERNAL') then m.source_path || ' NOT_FOUND'
      when s.external or s.role = 'OWNER' then m.source_path || ' NOT_TOGGLEABLE' end,
    case
      when t.id is null or t.external <> m.is_external then m.path || ' NOT_FOUND'
      when t.external or t.role = 'OWNER' then m.path || ' NOT_TOGGLEABLE'
      when m.is_repeated then m.path || ' VALIDATION' end) problem
from judged j
cross join unnest({0}) with ordinality m(kind, source, source_path, person, is_external, path, is_repeated, n)
left join membership s on m.kind <> 'PRESET' and s.company_id = {1} and s.id = m.source
  and s.removed_at is null
left join access_preset p on m.kind = 'PRESET' and p.company_id = {1} and p.id = m.source
  and p.deleted_at is null
left join membership t on t.company_id = {1} and t.id = m.person and t.removed_at is null
where j.outcome is null
"""
"""The users with the models whose toggles they get; `problem` is the path and the first reason for a refusal.

A colleague's temporary toggles are not copied: they would be granted for good."""

ADD_TOGGLES_OF_MODELS: Final = """
select s.* from stated s
union all
select m.n - 1000000, a.id, a.position, get_bit(m.wanted, a.position) = 1, m.member, true, null
from models m cross join app a
where m.problem is null and not a.always_visible and get_bit(m.awake, a.position) = 1
  and get_bit(m.wanted, a.position) <> get_bit(m.toggles, a.position)
  and not exists (select from stated s where s.member = m.member and s.app = a.id)
union all
select m.n - 1000000, null, null, null, null, null, m.problem from models m where m.problem is not null
"""
"""The stated toggles, those that differ from a model, and the problems of models, which come first."""

COLUMNS: Final[Mapping[str, LiteralString]] = {
    "kinds of models": "text[]",
    "models": "uuid[]",
    "paths of models": "text[]",
    "modelled": "uuid[]",
    "modelled externals": "bool[]",
    "paths of modelled": "text[]",
    "are repeated": "bool[]",
}


NO_MODELS: Final[Arrays] = {name: [] for name in COLUMNS}


class Model(NamedTuple):
    """A user who gets the toggles of a model, as the columns of the statement."""

    kind: str
    source: object
    source_path: str
    person: object
    is_external: bool
    path: str
    is_repeated: bool


def with_models(stated: Input) -> Mapping[LiteralString, Input]:
    """The inputs of a statement that sets toggles and follows models; `stated` are the toggles."""
    return {"stated": stated, "models": Input(FIND_MODELS, COLUMNS), "asked": Input(ADD_TOGGLES_OF_MODELS)}


def count_modelled_users(input_: Mapping[str, Any]) -> int:
    """The number of users who get the toggles of a model."""
    return len(input_.get("copy") or ()) + sum(len(one["userIds"]) for one in input_.get("apply") or ())


def too_many_models(input_: Mapping[str, Any]) -> Iterator[UserProblem]:
    """The problem of too many users, at the member that has most of them."""
    if count_modelled_users(input_) > MODELLED_USERS:
        member = max(MEMBERS, key=lambda name: count_modelled_users({name: input_.get(name)}))
        yield invalid((member,), ValidationReason.TOO_LONG, TOO_MANY, most=MODELLED_USERS)


def read_models(input_: Mapping[str, Any]) -> Arrays:
    """The models of an input as the arrays of `FIND_MODELS`."""
    rows: list[Model] = []
    seen: set[object] = set()
    for source_path, kind, source, path, id_ in _models_of(input_):
        person = USER(id_) or NO_ROW
        rows.append(Model(kind, source or NO_ROW, source_path, person, id_.startswith("ext"), path, person in seen))
        seen.add(person)
    return dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True)) if rows else NO_MODELS


def _models_of(input_: Mapping[str, Any]) -> Iterator[tuple[str, str, object, str, str]]:
    """The path, kind and key of each model, and the path and id of the user who gets its toggles."""
    for n, copy in enumerate(input_.get("copy") or ()):
        kind = "EXTERNAL" if copy["from"].startswith("ext") else "USER"
        yield f"copy.{n}.from", kind, USER(copy["from"]), f"copy.{n}.to", copy["to"]
    applied: Sequence[Mapping[str, Any]] = input_.get("apply") or ()
    for n, one in enumerate(applied):
        for place, id_ in enumerate(one["userIds"]):
            yield f"apply.{n}.presetId", PRESETS, PRESET(one["presetId"]), f"apply.{n}.userIds.{place}", id_


def problem_of_model(path: tuple[str, ...], code: UserErrorCode) -> UserProblem:
    """A problem that the statement found with a model, or with the user who gets its toggles."""
    match code:
        case UserErrorCode.NOT_TOGGLEABLE:
            return UserProblem(code, path, text=REACHES_ALL)
        case UserErrorCode.VALIDATION:
            reason = ValidationReason.COMBINATION
            return UserProblem(
                code, path, lambda language: {"field": field_label("userId", language)}, REASONS[reason], reason
            )
        case _:
            return UserProblem(code, path)
