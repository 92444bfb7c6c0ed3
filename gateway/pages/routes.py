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
REFERENCE: Final = "reference.json"
EXPLORER: Final = "explorer"
SCHEMA: Final = f"{EXPLORER}/schema.json"
MADE: Final = (REFERENCE, SCHEMA)
"""The files that are made of the schema."""

HoldsDemo = Callable[[], Awaitable[bool]]
"""Whether the database holds the demo; never true where other machines may reach the gateway."""


class Pages:
    """What the gateway shows to browsers; `with_explorer`: the explorer, too."""

    def __init__(self, holds_demo: HoldsDemo, *, with_explorer: bool) -> None:
        self._holds_demo = holds_demo
        self._made: dict[str, ServedFile] = {}
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
        if name in MADE and name.partition("/")[0] not in self._without:
            return await file_response(await self._make(name), request.scope, cache=ASK_AGAIN, policy=TRUSTED_TYPES)
        version, _, rest = name.partition("/")
        is_versioned = version == self._files.version
        wanted = rest if is_versioned else self._file_of(name)
        file = self._files.find(wanted)
        if file is None:
            return nothing_here(request.scope)
        policy = SELF_ONLY if wanted.startswith(f"{EXPLORER}/") else TRUSTED_TYPES
        return await file_response(file, request.scope, cache=FOREVER if is_versioned else ASK_AGAIN, policy=policy)

    async def _make(self, name: str) -> ServedFile:
        """One of `MADE`, made when a browser first asks for it."""
        if name not in self._made:
            from gateway.pages.reference import introspection_json, reference_json  # noqa: PLC0415 (rarely shown)

            content = await asyncio.to_thread(reference_json if name == REFERENCE else introspection_json)
            self._made[name] = ServedFile(MEDIA_TYPES[".json"], content)
        return self._made[name]

    def _file_of(self, name: str) -> str:
        """The file for an address without a version: pages have names without an ending."""
        if name == "" or name in LETTERS:
            return FIRST_PAGE
        return name if "." in name else f"{name}/{FIRST_PAGE}"


def _to(target: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        return redirect(target)

    return answer
