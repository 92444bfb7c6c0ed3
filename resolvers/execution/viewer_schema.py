"""The schema as the viewer may see it, for introspection and the mode `absent`.

The credential's gates are read before the operation is validated, so that neither an answer nor its time tells a hidden
name from one that does not exist.
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
from resolvers.cache import Cache
from resolvers.execution.credential_use import Uses
from resolvers.execution.held_gates import KEY, held_in, held_statement, mode_in
from resolvers.execution.results import refusal
from resolvers.fair_use.patience import wait_for
from resolvers.fair_use.turns import Turns
from resolvers.fair_use.worker_threads import WorkerThreads, step_back
from resolvers.gates.schema_views import View, Views
from resolvers.gates.visibility import NOTHING, Held
from resolvers.request import GraphQLRequest
from schema import schema
from schema.errors import ErrorCode
from schema.types.core.access import HiddenFields

OLD_KEYS: Final = 4_000
"""Maximum number of API keys, of those whose text does not show their mode, that are remembered with it."""

TEXTS: Final = 4_000_000
"""Maximum size of the cached SDL texts, in bytes."""


class SchemaText(NamedTuple):
    """A view as SDL in UTF-8, and its tag: a digest, equal for equal texts only."""

    sdl: bytes
    tag: str


class ViewerSchemas:
    """Finds the view of the schema for a request's caller; a new view is made in `turns`."""

    def __init__(self, database: Database, core: GraphQLSchema, uses: Uses, turns: Turns) -> None:
        self._database = database
        self._uses = uses
        self._turns = turns
        self._views = Views(core)
        self._absent = Cache[bytes, bool](OLD_KEYS)
        self._texts = Cache[Held, SchemaText](TEXTS)
        self._writing: dict[Held, asyncio.Task[SchemaText]] = {}
        self._aside = WorkerThreads(ThreadPoolExecutor(1, "schema", step_back), 1)

    async def of(self, request: GraphQLRequest) -> View:
        """The view of all that the caller may see in any company.

        Raises RequestError (UNAUTHENTICATED) and DatabaseError.
        """
        if request.token is None:
            return await self._view(NOTHING)
        return await self._view(held_in(await self._held(request, hash_token(request.token))))

    async def validating(self, request: GraphQLRequest) -> View | None:
        """The view that a request is validated against; None for the whole schema.

        The mode of an API key whose text does not show it is read at its first request. Raises RequestError
        (UNAUTHENTICATED) and DatabaseError.
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
        """The caller's view as SDL. Requests for the same view at the same time wait for one text.

        Raises RequestError (UNAUTHENTICATED, RATE_LIMITED) and DatabaseError.
        """
        held = NOTHING
        if request.token is not None:
            held = held_in(await self._held(request, hash_token(request.token)))
        held = self._views.relevant(held)
        text = self._texts.get(held)
        if text is not None:
            return text
        writing = self._writing.get(held)
        if writing is None:
            writing = self._writing[held] = asyncio.create_task(self._write(request, held))
            writing.add_done_callback(lambda _: self._writing.pop(held))
        return await asyncio.shield(writing)

    async def _write(self, request: GraphQLRequest, held: Held) -> SchemaText:
        """A view as SDL, made in a thread when it is the turn of the request's network."""
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
