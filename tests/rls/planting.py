"""Compilers that forget whose rows they mean: takes a table of tenants, or the viewer's own key."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Table

from db.sql import Rows, Sql
from resolvers import compilation, objects, roots, scopes
from resolvers.compiler import Compiler
from resolvers.execution import default_compiler
from resolvers.scopes import Scope


@contextmanager
def forgetting_company(table: Table) -> Generator[Compiler]:
    """A compiler that names rows of `table` without their company; what it compiles inside leaks."""
    usual = compilation.rows

    def rows(of: Table, name: Sql, **options: Any) -> Rows:
        found = usual(of, name, **options)
        return replace(found, where=()) if of is table else found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compilation, "rows", rows)
        yield _fresh()


@contextmanager
def forgetting_viewer() -> Generator[Compiler]:
    """A compiler that lets everybody into every company; what it compiles inside leaks."""
    usual = scopes.entrance

    def entrance(scope: Scope) -> tuple[Sql, Sql]:
        source, where = usual(scope)
        mine = f"{scope.membership['account_id']} = v.account_id"
        assert mine in where
        return source, Sql(where.replace(mine, "true"))

    with pytest.MonkeyPatch.context() as patch:
        for module in (objects, roots):
            patch.setattr(module, "entrance", entrance)
        yield _fresh()


def _fresh() -> Compiler:
    usual = default_compiler()
    return Compiler(usual.schema, usual.layout)
