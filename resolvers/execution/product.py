"""The compiler of the product's schema over its tables."""

from functools import cache

from db.tables import metadata
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.schema_checks import check_mutations, check_schema
from resolvers.compilation.table_mapping import TableMapping
from resolvers.fields.registry import HOMES, RESOLVERS
from resolvers.mutations.registry import MUTATIONS
from resolvers.writing.checks import check_writes
from resolvers.writing.declaration import entity_writes
from resolvers.writing.registry import statement_writers
from schema import schema


@cache
def default_compiler() -> Compiler:
    """The compiler of the product's schema over its tables.

    Raises SchemaRefused when the schema would leak or cannot be answered.
    """
    core = schema.core
    layout = TableMapping(core, metadata, RESOLVERS, HOMES)
    check_schema(layout)
    check_writes(core, entity_writes(layout))
    writers = statement_writers(layout)
    judged = {name: mutation.gates for name, mutation in MUTATIONS.items()}
    check_mutations(core, judged | {name: writer.need for name, writer in writers.items()})
    return Compiler(core, layout, writers=writers)
