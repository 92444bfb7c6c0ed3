"""The catalogue of apps, with its texts in the viewer's language."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, sql
from db.tables.core.apps import app_requirement, app_text
from resolvers.compilation.context import Row
from resolvers.compilation.parameters import enum_name
from resolvers.compilation.resolution import Arguments, GlobalId, Leaf, Resolution


def _requires(row: Row, arguments: Arguments) -> Sql:
    needed = row.ctx.rows(app_requirement)
    return sql(
        "array(select {} from {} where {} = {} order by 1)",
        needed["requires_app_id"],
        needed.source,
        needed["app_id"],
        row["id"],
    )


def _spoken(row: Row, arguments: Arguments, column: str) -> Sql:
    spoken = row.ctx.rows(app_text)
    language = row.ctx.language()
    if "language" in arguments:
        language = sql("coalesce({}, {})", row.ctx.bind(arguments["language"], enum_name, "text"), language)
    return sql(
        "(select {} from {} where {} = {} and {} = {})",
        spoken[column],
        spoken.source,
        spoken["app_id"],
        row["id"],
        spoken["language"],
        language,
    )


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "AppInfo.id": GlobalId(None, mark=lambda row: row["id"]),
    "AppInfo.app": Leaf(lambda row, arguments: row["id"]),
    "AppInfo.label": Leaf(lambda row, arguments: _spoken(row, arguments, "label")),
    "AppInfo.description": Leaf(lambda row, arguments: _spoken(row, arguments, "description")),
    "AppInfo.requires": Leaf(_requires),
}
