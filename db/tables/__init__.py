"""Every table of the database. Importing this package completes `metadata`."""

from db.tables import access, apps, contacts, documents, identity, products
from db.tables.metadata import metadata

__all__ = ["access", "apps", "contacts", "documents", "identity", "metadata", "products"]
