"""The root fields of Mutation that write by one statement."""

from collections.abc import Mapping

from resolvers.compilation.table_mapping import TableMapping
from resolvers.writing import prices
from resolvers.writing.access.action import access_actions
from resolvers.writing.intent import StatementWriter
from resolvers.writing.unversioned.writer import unversioned_writers
from resolvers.writing.writer import entity_writers


def statement_writers(layout: TableMapping) -> Mapping[str, StatementWriter]:
    """The writers of the layout's schema by root field. Raises TableMappingError for a column that is not there."""
    of_entities = entity_writers(layout)
    adjusting = prices.PriceWriter.of(layout, of_entities["updateProduct"].write)
    return {**of_entities, prices.OPERATION: adjusting, **access_actions(layout), **unversioned_writers(layout)}
