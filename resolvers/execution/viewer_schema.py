"""The schema as the viewer may see it, for introspection and the mode `absent`.

The credential's gates are read before the operation is validated, so that neither an answer nor its time tells a hidden
name from one that does not exist.
"""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from asyncpg import Record
from graphql import GraphQLSchema

from db.database import Database
from db.errors import Crowded
from db.tokens import hash_token, is_absent_key
from resolvers.addresses import network
from resolvers.cache import Cache
from resolvers.execution.credential_use import Uses
from resolvers.execution.held_gates import KEY, held_in, held_statement, mode_in
from resolvers.execution.replica_reads import ReplicaReads
from resolvers.execution.results import refusal
from resolvers.fair_use.turns import Turns
from resolvers.fair_use.waiting_client import wait_for
from resolvers.fair_use.worker_threads import WorkerThreads, step_back
from resolvers.gates.schema_views import View, Views
from resolvers.gates.visibility import NOTHING, Held
from resolvers.request import GraphQLRequest
from schema import schema
from schema.errors import ErrorCode
from schema.hidden_fields import HiddenFields

OLD_KEYS: Final = 4_000
"""Maximum number of API keys, of those whose text does not show their mode, that are remembered with it."""

TEXTS: Final = 4_000_000
"""Maximum size of the cached texts, in bytes."""

WriteText: TypeAlias = Callable[[GraphQLSchema], bytes]
"""Writes a schema as a text in UTF-8."""


class SchemaText(NamedTuple):
    """A view as a text in UTF-8, such as SDL, and its tag: a digest, equal for equal texts only."""

    content: bytes
    tag: str


def write_sdl(view: GraphQLSchema) -> bytes:
    """A view as SDL."""
    return (schema.text_of(view).rstrip("\n") + "\n").encode()


class ViewerSchemas:
    """Finds the view of the schema for a request's caller; a new view is made in `turns`.

    `replicas` answer where they may; None: the database itself does.
    """

    def __init__(self, database: Database, core: GraphQLSchema, uses: Uses, turns: Turns) -> None:
        self._database = database
        self.replicas: ReplicaReads | None = None
        self._uses = uses
        self._turns = turns
        self._views = Views(core)
        self._absent = Cache[bytes, bool](OLD_KEYS)
        self._texts = Cache[tuple[WriteText, Held], SchemaText](TEXTS)
        self._writing: dict[tuple[WriteText, Held], asyncio.Task[SchemaText]] = {}
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

    async def text(self, request: GraphQLRequest, write: WriteText) -> SchemaText:
        """The caller's view as `write` writes it. Requests for the same text at the same time wait for one.

        Raises RequestError (UNAUTHENTICATED, RATE_LIMITED) and DatabaseError.
        """
        held = NOTHING
        if request.token is not None:
            held = held_in(await self._held(request, hash_token(request.token)))
        held = self._views.relevant(held)
        key = write, held
        text = self._texts.get(key)
        if text is not None:
            return text
        writing = self._writing.get(key)
        if writing is None:
            writing = self._writing[key] = asyncio.create_task(self._write(request, held, write))
            writing.add_done_callback(lambda _: self._writing.pop(key))
        return await asyncio.shield(writing)

    async def _write(self, request: GraphQLRequest, held: Held, write: WriteText) -> SchemaText:
        """A view as a text, made in a thread when it is the turn of the request's network."""
        wait_for(request._replace(client=None))
        try:
            text = await self._aside.do(network(request.address), self._text, held, write)
        except Crowded:
            raise refusal(ErrorCode.RATE_LIMITED, request.language) from None
        self._texts.put((write, held), text, len(text.content))
        return text

    def _text(self, held: Held, write: WriteText) -> SchemaText:
        content = write(self._views.make(held).schema)
        return SchemaText(content, hashlib.blake2b(content, digest_size=16).hexdigest())

    async def _held(self, request: GraphQLRequest, hashed: bytes) -> Record:
        statement = held_statement(request.kind)
        arguments = statement.arguments(hashed)
        if self.replicas is None:
            record = await self._database.read(statement.sql, arguments)
        else:
            record = (await self.replicas.read(request, statement.sql, arguments, KEY)).record
        if record[KEY] is None:
            raise refusal(ErrorCode.UNAUTHENTICATED, request.language)
        self._uses.add(record[KEY])
        return record
