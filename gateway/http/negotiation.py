"""Content negotiation (RFC 9110, 12): the answer's media type and language, by Accept and Accept-Language."""

import enum
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from schema.localization.language import Language

T = TypeVar("T")

LONGEST = 1_000  # bytes read of a header

QUOTED = r'"(?:[^"\\]|\\.)*"'
PARAMETER = rf"\s*;\s*([\w!#$&^.+-]+)\s*=\s*([\w!#$&^.+-]+|{QUOTED})"
RANGE = re.compile(rf"\s*([\w*!#$&^.+-]+(?:/[\w*!#$&^.+-]+)?)((?:{PARAMETER})*)\s*\Z", re.ASCII)
PARAMETERS = re.compile(PARAMETER, re.ASCII)
WEIGHT = re.compile(r"(?:0?\.\d{1,9}|0\.?|1(?:\.0{0,9})?)\Z", re.ASCII)
"""A weight, also without its leading zero, as Java writes it, and with more than three digits."""

ELEMENT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*"?)+')
"""An element of a list; a comma inside quotes ends none, and quotes that are not closed reach to the end."""

MEMBER = re.compile(r'(?:[^";]|"(?:[^"\\]|\\.)*"?)+')
"""A parameter of a media type; a semicolon inside quotes ends none."""

TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
VALUE = re.compile(r"[\w!#$%&'*+.^`|~-]+|\"[^\"\\]*\"", re.ASCII)
PARTS = "multipart/mixed"
SPEC = "subscriptionspec", "1.0"
"""The parameter of the multipart protocol of Apollo's clients for subscriptions."""

JSON_TYPE = "application/json"
CHARSETS = frozenset({"utf-8", "utf8"})


class MediaType(bytes, enum.Enum):
    """The two media types of an answer; the value is the Content-Type."""

    JSON = b"application/json; charset=utf-8"
    GRAPHQL = b"application/graphql-response+json; charset=utf-8"


class Streams(enum.Enum):
    """The client's preference for server-sent events: more than JSON, no more than JSON, or not at all."""

    PREFERRED = "preferred"
    ACCEPTED = "accepted"
    REFUSED = "refused"


GRAPHQL_RESPONSE = "application/graphql-response+json"
OFFERED: Mapping[str, MediaType] = MappingProxyType(
    {"application/json": MediaType.JSON, GRAPHQL_RESPONSE: MediaType.GRAPHQL}
)
WILDCARDS: Mapping[str, int] = MappingProxyType({"*": 0, "*/*": 0, "application/*": 1})
EVENTS: Mapping[str, Streams] = MappingProxyType({"text/event-stream": Streams.PREFERRED})
ONLY_TEXT: Mapping[str, int] = MappingProxyType({"text/*": 1})
EXACT = 2
SPOKEN: Mapping[str, Language] = MappingProxyType({language.name.lower(): language for language in Language})


class Accepted(NamedTuple):
    """The forms of an answer that an Accept header accepts; `media_type` is None for neither of the two.

    `names_graphql`: application/graphql-response+json is there by its name, so its statuses are understood.
    `takes_parts`: multipart/mixed with the parts of a subscription is. For server-sent events `*/*` alone refuses: such
    a client expects an end.
    """

    media_type: MediaType | None = MediaType.JSON
    streams: Streams = Streams.REFUSED
    names_graphql: bool = False
    takes_parts: bool = False


ANYTHING = Accepted()


class Negotiated(NamedTuple):
    """The form of the answer that the headers of a request ask for.

    `takes_streams`: events or parts are accepted. `is_possible`: at least one form is.
    """

    media_type: MediaType
    streams: Streams
    names_graphql: bool
    takes_streams: bool
    is_possible: bool
    language: Language


def negotiated(headers: Mapping[bytes, bytes]) -> Negotiated:
    """The form of the answer to a request with these headers."""
    get = headers.get
    return _negotiated(get(b"accept", b"")[:LONGEST], get(b"accept-language", b"")[:LONGEST])


