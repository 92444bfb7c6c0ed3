"""The pool of connections, as the settings say."""

from db.database import PoolSettings
from gateway.settings import Settings


def pool_settings(settings: Settings) -> PoolSettings:
    """The settings of the pool of connections."""
    return PoolSettings(
        size=settings.pool_size,
        share=settings.pool_share,
        queue=settings.pool_queue,
        statement_cache=settings.statement_cache,
        statement_memory=settings.statement_memory << 20,
        backend_memory=settings.backend_memory << 20,
        statement_timeout=settings.deadline,
    )
