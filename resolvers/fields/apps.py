"""The catalogue of apps."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, sql
from db.tables.apps import app_requirement, app_text
from resolvers.compilation import Row
from resolvers.convert import enum_name
from resolvers.resolution import Arguments, Leaf, Resolution


def _requires(row: Row, arguments: Arguments) -> Sql:
    needed = row.to.rows(app_requirement)
    return sql(
        "array(select {} from {} where {} = {} order by 1)",
        needed["requires_app_id"],
        needed.source,
        needed["app_id"],
        row["id"],
    )


def _spoken(row: Row, arguments: Arguments, column: str) -> Sql:
    spoken = row.to.rows(app_text)
    language = row.to.language()
    if "language" in arguments:
        language = sql("coalesce({}, {})", row.to.bind(arguments["language"], enum_name, "text"), language)
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
    "AppInfo.app": Leaf(lambda row, arguments: row["id"]),
    "AppInfo.label": Leaf(lambda row, arguments: _spoken(row, arguments, "label")),
    "AppInfo.description": Leaf(lambda row, arguments: _spoken(row, arguments, "description")),
    "AppInfo.requires": Leaf(_requires),
}
