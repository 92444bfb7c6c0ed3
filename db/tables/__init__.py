"""Every table of the database. Importing this package completes `metadata`."""

from db.tables import access, apps, contacts, documents, identity, mail, products
from db.tables.metadata import metadata

__all__ = ["access", "apps", "contacts", "documents", "identity", "mail", "metadata", "products"]
