"""The request headers that choose: takes their bytes, gives the media type and the language of the answer."""

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from schema.language import Language

T = TypeVar("T")

LONGEST = 1_000  # bytes of a header that are looked at

PARAMETER = r'\s*;\s*[\w!#$&^.+-]+\s*=\s*(?:[\w!#$&^.+-]+|"(?:[^"\\]|\\.)*")'
RANGE = re.compile(rf"\s*([\w*!#$&^.+-]+(?:/[\w*!#$&^.+-]+)?)((?:{PARAMETER})*)\s*\Z", re.ASCII)
QUALITY = re.compile(r";\s*q\s*=\s*([^;\s]+)", re.ASCII | re.IGNORECASE)
WEIGHT = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\Z", re.ASCII)
JSON_TYPES = frozenset({(b"application/json",), (b"application/json", b"charset=utf-8")})


class MediaType(bytes, enum.Enum):
    """The two media types of an answer; each is the Content-Type."""

    JSON = b"application/json; charset=utf-8"
    GRAPHQL = b"application/graphql-response+json; charset=utf-8"


class Streams(enum.Enum):
    """How welcome server-sent events are as an answer: more than JSON, less, or not at all."""

    PREFERRED = "preferred"
    ACCEPTED = "accepted"
    REFUSED = "refused"


OFFERED: Mapping[str, MediaType] = MappingProxyType(
    {"application/json": MediaType.JSON, "application/graphql-response+json": MediaType.GRAPHQL}
)
WILDCARDS: Mapping[str, int] = MappingProxyType({"*/*": 0, "application/*": 1})
EVENTS: Mapping[str, Streams] = MappingProxyType({"text/event-stream": Streams.PREFERRED})
ONLY_TEXT: Mapping[str, int] = MappingProxyType({"text/*": 1})
EXACT = 2
SPOKEN: Mapping[str, Language] = MappingProxyType({language.name.lower(): language for language in Language})


def media_type(accept: bytes | None) -> MediaType | None:
    """The answer's media type for an Accept header (None: there is none), None when neither is acceptable."""
    return MediaType.JSON if not accept else _media_type(accept[:LONGEST])


def streams(accept: bytes | None) -> Streams:
    """Whether an Accept header takes server-sent events; `*/*` alone does not, as whoever sends it awaits an end."""
    return Streams.REFUSED if not accept else _streams(accept[:LONGEST])


def language(accept_language: bytes | None) -> Language:
    """The best of the product's languages for an Accept-Language header; French when it names none of them."""
    return Language.FR if not accept_language else _language(accept_language[:LONGEST])


def is_json(content_type: bytes | None) -> bool:
    """Whether a Content-Type is application/json, in UTF-8 if it says so."""
    return content_type == b"application/json" or bool(content_type and _is_json(content_type[:LONGEST]))


def _is_json(content_type: bytes) -> bool:
    parts = [b"=".join(side.strip() for side in part.split(b"=")) for part in content_type.lower().split(b";")]
    return tuple(part.replace(b'"utf-8"', b"utf-8") for part in parts if part) in JSON_TYPES


@lru_cache(maxsize=128)
def _media_type(accept: bytes) -> MediaType | None:
    ranges = list(_weighted(accept, str.lower))
    if not ranges:
        return MediaType.JSON
    ranked = _ranked(ranges, OFFERED, WILDCARDS)
    # of two that are equally welcome: the one that is named, then the one that is named first, then plain JSON
    order = sorted(ranked.items(), key=lambda item: (item[1], item[0] is MediaType.JSON))
    return order[-1][0] if order and order[-1][1][0] > 0 else None


@lru_cache(maxsize=128)
def _streams(accept: bytes) -> Streams:
    ranges = list(_weighted(accept, str.lower))
    events = _ranked(ranges, EVENTS, ONLY_TEXT).get(Streams.PREFERRED)
    if events is None or events[0] == 0:
        return Streams.REFUSED
    json = _ranked(ranges, OFFERED, WILDCARDS).values()
    return Streams.ACCEPTED if any(rank > events for rank in json) else Streams.PREFERRED


def _ranked(
    ranges: list[tuple[str, float]], offered: Mapping[str, T], wildcards: Mapping[str, int]
) -> dict[T, tuple[float, int, int]]:
    """How welcome each offer is, by the range that names it most precisely: weight, precision, place in the list."""
    ranked: dict[T, tuple[float, int, int]] = {}
    for place, (name, weight) in enumerate(ranges):
        for offer, kind in offered.items():
            precision = EXACT if name == offer else wildcards.get(name, -1)
            if precision > (ranked[kind][1] if kind in ranked else -1):
                ranked[kind] = weight, precision, -place
    return ranked


@lru_cache(maxsize=128)
def _language(accept_language: bytes) -> Language:
    best, most = Language.FR, 0.0
    for tag, weight in _weighted(accept_language, lambda tag: tag.lower().split("-")[0]):
        spoken = Language.FR if tag == "*" else SPOKEN.get(tag)
        if spoken is not None and weight > most:
            best, most = spoken, weight
    return best


def weights(header: bytes) -> Iterator[tuple[str, float]]:
    """The elements of a list with q-values, in lower case, each with its weight; malformed ones are skipped."""
    return _weighted(header, str.lower)


def _weighted(header: bytes, name: Callable[[str], str]) -> Iterator[tuple[str, float]]:
    """The well-formed elements of a list with q-values; others are skipped."""
    for element in header.decode("latin-1").split(","):
        found = RANGE.match(element)
        if found is None:
            continue
        quality = QUALITY.search(found[2])
        if quality is None:
            yield name(found[1]), 1.0
        elif WEIGHT.match(quality[1]):
            yield name(found[1]), float(quality[1])
