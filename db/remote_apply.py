"""The words that let a transaction wait for replicas, for statements that change access or end a credential.

They are part of such a statement, so that it stays one trip, and hold until its transaction has ended.
"""

from typing import Final

APPLIED: Final = "set_config('synchronous_commit', 'remote_apply', true)"
"""The commit returns when the synchronous standbys have applied it; without such standbys, at once."""
