"""compiled_fields.py: root fields of a mutation are compiled once, those that are refused too."""

from collections import Counter
from typing import Any, Final

import pytest

from resolvers.compilation.compiler import Compiler
from resolvers.compilation.statement import Statement
from resolvers.operation.operation import Operation
from resolvers.operation.selection import SelectedField
from tests.support.databases import Databases
from tests.support.externals import Outside

MANY: Final = """
mutation ($id: ID!, $user: ID!) {
  first: updateCompany(input: {companyId: $id, name: "One"}) { company { ...Twice } }
  second: deleteUser(input: {companyId: $id, userId: $user}) { company { ...Twice } }
  third: updateCompany(input: {companyId: $id, name: "Three"}) { company { name } }
}
fragment Twice on Company { accessRequests(first: 1, last: 1) { totalCount } }
"""


async def test_a_field_whose_values_are_refused_is_compiled_once(
    databases: Databases, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is refused costs nothing, so it is compiled in its turn alone, and by nobody else after that."""
    compiled: Counter[str] = Counter()
    compile_payload = Compiler.payload

    def count(self: Compiler, operation: Operation, selected: SelectedField, *more: Any) -> Statement:
        compiled[selected.key] += 1
        return compile_payload(self, operation, selected, *more)

    monkeypatch.setattr(Compiler, "payload", count)
    async with Outside.open(databases, template) as outside:
        firm = await outside.found()
        answer = await outside.ask(firm["owner"].token, MANY, id=firm.id, user=firm["anna"].id)
        assert [(error.code.name, error.path) for error in answer.errors] == [
            ("BAD_USER_INPUT", ("first", "company", "accessRequests")),
            ("BAD_USER_INPUT", ("second", "company", "accessRequests")),
        ]
        assert answer.data == {"first": None, "second": None, "third": {"company": {"name": "Three"}}}
        assert (compiled["first"], compiled["second"]) == (1, 1)
