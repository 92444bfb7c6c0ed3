"""A formatter of SQL for reading: one clause, or one member of JSON, on each line.

It changes only white space, and removes the parentheses that balance a chain of `||`: a new member is one new line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

WIDTH: Final = 110
SMALL: Final = 60
"""Maximum number of characters of a sub-query that stays on one line."""

TOKEN: Final = re.compile(
    r"""(?P<space>\s*)(?P<text>[eE]?'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*"|\$\d+|[\w.]+|::|\|\||<=|>=|<>|!=|&&|\S)"""
)
CLAUSES: Final = (
    "with", "select", "insert into", "update", "delete from", "set", "values", "from", "left join", "cross join",
    "join", "where", "group by", "order by", "limit", "offset", "union all", "returning", "for update", "for share",
    "on conflict",
)  # fmt: skip
JOINS: Final = ("left join", "cross join", "join")
STARTS: Final = ("select", "with", "insert", "update", "delete")


@dataclass(frozen=True, slots=True)
class Word:
    """A token; `spaced` is whether white space precedes it."""

    text: str
    spaced: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The nodes between parentheses, brackets, or `case` and `end`."""

    opening: str
    closing: str
    spaced: bool
    nodes: "tuple[Node, ...]"
    end_spaced: bool = False

    @property
    def is_query(self) -> bool:
        """Whether its content is a query."""
        return bool(self.nodes) and _text(self.nodes[0]) in STARTS


Node: TypeAlias = Word | Group
Nodes: TypeAlias = Sequence[Node]
CLOSING: Final = {"(": ")", "[": "]", "case": "end"}


def lay_out(statement: str) -> str:
    """The statement on lines of about `WIDTH` characters (a long constant stays in one piece)."""
    tokens = words(statement)
    nodes = _unchained(_parse(iter(tokens), None)[0])
    lines = _query(nodes, WIDTH) if nodes and _text(nodes[0]) in STARTS else [_flat(nodes)]
    return "\n".join(lines) + "\n"


def words(statement: str) -> list[Word]:
    """The tokens of a statement."""
    return [Word(found["text"], bool(found["space"])) for found in TOKEN.finditer(statement)]


# --- reading --------------------------------------------------------------------------------------------------------


def _parse(tokens: Iterator[Word], closing: str | None) -> tuple[tuple[Node, ...], bool]:
    """The nodes up to a closing token, and whether white space precedes that token."""
    found: list[Node] = []
    for token in tokens:
        if token.text == closing:
            return tuple(found), token.spaced
        if token.text in CLOSING:
            nodes, end_spaced = _parse(tokens, CLOSING[token.text])
            found.append(Group(token.text, CLOSING[token.text], token.spaced, nodes, end_spaced))
        else:
            found.append(token)
    if closing is not None:
        raise ValueError(f"{closing} is missing")
    return tuple(found), False


def _unchained(nodes: Nodes) -> tuple[Node, ...]:
    """The nodes without the parentheses around an operand of `||` that is a chain of `||` itself."""
    found: list[Node] = []
    for n, node in enumerate(nodes):
        if not isinstance(node, Group):
            found.append(node)
            continue
        inner = Group(node.opening, node.closing, node.spaced, _unchained(node.nodes), node.end_spaced)
        beside = [_text(near) for near in (*nodes[max(n - 1, 0) : n], *nodes[n + 1 : n + 2])]
        chained = inner.opening == "(" and "||" in beside and _is_chain(inner.nodes)
        if chained and all(_ends_operand(text) for text in beside):
            first, *rest = inner.nodes
            found.extend((_spaced(first, node.spaced), *rest))
        else:
            found.append(inner)
    return tuple(found)


def _is_chain(nodes: Nodes) -> bool:
    texts = [_text(node) for node in nodes]
    return "||" in texts and not any(text in (",", "and", "or", "=", "<", ">", *STARTS) for text in texts)


def _ends_operand(text: str) -> bool:
    return text in ("||", ",", "select", "then", "else", "when") or text.isidentifier()


def _spaced(node: Node, spaced: bool) -> Node:
    match node:
        case Word(text):
            return Word(text, spaced)
        case Group():
            return Group(node.opening, node.closing, spaced, node.nodes, node.end_spaced)


def _text(node: Node) -> str:
    return node.text if isinstance(node, Word) else node.opening


# --- writing --------------------------------------------------------------------------------------------------------


def _flat(nodes: Nodes) -> str:
    """The nodes on one line."""
    parts: list[str] = []
    for node in nodes:
        parts.append(" " if node.spaced and parts else "")
        match node:
            case Word(text):
                parts.append(text)
            case Group("case"):
                parts.append(f"case {_flat(node.nodes)} end")
            case Group():
                parts.append(f"{node.opening}{_flat(node.nodes)}{node.closing}")
    return "".join(parts)


def _fits(nodes: Nodes, width: int) -> bool:
    return not _has_query(nodes) and len(_flat(nodes)) <= width


def _has_query(nodes: Nodes) -> bool:
    """Whether the nodes contain a query that needs lines of its own."""
    return any(
        isinstance(node, Group) and ((node.is_query and len(_flat(node.nodes)) > SMALL) or _has_query(node.nodes))
        for node in nodes
    )


def _is_query(nodes: Nodes) -> bool:
    """Whether the nodes are a single such query in parentheses."""
    return len(nodes) == 1 and isinstance(nodes[0], Group) and nodes[0].is_query and _has_query(nodes)


def _nest(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _query(nodes: Nodes, width: int) -> list[str]:
    """The lines of a query, one clause after the other."""
    if len(_flat(nodes)) <= width and not _has_query(nodes):
        return [_flat(nodes)]
    lines: list[str] = []
    for keyword, rest in _clauses(nodes):
        clause = _clause(keyword, rest, width)
        lines.extend(_nest(clause) if keyword in JOINS else clause)
    return lines


def _clauses(nodes: Nodes) -> list[tuple[str, Nodes]]:
    found: list[tuple[str, list[Node]]] = []
    skip = 0
    for n, node in enumerate(nodes):
        if skip:
            skip -= 1
            continue
        ahead = " ".join(_text(near) for near in nodes[n : n + 2])
        keyword = ahead if ahead in CLAUSES else _text(node)
        if isinstance(node, Word) and keyword in CLAUSES:
            found.append((keyword, []))
            skip = len(keyword.split()) - 1
        elif found:
            found[-1][1].append(node)
        else:
            found.append(("", [node]))
    return [(keyword, rest) for keyword, rest in found]


def _clause(keyword: str, nodes: Nodes, width: int) -> list[str]:
    if not nodes:
        return [keyword]
    if _fits(nodes, width - len(keyword) - 1):
        return [f"{keyword} {_flat(nodes)}".lstrip()]
    if keyword in ("select", "where", "values", "set"):
        return [keyword, *_nest(_expression(nodes, width - 2))]
    first, *rest = _expression(nodes, width)
    return [f"{keyword} {first}".lstrip(), *rest]


def _expression(nodes: Nodes, width: int) -> list[str]:
    """The lines of an expression, broken where it binds least (comma, `or`, `and`, `||`), then inside its groups."""
    if _fits(nodes, width):
        return [_flat(nodes)]
    items = _split(nodes, ",")
    if len(items) > 1:
        broken = [_expression(item, width - 1) for item in items]
        return [line for item, following in pairwise([*broken, []]) for line in _ending(item, "," if following else "")]
    for operator in ("or", "and"):
        operands = _split(nodes, operator)
        if len(operands) > 1:
            first, *rest = [_expression(operand, width - 4) for operand in operands]
            return [*first, *(line for lines in rest for line in _leading(f"{operator} ", lines))]
    operands = _split(nodes, "||")
    return _chain(operands, width) if len(operands) > 1 else _sequence(nodes, width)


def _ending(lines: list[str], end: str) -> list[str]:
    return [*lines[:-1], lines[-1] + end]


def _leading(start: str, lines: list[str]) -> list[str]:
    return [start + lines[0], *lines[1:]]


def _chain(operands: list[Nodes], width: int) -> list[str]:
    """The lines of a chain of `||`: a value shares its line with the constants before it and the quote after it."""
    lines: list[str] = []
    for constants, value, after in _members(operands):
        start = "|| " if lines else ""
        start += "".join(f"{_flat(constant)} || " for constant in constants)
        broken = [_flat(value)] if _fits(value, width - len(start)) else _sequence(value, width)
        lines.extend(_leading(start, _ending(broken, "".join(f" || {_flat(quote)}" for quote in after))))
    return lines


def _members(operands: list[Nodes]) -> Iterator[tuple[list[Nodes], Nodes, list[Nodes]]]:
    """The operands by value: the constants before it, itself (else the last constant), the quote after it."""
    rest = operands
    while rest:
        n = next((n for n, operand in enumerate(rest) if not _is_constant(operand)), len(rest) - 1)
        after = [operand for operand in rest[n + 1 : n + 2] if _flat(operand) == """'"'"""]
        yield rest[:n], rest[n], after
        rest = rest[n + 1 + len(after) :]


def _is_constant(operand: Nodes) -> bool:
    return len(operand) == 1 and _text(operand[0]).startswith("'")


def _split(nodes: Nodes, separator: str) -> list[Nodes]:
    """The nodes between separators; an aggregate's ORDER BY belongs to its last argument."""
    found: list[list[Node]] = [[]]
    ordered = False
    for node in nodes:
        ordered = ordered or _text(node) == "order"
        if isinstance(node, Word) and node.text == separator and not ordered:
            found.append([])
        else:
            found[-1].append(node)
    return list(found)


