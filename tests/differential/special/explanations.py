"""The oracle's answers to `explainAccess`, from the annotations in explained.py."""

from collections.abc import Mapping
from typing import Any, Final

from schema.apps import App
from schema.roles import Role
from tests.differential.data.dataset import key
from tests.differential.operations.explained import HERE, ONLY_A, OPERATIONS, Needed
from tests.differential.oracle.items import Arguments, Item, Oracle, Resolver
from tests.differential.oracle.lists import global_id
from tests.differential.oracle.world import Scope, has_begun, has_bit, is_awake


def _explain_access(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    for row in oracle.world.rows("membership", company_id=item.row["id"], removed_at=None):
        if global_id("ExternalUser" if row["external"] else "User", row["id"]) == arguments["userId"]:
            person = Scope(item.row, row)
            return [
                {"path": path.split("."), **_explanation(person, needed)}
                for path, needed in OPERATIONS[arguments["operation"]].items()
            ]
    return None


def _explanation(person: Scope, needed: Needed) -> dict[str, Any]:
    for gate in needed:
        match gate:
            case App() if has_bit(person.company["mask"], gate) and not is_awake(person.company, gate):
                return _no("PLAN", app=gate.value)
            case App() if not is_awake(person.company, gate):
                return _no("NOT_ACTIVATED", app=gate.value)
            case App() if not person.reaches(gate):
                return _no("NOT_GRANTED", app=gate.value)
            case Role() if not person.holds(gate):
                return _no("ROLE", role=gate.name)
            case str() if gate == ONLY_A and person.company["id"] != key("company A"):
                return _no("OTHER_COMPANY")
            case str() if gate == HERE and not has_begun(person.membership):
                return _no("NOT_GRANTED")
            case _:
                pass
    return {"visible": True, "reason": None, "app": None, "role": None}


def _no(reason: str, app: str | None = None, role: str | None = None) -> dict[str, Any]:
    return {"visible": False, "reason": reason, "app": app, "role": role}


SPECIAL: Final[Mapping[str, Resolver]] = {"Company.explainAccess": _explain_access}
