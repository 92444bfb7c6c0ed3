"""Broken compilers, as a check of the fence: one forgets the company of a table's rows, one forgets the viewer."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from db.declarations import Table
from db.sql import Rows, Sql
from resolvers.compilation import company_scope, context, payload_fields, root_fields
from resolvers.compilation.company_scope import CompanyScope
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.lists import connections
from resolvers.execution.product import default_compiler


@contextmanager
def forgetting_company(table: Table) -> Generator[Compiler]:
    """A compiler that leaves out the company condition of `table`; statements compiled within the block leak."""
    usual = context.rows

    def rows(of: Table, name: Sql, **options: Any) -> Rows:
        found = usual(of, name, **options)
        return replace(found, where=()) if of is table else found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "rows", rows)
        yield _fresh()


@contextmanager
def forgetting_viewer() -> Generator[Compiler]:
    """A compiler that lets every viewer into every company; statements compiled within the block leak."""
    usual = company_scope.enterable

    def enterable(scope: CompanyScope) -> tuple[Sql, Sql]:
        source, where = usual(scope)
        mine = f"{scope.membership['account_id']} = v.account_id"
        assert mine in where
        return source, Sql(where.replace(mine, "true"))

    with pytest.MonkeyPatch.context() as patch:
        for module in (connections, payload_fields, root_fields):
            patch.setattr(module, "enterable", enterable)
        yield _fresh()


def _fresh() -> Compiler:
    usual = default_compiler()
    return Compiler(usual.schema, usual.layout)
