"""A model of writing customers and their people, over rows in memory: no SQL, nothing of the engine.

It says what a mutation answers and which rows there are afterwards, for a few members of each sort: a required text, an
id of another system, a number, two gated fields with a rule between them, a gated field that the company fills, and a
list of rows with mutations of their own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

GATES: Final[Mapping[str, str]] = {"discount": "DISCOUNTS", "discountType": "DISCOUNTS", "currency": "CURRENCIES"}
CONTROLS: Final = frozenset(
    {"companyId", "customerId", "contactPersonId", "idempotencyKey", "validateOnly", "expectedVersion"}
)
CUSTOMER: Final = ("number", "name", "externalId", "currency", "discount", "discountType")
PERSON: Final = ("firstName", "lastName")
"""Members in the order of the schema, in which problems are told."""

Error = tuple[str, str, str | None]
"""Code, path and reason."""


@dataclass(slots=True)
class Row:
    """A customer or a person: `whole` is the customer of a person."""

    id: str
    values: dict[str, Any]
    whole: "Row | None" = None
    version: int = 1
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who writes: the apps that can be switched off and are on; None: not in the company."""

    name: str
    apps: frozenset[str] | None
    read_only: bool = False


@dataclass(slots=True)
class Said:
    """What a mutation answers: a top-level error, or the errors of the payload and the row that it shows."""

    top: str | None = None
    errors: list[Error] = field(default_factory=list[Error])
    row: Row | None = None
    whole: Row | None = None
    replayed: bool = False
    made: list[Row] = field(default_factory=list[Row])
    is_written: bool = False


class Refused(Exception):
    """The errors for which nothing is written; `is_seen`: the row is shown all the same."""

    def __init__(self, *errors: Error, is_seen: bool = True) -> None:
        super().__init__(errors)
        self.errors, self.is_seen = list(errors), is_seen


