"""Whose share a request is taken from: the account of its credential, else the network that it comes from.

The account of a token is known from an answer of a statement. It may be out of date: it decides in whose queue somebody
waits, and nothing else. A token that is not known yet pays as nobody does, so unknown ones gain no places.
"""

import uuid
from typing import Final

from db.sharing import PAYER, Payer
from resolvers.addresses import network

MOST: Final = 10_000
"""So many tokens are known; of those beyond, whoever was known first is found out again."""


class Payers:
    """The accounts of the tokens that were seen in this process, by the tokens' hashes."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._accounts: dict[bytes, uuid.UUID] = {}

    def of(self, address: str, token_hash: bytes | None) -> Payer:
        """Who pays for a request."""
        if token_hash is not None and token_hash in self._accounts:
            return self._accounts[token_hash]
        return network(address)

    def begin(self, address: str, token_hash: bytes | None) -> Payer:
        """Let the current task be paid by who pays for its request."""
        payer = self.of(address, token_hash)
        PAYER.set(payer)
        return payer

    def know(self, token_hash: bytes, account: uuid.UUID | None) -> None:
        """A statement has told whose token it is, or that it is nobody's (any more)."""
        if account is None:
            self._accounts.pop(token_hash, None)
        elif token_hash not in self._accounts:
            if len(self._accounts) >= self._most:
                del self._accounts[next(iter(self._accounts))]
            self._accounts[token_hash] = account
