"""The routes of browsers: the console with its explorer and reference, and redirects to it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from gateway.demo_logins import logins_in_every_language
from gateway.pages.files import MEDIA_TYPES, ROOT, ServedFile, ServedFiles
from gateway.pages.responses import (
    ASK_AGAIN,
    FOREVER,
    SELF_ONLY,
    TRUSTED_TYPES,
    file_response,
    fresh,
    nothing_here,
    redirect,
    wants_page,
)

FIRST_PAGE: Final = "index.html"
LETTERS: Final = ("invitation", "confirm", "not-me", "reset-password")
"""The pages that letters link to: the console's first page, which reads its own address."""

DEMO: Final = "demo.json"
REFERENCE: Final = f"{ROOT}reference.json"
"""The path of the reference's content, which `ReferenceEndpoint` answers."""

EXPLORER: Final = "explorer"
SCHEMA: Final = f"{EXPLORER}/schema.json"
"""The whole schema, which a document is validated against: for the explorer's editor, where that is served."""

HoldsDemo = Callable[[], Awaitable[bool]]
"""Whether the database holds the demo; never true where other machines may reach the gateway."""


class Pages:
    """The pages that the gateway shows to browsers; `with_explorer`: the explorer, too."""

    def __init__(self, holds_demo: HoldsDemo, *, with_explorer: bool) -> None:
        self._holds_demo = holds_demo
        self._schema: ServedFile | None = None
        self._without = frozenset[str]() if with_explorer else frozenset({EXPLORER})

    @cached_property
    def _files(self) -> ServedFiles:
        """The files, read when a browser first asks for one."""
        return ServedFiles(without=self._without)

    def routes(self) -> list[Route]:
        """The routes, for GET and HEAD."""
        to_console = dict.fromkeys(("/", "/graphql", "/console"), ROOT)
        letters = {f"/{name}": f"{ROOT}{name}" for name in LETTERS}
        redirects = [Route(path, _to(target)) for path, target in (to_console | letters).items()]
        return [*redirects, Route(f"{ROOT}{{name:path}}", self._serve)]

    def is_visit(self, scope: Scope) -> bool:
        """True for a browser that opens the address of GraphQL without a query."""
        return not scope["query_string"] and wants_page(scope)

    async def _serve(self, request: Request) -> Response:
        """A page or a file of the console."""
        name: str = request.path_params["name"]
        if name == DEMO and await self._holds_demo():
            return fresh(orjson.dumps(logins_in_every_language()), MEDIA_TYPES[".json"])
        if name == SCHEMA and EXPLORER not in self._without:
            file = await self._whole_schema()
            return await file_response(file, request.scope, cache=ASK_AGAIN, policy=TRUSTED_TYPES)
        version, _, rest = name.partition("/")
        is_versioned = version == self._files.version
        wanted = rest if is_versioned else self._file_of(name)
        file = self._files.find(wanted)
        if file is None:
            return nothing_here(request.scope)
        policy = SELF_ONLY if wanted.startswith(f"{EXPLORER}/") else TRUSTED_TYPES
        return await file_response(file, request.scope, cache=FOREVER if is_versioned else ASK_AGAIN, policy=policy)

    async def _whole_schema(self) -> ServedFile:
        """The schema for the explorer's editor, made when a browser first asks for it."""
        if self._schema is None:
            from gateway.pages.reference import introspection_json  # noqa: PLC0415 (rarely shown)

            self._schema = ServedFile(MEDIA_TYPES[".json"], await asyncio.to_thread(introspection_json))
        return self._schema

    def _file_of(self, name: str) -> str:
        """The file for an address without a version: pages have names without an ending."""
        if name == "" or name in LETTERS:
            return FIRST_PAGE
        return name if "." in name else f"{name}/{FIRST_PAGE}"


def _to(target: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        return redirect(target)

    return answer