@dataclass(slots=True)
class Model:
    """A company whose currency is EUR."""

    customers: list[Row] = field(default_factory=list[Row])
    people: list[Row] = field(default_factory=list[Row])
    next: int = 1
    keys: dict[tuple[str, str, str], tuple[str, Row]] = field(
        default_factory=dict[tuple[str, str, str], tuple[str, Row]]
    )
    changes: int = 0

    def send(self, viewer: Viewer, verb: str, kind: str, given: dict[str, Any]) -> Said:
        """The answer to a mutation; the rows are changed. A new row has the id None until it is known."""
        given = {name: given[name] for name in sorted(given, key=_place)}
        which = {"Customer": "customerId", "ContactPerson": "contactPersonId"}[kind]
        if verb == "create":
            which = {"Customer": "companyId", "ContactPerson": "customerId"}[kind]
        if viewer.read_only:
            return Said("FORBIDDEN")
        found = self._find(verb, kind, given[which]) if viewer.apps is not None else None
        if found is None:
            return Said(errors=[("NOT_FOUND", which, None)])
        row, whole, is_there = found
        said = Said(row=row, whole=whole)
        try:
            self._write(viewer, verb, kind, given, said, is_there=is_there, which=which)
        except Refused as refused:
            said.errors = refused.errors
            if not refused.is_seen:
                said.row = said.whole = None
        if said.row is not None and (said.row.deleted or (said.row in said.made and not said.is_written)):
            said.row = None
        return said

    def _find(self, verb: str, kind: str, id_: str) -> tuple[Row | None, Row | None, bool] | None:
        """The row, what it is a part of, and whether it can be written; None for what never was."""
        if verb == "create" and kind == "Customer":
            return (None, None, True) if id_ == "company" else None
        rows = self.customers if kind == "Customer" or verb == "create" else self.people
        row = next((one for one in rows if one.id == id_), None)
        if row is None:
            return None
        if verb == "create":
            return None, row, not row.deleted
        is_there = row.deleted == (verb == "restore") and (row.whole is None or not row.whole.deleted)
        return row, row.whole, is_there

    def _write(
        self, viewer: Viewer, verb: str, kind: str, given: dict[str, Any], said: Said, *, is_there: bool, which: str
    ) -> None:
        if is_there:
            self._judge_gates(viewer, given)
        claim = self._replay(viewer, f"{verb}{kind}", given, said)
        if said.replayed:
            return
        if not is_there:
            raise Refused(("NOT_FOUND", which, None), is_seen=False)
        values, problems = _read(CUSTOMER if kind == "Customer" else PERSON, verb, given)
        if problems:
            raise Refused(*problems)
        row = said.row
        before = dict(row.values) if row is not None else {}
        new = self._filled(kind, verb, {**before, **values})
        changed = {name for name in new if row is None or new[name] != before.get(name)}
        items = _items(given)
        if row is not None and given.get("expectedVersion") not in (None, row.version):
            raise Refused(("VERSION_CONFLICT", "expectedVersion", None))
        own = _rules(kind, new, changed if verb == "update" else set(new))
        of_items = self._rules_of_items(row, items)
        taken = self._taken(row, new, changed, values) if kind == "Customer" and verb in ("create", "update") else []
        if given.get("validateOnly"):
            if own or taken or of_items:
                raise Refused(*own, *taken, *of_items)
            said.row = None
            return
        if own or of_items or taken:
            raise Refused(*([*own, *of_items] or taken))
        self._apply(verb, kind, said, new, changed, items)
        if said.is_written and claim is not None:
            self.keys[claim] = (_sent(given), said.row or said.made[0])

    def _judge_gates(self, viewer: Viewer, given: dict[str, Any]) -> None:
        lacking = [
            ("APP_REQUIRED", name, "NULL_SENT" if value is None else None)
            for name, value in given.items()
            if name in GATES and GATES[name] not in (viewer.apps or ())
        ]
        if lacking:
            raise Refused(*lacking)

    def _replay(self, viewer: Viewer, operation: str, given: dict[str, Any], said: Said) -> tuple[str, str, str] | None:
        key = given.get("idempotencyKey")
        if key is None or given.get("validateOnly"):
            return None
        claim = (viewer.name, operation, key)
        if claim in self.keys:
            sent, row = self.keys[claim]
            said.row = said.row or row
            if sent != _sent(given):
                raise Refused(("KEY_REUSED", "idempotencyKey", None))
            said.replayed = True
        return claim

    def _filled(self, kind: str, verb: str, values: dict[str, Any]) -> dict[str, Any]:
        """The row as it would be; a number that is stated stands as a whole number."""
        if verb != "create":
            return values
        if kind == "ContactPerson":
            return {"firstName": "", "lastName": "", **values}
        return {**dict.fromkeys(CUSTOMER), "currency": "EUR", **values}

    def _taken(self, row: Row | None, new: dict[str, Any], changed: set[str], values: dict[str, Any]) -> list[Error]:
        others = [one for one in self.customers if one is not row]
        return [
            ("TAKEN", name, None)
            for name in ("externalId", "number")
            if name in changed & values.keys() and new[name] is not None
            if any(one.values[name] == new[name] for one in others)
        ]

    def _rules_of_items(self, row: Row | None, items: list[dict[str, Any]] | None) -> list[Error]:
        found: list[Error] = []
        own = [person.id for person in self.people if person.whole is row and row is not None and not person.deleted]
        unknown = [n for n, item in enumerate(items or ()) if item.get("id") is not None and item["id"] not in own]
        found += [("NOT_FOUND", f"contactPersons.{n}.id", None) for n in unknown]
        for n, item in enumerate(items or ()):
            stored = next((one.values for one in self.people if one.id == item.get("id")), dict[str, Any]())
            if n not in unknown and not any({**stored, **_names(item)}.get(name) for name in PERSON):
                found.append(("VALIDATION", f"contactPersons.{n}.lastName", "REQUIRED"))
        return found

    def _apply(
        self,
        verb: str,
        kind: str,
        said: Said,
        new: dict[str, Any],
        changed: set[str],
        items: list[dict[str, Any]] | None,
    ) -> None:
        row = said.row
        is_new = row is None
        if row is None:
            row = Row("", new, said.whole, version=0)
            (self.customers if kind == "Customer" else self.people).append(row)
            said.made.append(row)
            said.row = row
        before = (row.version, [(one.id, one.version, one.deleted) for one in self.people], len(self.people))
        if kind == "Customer":
            self._number(row, new, is_new=is_new)
            self._merge(row, items, said)
        moved = before != (row.version, [(one.id, one.version, one.deleted) for one in self.people], len(self.people))
        if verb == "update" and not changed and not moved:
            return
        row.values = new
        row.deleted = verb == "delete" or (row.deleted and verb != "restore")
        row.version += 1
        self.changes += 1
        said.is_written = True
        if said.whole is not None:
            said.whole.version += 1
            self.changes += 1

    def _number(self, row: Row, new: dict[str, Any], *, is_new: bool) -> None:
        if new["number"] is None:
            new["number"] = self.next
            self.next += 1
        elif is_new or new["number"] != row.values["number"]:
            self.next = max(self.next, new["number"] + 1)

    def _merge(self, row: Row, items: list[dict[str, Any]] | None, said: Said) -> None:
        if items is None:
            return
        kept = {item["id"]: item for item in items if item.get("id") is not None}
        for person in [one for one in self.people if one.whole is row and not one.deleted]:
            if person.id not in kept:
                person.deleted = True
                person.version += 1
            elif (values := {**person.values, **_names(kept[person.id])}) != person.values:
                person.values = values
                person.version += 1
        for item in items:
            if item.get("id") is None:
                person = Row("", {"firstName": "", "lastName": "", **_names(item)}, row)
                self.people.append(person)
                said.made.append(person)


