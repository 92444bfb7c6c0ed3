"""Fields of Company whose values are in its settings."""

from db.sql import Sql, every, sql
from db.tables.core.settings import company_settings
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Arguments, GlobalId, Leaf, ToOne


def setting(column: str) -> Leaf:
    """The resolution of a field by a column of the company's settings."""

    def value(row: Row, arguments: Arguments) -> Sql:
        settings = row.ctx.rows(company_settings, company=row["id"])
        return sql("(select {} from {} where {})", settings[column], settings.source, every([*settings.where]))

    return Leaf(value)


SETTINGS = ToOne(lambda company, settings: ())
"""The resolution of a field by an object for a group of settings; the object's type has the home `company_settings`."""

OF_COMPANY = GlobalId(lambda row: row["company_id"])
"""The id of an object that each company has once."""
