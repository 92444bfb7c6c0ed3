"""The mutations of entities: inputs, payloads and root fields, made from what their fields say of writing."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import NoneType
from typing import Any, Final, NamedTuple, get_args

import strawberry
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField

from schema.declarations.fields import Argument, field, gated, input_field
from schema.declarations.gates import Gate, directives_of, gates_of
from schema.declarations.object_types import ENTITIES, extends, input_object, payload
from schema.declarations.writing import (
    CREATE,
    DELETE,
    FINAL,
    MANY,
    UPDATE,
    DeclaredWrite,
    WriteAction,
    WriteKind,
    WriteRule,
    Writes,
)
from schema.errors import UserError
from schema.types.core.company import Company

ACTIONS: Final[Mapping[WriteAction, tuple[Writes, str]]] = {
    WriteAction.CREATE: (CREATE, "Record"),
    WriteAction.UPDATE: (UPDATE, "Change"),
    WriteAction.DELETE: (DELETE, "Delete"),
    WriteAction.RESTORE: (DELETE, "Bring back, within 30 days of its deletion:"),
}
"""The declaration of an entity for each action, and the first word of its description."""

LISTED: Final = (WriteAction.CREATE, WriteAction.UPDATE)
"""The actions that entities with `MANY` also have for lists of rows."""


class DeclaredMember(NamedTuple):
    """A field of a type that is made: its annotation and its declaration."""

    annotation: Any
    declared: Any


Members = dict[str, DeclaredMember]


def add_declared_writes(mutation: type) -> None:
    """Add the root fields of all entities that can be written to `mutation`."""
    for entity in ENTITIES:
        writes: Writes = entity.__writes__  # type: ignore[attr-defined]
        actions = [action for action, (needed, _) in ACTIONS.items() if needed in writes]
        if _part_of(entity) is not None or FINAL in writes:
            actions = [action for action in actions if action is not WriteAction.RESTORE]
        if actions:
            roots = {f"{action.value}_{_snake(entity.__name__)}": _root(entity, action) for action in actions}
            if MANY in writes:
                roots |= {f"{action.value}_{_snake(entity.__name__)}s": _list_root(entity, action) for action in LISTED}
            extends(mutation)(_class(f"{entity.__name__}Mutations", roots))


def _root(entity: type, action: WriteAction) -> DeclaredMember:
    """The root field of an action, with the gates of its type."""
    title, name = f"{action.value.capitalize()}{entity.__name__}", _words(entity.__name__)
    taken: Any = _class(f"{title}Input", _input(entity, action))
    answer: Any = _class(f"{title}Payload", _payload(entity, action))
    input_object(f"Which {name}, and what.")(taken)
    payload(f"The answer to {_lower(title)}.")(answer)
    declared = gated(
        f"{ACTIONS[action][1]} {_a(name)}.",
        *_type_gates(entity),
        input=Argument(taken, f"The {name}."),
    )
    write = DeclaredWrite(action, entity.__name__, _lower(entity.__name__), _part_of(entity), called=_called(entity))
    declared.metadata = {**declared.metadata, "writes": write}
    return DeclaredMember(answer | None, declared)


def _list_root(entity: type, action: WriteAction) -> DeclaredMember:
    """The root field of an action on a list of rows."""
    title, name = f"{action.value.capitalize()}{entity.__name__}s", _words(entity.__name__)
    item: Any = _class(f"{title}ItemInput", dict(_list_item(entity, action)))
    input_object(f"Which {name}, and what.")(item)
    taken: Any = _class(f"{title}Input", _list_input(item))
    answer: Any = _class(f"{title}Payload", _list_payload(entity))
    input_object(f"Which {name}s, and what.")(taken)
    payload(f"The answer to {_lower(title)}.")(answer)
    declared = gated(
        f"{ACTIONS[action][1]} {name}s, at most 100 at once.",
        *_type_gates(entity),
        input=Argument(taken, f"The {name}s."),
    )
    write = DeclaredWrite(
        action, entity.__name__, _lower(entity.__name__), _part_of(entity), listed=True, called=_called(entity)
    )
    declared.metadata = {**declared.metadata, "writes": write}
    return DeclaredMember(answer | None, declared)


def _list_item(entity: type, action: WriteAction) -> Iterator[tuple[str, DeclaredMember]]:
    """The members of an item: which row, and what."""
    if action is WriteAction.UPDATE:
        yield from _named_row(entity).items()
    for name, member in _written(entity, creates=action is WriteAction.CREATE):
        if action is WriteAction.CREATE or not member.declared.metadata["write"].alone:
            yield name, member


def _list_input(item: Any) -> Members:
    every = "Whether nothing is written unless every item can be; so it is where this is left out."
    return {
        "company_id": DeclaredMember(strawberry.ID, _control("The company.", optional=False)),
        "items": DeclaredMember(list[item], _control("The items, at most 100.", optional=False)),
        "all_or_nothing": DeclaredMember(bool | None, _control(every)),
        **_repeatable(),
    }


def _list_payload(entity: type) -> Members:
    results = field("What came of each item, in their order; of none where all were refused together.")
    company = DeclaredMember(Company | None, field("The company."))
    return {"results": DeclaredMember(list[_result(entity)], results), "company": company, **_answered()}


@cache
def _result(entity: type) -> Any:
    """The type of what came of an item."""
    name = _words(entity.__name__)
    members: Members = {
        "index": DeclaredMember(int, field("The item's place in the list, from 0.")),
        _snake(entity.__name__): DeclaredMember(entity | None, field(f"The {name} as it is now.")),
    }
    made: Any = _class(f"{entity.__name__}Result", members)
    payload(f"What came of a {name} in a list.")(made)
    return made


def _input(entity: type, action: WriteAction) -> Members:
    """The members of an input: whose, what, and the controls."""
    members: Members = {}
    whole = _part_of(entity)
    if action is WriteAction.CREATE and whole is not None:
        members[f"{_snake(whole)}_id"] = DeclaredMember(
            strawberry.ID, _control(f"The {_words(whole)}.", optional=False)
        )
    elif action is WriteAction.CREATE:
        members["company_id"] = DeclaredMember(strawberry.ID, _control("The company.", optional=False))
    else:
        members |= _named_row(entity)
    if action in (WriteAction.CREATE, WriteAction.UPDATE):
        members |= dict(_written(entity, creates=action is WriteAction.CREATE))
    return members | _repeatable()


def _named_row(entity: type) -> Members:
    """The members that name a row, and its version."""
    return {
        f"{_called(entity) or _snake(entity.__name__)}_id": DeclaredMember(
            strawberry.ID, _control(f"Which {_words(entity.__name__)}.", optional=False)
        ),
        "expected_version": DeclaredMember(int | None, _control("The version that this is based on.")),
    }


def _repeatable() -> Members:
    """The controls of every input."""
    repeated = "A key of one's own, 1 to 100 visible characters: the same input with the same key is written once."
    return {
        "idempotency_key": DeclaredMember(str | None, _control(repeated)),
        "validate_only": DeclaredMember(bool | None, _control("Only check whether it could be done.")),
    }


def _written(entity: type, *, creates: bool) -> Iterator[tuple[str, DeclaredMember]]:
    """The members for the fields of an entity that can be written; each has the gates of its field and its value."""
    for declared in get_object_definition(entity, strict=True).fields:
        rule: WriteRule | None = declared.metadata.get("write")
        if rule is not None and (creates or not rule.once):
            yield _member(declared, rule, is_required=creates and rule.required)


def _member(declared: StrawberryField, rule: WriteRule, *, is_required: bool) -> tuple[str, DeclaredMember]:
    annotation = _bare(declared)
    name, taken = declared.python_name, annotation
    gates = gates_of(declared.directives)
    if rule.called:
        name = rule.called
    if rule.kind is WriteKind.SINCE:
        taken = bool
    if rule.kind in (WriteKind.OWNED, WriteKind.KEYED):
        (of_items,) = get_args(annotation)
        taken = list[_item(of_items, is_keyed=rule.kind is WriteKind.KEYED)]  # type: ignore[misc]
        gates = tuple(dict.fromkeys((*gates, *_type_gates(of_items))))
    if rule.kind is WriteKind.LINK:
        name, taken = f"{name}_id", strawberry.ID
        gates = tuple(
            dict.fromkeys((*gates, *gates_of(get_object_definition(annotation, strict=True).directives or ())))
        )
    made = input_field(declared.description or "", optional=not is_required)
    made.directives = directives_of(gates)
    made.metadata = {"write": rule, "writes": declared.python_name}
    return name, DeclaredMember(taken if is_required else taken | None, made)


@cache
def _item(type_: type, *, is_keyed: bool) -> type:
    """The input for a row of a list: what may be written into it, and the id of a row that is kept."""
    name = _words(type_.__name__)
    id_ = DeclaredMember(strawberry.ID | None, _control(f"The {name} that is kept; none for a new one."))
    members: Members = {} if is_keyed else {"id": id_}
    members |= dict(_written(type_, creates=is_keyed))
    taken: Any = _class(f"{type_.__name__}Input", members)
    input_object(f"What is written of {_a(name)}; of a kept one, what changes.")(taken)
    return taken


def _payload(entity: type, action: WriteAction) -> Members:
    name = _words(entity.__name__)
    members: Members = {
        _snake(entity.__name__): DeclaredMember(entity | None, field(f"The {name} as it is now.")),
        "company": DeclaredMember(Company | None, field("The company.")),
    }
    for whole in ENTITIES:
        if whole.__name__ == _part_of(entity):
            members[_snake(whole.__name__)] = DeclaredMember(whole | None, field(f"The {_words(whole.__name__)}."))
    if action is WriteAction.DELETE:
        members["deleted_id"] = DeclaredMember(strawberry.ID | None, field(f"The id of the deleted {name}."))
    return members | _answered()


def _answered() -> Members:
    """The fields of every payload beside the rows and the problems."""
    return {
        "warnings": DeclaredMember(list[UserError], field("What to look at; nothing was refused for it.")),
        "replayed": DeclaredMember(bool, field("Whether an earlier request with the same key did this.")),
    }


def _control(description: str, *, optional: bool = True) -> Any:
    made = input_field(description, optional=optional)
    made.metadata = {"control": True}
    return made


def _part_of(entity: type) -> str | None:
    """The name of the entity that has the rows of this one."""
    return entity.__part_of__  # type: ignore[attr-defined]


def _called(entity: type) -> str | None:
    """The name of a row in inputs, where it is not the type's."""
    return entity.__called__  # type: ignore[attr-defined]


def _type_gates(type_: type) -> tuple[Gate, ...]:
    return gates_of(get_object_definition(type_, strict=True).directives or ())


def _bare(declared: StrawberryField) -> Any:
    """The annotation of a field without `None`."""
    annotation = declared.type_annotation.raw_annotation if declared.type_annotation is not None else None
    options = [option for option in get_args(annotation) if option is not NoneType]
    return options[0] if NoneType in get_args(annotation) else annotation


def _class(name: str, members: Members) -> type:
    annotations = {member: one.annotation for member, one in members.items()}
    declared = {member: one.declared for member, one in members.items()}
    return type(name, (), {"__annotations__": annotations, "__module__": __name__, **declared})


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")


def _words(name: str) -> str:
    return _snake(name).replace("_", " ")


def _a(name: str) -> str:
    return f"an {name}" if name.startswith("a") else f"a {name}"


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]
