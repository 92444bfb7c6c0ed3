"""All mutations with a statement of their own: those of entities, and those of many rows at once."""

from collections.abc import Mapping

from resolvers.compilation.table_mapping import TableMapping
from resolvers.writing import prices
from resolvers.writing.outcome import Writer
from resolvers.writing.writer import entity_writers


def all_writers(layout: TableMapping) -> Mapping[str, Writer]:
    """The writers by their root field. Raises TableMappingError for a column that is not there."""
    of_entities = entity_writers(layout)
    return {**of_entities, prices.OPERATION: prices.PriceWriter.of(layout, of_entities["updateProduct"].write)}