@lru_cache(maxsize=256)
def _negotiated(accept: bytes, accept_language: bytes) -> Negotiated:
    media_type, streams, names_graphql, takes_parts = accepted(accept)
    takes_streams = streams is not Streams.REFUSED or takes_parts
    is_possible = media_type is not None or takes_streams
    return Negotiated(
        media_type or MediaType.JSON, streams, names_graphql, takes_streams, is_possible, language(accept_language)
    )


def accepted(accept: bytes) -> Accepted:
    """The forms that an Accept header accepts; an empty one, or none, is plain JSON."""
    if not accept:
        return ANYTHING
    elements = list(_elements(accept))
    ranges = [(name.lower(), weight) for name, weight, _ in elements]
    names_graphql = any(name == GRAPHQL_RESPONSE and weight > 0 for name, weight in ranges)
    takes_parts = any(name.lower() == PARTS and weight > 0 and SPEC in more.items() for name, weight, more in elements)
    return Accepted(_media_type(ranges), _streams(ranges), names_graphql, takes_parts)


def language(accept_language: bytes | None) -> Language:
    """The best of the product's languages for an Accept-Language header; French when it names none of these."""
    return Language.FR if not accept_language else _language(accept_language[:LONGEST])


def is_json(content_type: bytes | None) -> bool:
    """True for a Content-Type of application/json, in UTF-8; parameters that say nothing of that are ignored."""
    return content_type == b"application/json" or bool(content_type and _is_json(content_type[:LONGEST]))


@lru_cache(maxsize=128)
def _is_json(content_type: bytes) -> bool:
    type_, _, parameters = content_type.decode("latin-1").lower().partition(";")
    return type_.strip() == JSON_TYPE and all(map(_is_harmless, MEMBER.findall(parameters)))


def _is_harmless(parameter: str) -> bool:
    """True for a well-formed parameter that names no other encoding than UTF-8, and for an empty one."""
    name, equals, value = (part.strip() for part in parameter.partition("="))
    if not name and not equals:
        return True
    well_formed = TOKEN.fullmatch(name) and equals and VALUE.fullmatch(value)
    return bool(well_formed) and (name != "charset" or value.strip('"') in CHARSETS)


def _media_type(ranges: list[tuple[str, float]]) -> MediaType | None:
    if not ranges:
        return MediaType.JSON
    ranked = _ranked(ranges, OFFERED, WILDCARDS)
    # of two with equal weight: the more precisely named one, then the one named first, then plain JSON
    order = sorted(ranked.items(), key=lambda item: (item[1], item[0] is MediaType.JSON))
    return order[-1][0] if order and order[-1][1][0] > 0 else None


def _streams(ranges: list[tuple[str, float]]) -> Streams:
    events = _ranked(ranges, EVENTS, ONLY_TEXT).get(Streams.PREFERRED)
    if events is None or events[0] == 0:
        return Streams.REFUSED
    json = _ranked(ranges, OFFERED, WILDCARDS).values()
    return Streams.ACCEPTED if any(rank > events for rank in json) else Streams.PREFERRED


def _ranked(
    ranges: list[tuple[str, float]], offered: Mapping[str, T], wildcards: Mapping[str, int]
) -> dict[T, tuple[float, int, int]]:
    """The rank of each offer, by the range that names it most precisely: weight, precision, negated list position."""
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
    for name, weight, _ in _elements(accept_language):
        tag = name.lower().split("-")[0]
        spoken = Language.FR if tag == "*" else SPOKEN.get(tag)
        if spoken is not None and weight > most:
            best, most = spoken, weight
    return best


def weights(header: bytes) -> Iterator[tuple[str, float]]:
    """The elements of a list with q-values, in lower case, each with its weight; malformed ones are skipped."""
    return ((name.lower(), weight) for name, weight, _ in _elements(header))


def _elements(header: bytes) -> Iterator[tuple[str, float, Mapping[str, str]]]:
    """The well-formed elements of a list with q-values: name, weight, parameters; others are skipped.

    The parameters have their names in lower case and their values without quotes.
    """
    for element in ELEMENT.findall(header.decode("latin-1")):
        found = RANGE.match(element)
        if found is None:
            continue
        parameters = {name.lower(): value.strip('"') for name, value in PARAMETERS.findall(found[2])}
        quality = parameters.get("q", "1")
        if WEIGHT.match(quality):
            yield found[1], float(quality), parameters
