"""Responses for browsers: files that caches may keep, small pages, redirects; each with the headers that bound it.

The content security policy lets a page load from the gateway alone, and nobody put it in a frame.
"""

import html
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Scope

from gateway.http.compression import accepts_gzip
from gateway.http.headers import has_version, joined
from gateway.http.negotiation import negotiated
from gateway.pages.files import ROOT, ServedFile
from gateway.pages.texts import NOTHING_HERE, TO_THE_CONSOLE, page_text

SELF_ONLY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TRUSTED_TYPES: Final = f"{SELF_ONLY}; require-trusted-types-for 'script'"
"""The policy of pages that never make markup of a text."""

BOUNDS: Final[Mapping[str, str]] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
FOREVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
"""A cache may keep the file, but has to ask each time whether it is still the same."""


async def file_response(file: ServedFile, scope: Scope, *, cache: str, policy: str) -> Response:
    """A file, in gzip for who accepts it; 304 for who has it already."""
    sent = joined(scope["headers"])
    packed = accepts_gzip(sent.get(b"accept-encoding"))
    tag = f'"{file.tag}{"-gz" if packed else ""}"'
    kept = {"etag": tag, "cache-control": cache, "vary": "accept-encoding", "content-security-policy": policy, **BOUNDS}
    if has_version(sent, tag.encode()):
        return Response(status_code=304, headers=kept)
    more = {"content-type": file.media_type, **({"content-encoding": "gzip"} if packed else {})}
    return Response(await file.packed() if packed else file.body, headers=kept | more)


def fresh(content: bytes, media_type: str, status: int = 200, **more: str) -> Response:
    """A small answer that no cache keeps."""
    kept = {"cache-control": "no-store", "content-security-policy": TRUSTED_TYPES, **BOUNDS}
    return Response(content, status, headers={"content-type": media_type, **kept, **more})


def redirect(path: str) -> Response:
    """The way to another path; what follows `#` in the browser's address stays."""
    return fresh(b"", "text/plain", 307, location=path)


def nothing_here(scope: Scope) -> Response:
    """The page for an address without a page, with a link to the console, in the reader's language."""
    language = negotiated(joined(scope["headers"])).language
    title, link = (html.escape(page_text(language, text)) for text in (NOTHING_HERE, TO_THE_CONSOLE))
    text = (
        f'<!doctype html><html lang="{language.name.lower()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f'<title>{title}</title></head><body><main><h1>{title}</h1><p><a href="{ROOT}">{link}</a></p></main></body>'
        "</html>"
    )
    return fresh(text.encode(), "text/html; charset=utf-8", 404)


def wants_page(scope: Scope) -> bool:
    """True for a request of a browser for a page: a GET or HEAD that accepts HTML."""
    return scope["method"] in ("GET", "HEAD") and b"text/html" in joined(scope["headers"]).get(b"accept", b"")
