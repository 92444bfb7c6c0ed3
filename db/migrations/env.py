"""Alembic's entry: takes the connection that db.upgrade put into the configuration, or prints SQL."""

from alembic import context

from db.tables import metadata

connection = context.config.attributes.get("connection")
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
else:
    context.configure(connection=connection, target_metadata=metadata)

with context.begin_transaction():
    context.run_migrations()