def shown(viewer: Viewer, row: Row) -> dict[str, Any]:
    """The row as a viewer sees it."""
    values = {
        name: None if name in GATES and GATES[name] not in (viewer.apps or ()) else row.values[name]
        for name in row.values
    }
    if "number" in values:
        values["number"] = f"C{values['number']:05}"
    return {**values, "version": row.version}


def _place(member: str) -> int:
    members = (*CUSTOMER, *PERSON)
    return members.index(member) if member in members else len(members)


def _sent(given: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in given.items() if name != "idempotencyKey"}, sort_keys=True)


def _items(given: dict[str, Any]) -> list[dict[str, Any]] | None:
    return given.get("contactPersons")


def _names(item: dict[str, Any]) -> dict[str, Any]:
    return {name: " ".join((item[name] or "").split()) for name in PERSON if name in item}


def _rules(kind: str, new: dict[str, Any], reads: set[str]) -> list[Error]:
    if kind == "ContactPerson":
        is_nameless = reads & set(PERSON) and not any(new[name] for name in PERSON)
        return [("VALIDATION", "lastName", "REQUIRED")] if is_nameless else []
    found: list[Error] = []
    if reads & {"discount", "discountType"}:
        if (new["discount"] is None) != (new["discountType"] is None):
            found.append(("VALIDATION", "discountType", "COMBINATION"))
        if new["discountType"] == "PERCENT" and new["discount"] is not None and Decimal(new["discount"]) > 100:
            found.append(("VALIDATION", "discount", "RANGE"))
    return found


def _read(members: tuple[str, ...], verb: str, given: dict[str, Any]) -> tuple[dict[str, Any], list[Error]]:
    """The values as they are stored, and the problems that no row is needed for."""
    values: dict[str, Any] = {}
    problems: list[Error] = []
    for name, value in given.items():
        if name in members:
            reason, values[name] = _value(name, value)
            if reason is not None:
                problems.append(("VALIDATION", name, reason))
    if given.get("contactPersons") is not None:
        seen: list[str] = []
        if verb == "update" and given.get("expectedVersion") is None:
            problems.append(("VALIDATION", "expectedVersion", "REQUIRED"))
        for n, item in enumerate(given["contactPersons"]):
            if item.get("id") is not None and item["id"] in seen:
                problems.insert(
                    len(problems) - (verb == "update" and given.get("expectedVersion") is None),
                    ("VALIDATION", f"contactPersons.{n}.id", "COMBINATION"),
                )
            seen.append(item.get("id"))
    return values, problems


def _value(name: str, value: Any) -> tuple[str | None, Any]:
    """What is wrong with a value, and how it is stored."""
    if name in PERSON:
        text = " ".join((value or "").split())
        return ("TOO_LONG", None) if len(text) > 100 else (None, text)
    if name == "discountType":
        return None, value
    if name == "discount":
        if value is None:
            return None, None
        number = Decimal(value)
        if not 0 <= number <= 999_999_999_999:
            return "RANGE", None
        return ("DECIMALS", None) if number != round(number, 2) else (None, f"{number:.2f}")
    text = " ".join((value or "").split()) or None
    if text is None:
        return (None if name == "externalId" else "REQUIRED"), None
    if name == "number":
        is_number = text[0] in "cC" and text[1:].isdecimal() and int(text[1:]) > 0
        return (None, int(text[1:])) if is_number else ("FORMAT", None)
    if name == "currency":
        return (None, text) if text in ("EUR", "USD") else ("FORMAT", None)
    return ("TOO_LONG", None) if len(text) > 100 else (None, text)
