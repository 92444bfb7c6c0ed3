"""Requests whose answer depends on which names there are for their caller: introspection, and the mode `absent`.

They read first what their credential holds, before they are validated, so that neither an answer nor its time tells a
hidden name from one that never was.
"""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, NamedTuple

from asyncpg import Record
from graphql import GraphQLSchema

from db.database import Database
from db.errors import Crowded
from db.tokens import hash_token, is_absent_key
from resolvers.addresses import network
from resolvers.answers import refusal
from resolvers.aside import Aside, step_back
from resolvers.cache import Cache
from resolvers.held import KEY, held_in, held_statement, mode_in
from resolvers.patience import wait_for
from resolvers.request import GraphQLRequest
from resolvers.sessions import Uses
from resolvers.turns import Turns
from resolvers.views import View, Views
from resolvers.visibility import NOTHING, Held
from schema import schema
from schema.access import HiddenFields
from schema.errors import ErrorCode

OLD_KEYS: Final = 4_000
"""So many API keys are remembered that do not show their mode in themselves; a key's mode never changes."""

TEXTS: Final = 4_000_000
"""The room for views as SDL, in bytes."""


class SchemaText(NamedTuple):
    """A view as SDL in UTF-8, and what stands for it: the same for equal texts only."""

    sdl: bytes
    tag: str


class Viewing:
    """Finds the view of a request's caller in a schema; what is new is made in `turns`."""

    def __init__(self, database: Database, core: GraphQLSchema, uses: Uses, turns: Turns) -> None:
        self._database = database
        self._uses = uses
        self._turns = turns
        self._views = Views(core)
        self._absent = Cache[bytes, bool](OLD_KEYS)
        self._texts = Cache[Held, SchemaText](TEXTS)
        self._writing: dict[Held, asyncio.Task[SchemaText]] = {}
        self._aside = Aside(ThreadPoolExecutor(1, "schema", step_back), 1)

    async def of(self, request: GraphQLRequest) -> View:
        """What the caller may see in any company. RequestError (UNAUTHENTICATED); DatabaseError."""
        if request.token is None:
            return await self._view(NOTHING)
        return await self._view(held_in(await self._held(request, hash_token(request.token))))

    async def validating(self, request: GraphQLRequest) -> View | None:
        """The view that a request is validated against, None where that is the whole schema.

        A key that was made before keys showed their mode tells it at its first request. RequestError (UNAUTHENTICATED);
        DatabaseError.
        """
        if request.hidden_fields is HiddenFields.ABSENT or is_absent_key(request.token):
            return await self.of(request)
        assert request.token is not None, "only an API key has a mode of its own"
        hashed = hash_token(request.token)
        absent = self._absent.get(hashed)
        if absent is False:
            return None
        record = await self._held(request, hashed)
        if absent is None:
            absent = mode_in(record) is HiddenFields.ABSENT
            self._absent.put(hashed, absent)
        return await self._view(held_in(record)) if absent else None

    async def _view(self, held: Held) -> View:
        return self._views.kept(held) or await self._turns.do(partial(self._views.of, held))

    async def text(self, request: GraphQLRequest) -> SchemaText:
        """What the caller may see, as SDL; written once for all who ask meanwhile.

        RequestError (UNAUTHENTICATED, RATE_LIMITED); DatabaseError.
        """
        held = NOTHING
        if request.token is not None:
            held = held_in(await self._held(request, hash_token(request.token)))
        held = self._views.told_apart(held)
        text = self._texts.get(held)
        if text is not None:
            return text
        writing = self._writing.get(held)
        if writing is None:
            writing = self._writing[held] = asyncio.create_task(self._write(request, held))
            writing.add_done_callback(lambda _: self._writing.pop(held))
        return await asyncio.shield(writing)

    async def _write(self, request: GraphQLRequest, held: Held) -> SchemaText:
        """A view as SDL, made beside the loop when it is the turn of who asks for it."""
        wait_for(request._replace(client=None))
        try:
            text = await self._aside.do(network(request.address), self._text, held)
        except Crowded:
            raise refusal(ErrorCode.RATE_LIMITED, request.language) from None
        self._texts.put(held, text, len(text.sdl))
        return text

    def _text(self, held: Held) -> SchemaText:
        sdl = (schema.text_of(self._views.make(held).schema).rstrip("\n") + "\n").encode()
        return SchemaText(sdl, hashlib.blake2b(sdl, digest_size=16).hexdigest())

    async def _held(self, request: GraphQLRequest, hashed: bytes) -> Record:
        statement = held_statement(request.kind)
        record = await self._database.read(statement.sql, statement.arguments(hashed))
        if record[KEY] is None:
            raise refusal(ErrorCode.UNAUTHENTICATED, request.language)
        self._uses.add(record[KEY])
        return record
