"""Fields of Company that stand in its settings."""

from db.sql import Sql, every, sql
from db.tables.settings import company_settings
from resolvers.compilation import Row
from resolvers.resolution import Arguments, Leaf, Reference


def setting(column: str) -> Leaf:
    """A column of the settings of the company at hand."""

    def value(row: Row, arguments: Arguments) -> Sql:
        settings = row.to.rows(company_settings, company=row["id"])
        return sql("(select {} from {} where {})", settings[column], settings.source, every([*settings.where]))

    return Leaf(value)


SETTINGS = Reference(lambda company, settings: ())
"""A group of settings as an object: a type whose home is `company_settings`."""
