"""The payer of a request, from whose share of the server it is taken: the credential's account, else the network.

The account of a token is known once a statement has returned it. It may be out of date, since it decides only in whose
queue a request waits. A token that is not known yet counts for its network, so invented tokens gain no places.
"""

import uuid
from typing import Final

from db.sharing import GATEWAY, PAYER, Payer
from resolvers.addresses import network

MOST: Final = 10_000
"""Maximum number of known tokens; beyond it the one that was learned first is forgotten."""


def current_payer(address: str) -> Payer:
    """The payer of the current task; the network of `address` where no request has begun."""
    payer = PAYER.get()
    return network(address) if payer is GATEWAY else payer


class Payers:
    """The accounts of the tokens that were seen in this process, by the tokens' hashes."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._accounts: dict[bytes, uuid.UUID] = {}

    def of(self, address: str, token_hash: bytes | None) -> Payer:
        """The payer of a request."""
        if token_hash is not None and token_hash in self._accounts:
            return self._accounts[token_hash]
        return network(address)

    def begin(self, address: str, token_hash: bytes | None) -> Payer:
        """Set the payer of a request for the current task, and return it."""
        payer = self.of(address, token_hash)
        PAYER.set(payer)
        return payer

    def know(self, token_hash: bytes, account: uuid.UUID | None) -> None:
        """Record the account that a statement returned for a token; None: the token is invalid, or is so by now."""
        if account is None:
            self._accounts.pop(token_hash, None)
        elif token_hash not in self._accounts:
            if len(self._accounts) >= self._most:
                del self._accounts[next(iter(self._accounts))]
            self._accounts[token_hash] = account