def _sequence(nodes: Nodes, width: int) -> list[str]:
    """The lines of a sequence of words; groups that contain a query or are long are broken."""
    long = [
        n
        for n, node in enumerate(nodes)
        if isinstance(node, Group) and (_has_query((node,)) or len(_flat((node,))) > width // 2)
    ]
    lines = [""]
    for n, node in enumerate(nodes):
        space = " " if node.spaced and lines != [""] else ""
        if isinstance(node, Group) and n in long:
            first, *rest = _group(node, width)
            lines = [*_ending(lines, space + first), *rest]
        else:
            lines = _ending(lines, space + _flat((_spaced(node, False),)))
    return lines


def _group(group: Group, width: int) -> list[str]:
    if group.opening == "case":
        return _case(group, width)
    if group.is_query:
        return [group.opening, *_nest(_query(group.nodes, width - 2)), group.closing]
    first, *rest = _split(group.nodes, ",")
    if _is_query(first) and not any(_has_query(item) for item in rest):
        lines = _group(_one(first), width)
        return [group.opening + lines[0], *lines[1:-1], lines[-1] + _flat(group.nodes[len(first) :]) + group.closing]
    return [group.opening, *_nest(_expression(group.nodes, width - 2)), group.closing]


def _one(nodes: Nodes) -> Group:
    (group,) = nodes
    assert isinstance(group, Group)
    return group


def _case(group: Group, width: int) -> list[str]:
    """The lines of a `case`: `when` and `then` on one line, a long branch below it."""
    lines: list[str] = []
    (_, compared), *parts = _parts(group.nodes)
    opening = f"case {_flat(compared)} when" if compared else "case when"
    for keyword, part in parts:
        match keyword:
            case "when":
                start = "when" if lines else opening
                lines.extend(_leading(f"{start} ", _expression(part, width - 10)))
            case "then":
                lines = _joined(_ending(lines, " then"), part, width)
            case _ if _fits(part, width // 2):
                last = f"else {_flat(part)} end"
                return [*lines[:-1], f") {last}"] if lines[-1] == ")" else [*lines, last]
            case _:
                lines = _joined([*lines, "else"], part, width)
    return [*lines, "end"]


def _joined(lines: list[str], part: Nodes, width: int) -> list[str]:
    """Add a branch below its keyword; a query begins beside it."""
    if _is_query(part):
        first, *rest = _group(_one(part), width)
        return [*_ending(lines, f" {first}"), *rest]
    return [*lines, *_nest(_expression(part, width - 2))]


def _parts(nodes: Nodes) -> list[tuple[str, Nodes]]:
    """The keywords of a `case` with what follows each; first what is compared, if anything, without a keyword."""
    found: list[tuple[str, list[Node]]] = [("", [])]
    for node in nodes:
        if isinstance(node, Word) and node.text in ("when", "then", "else"):
            found.append((node.text, []))
        else:
            found[-1][1].append(node)
    return [(keyword, part) for keyword, part in found]
