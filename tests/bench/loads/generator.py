"""The load generator: keeps a number of connections busy with requests, and measures their latencies.

It uses one thread and plain sockets, and parses only the length of an answer, so that it leaves the CPU to the servers.
"""

import select
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
CHUNKED_END = b"0\r\n\r\n"
TIMEOUT = 60.0
READ = 262_144


class LoadError(RuntimeError):
    """A server did not answer as it should."""


@dataclass(frozen=True, slots=True)
class Run:
    """The result of one run of requests: seconds in all, and of each request."""

    seconds: float
    latencies: list[float]


Source = Callable[[int], bytes]
"""Returns the next request of a connection, by the connection's number."""

Check = Callable[[int, bytes], None]
"""Checks the body of each answer. Raises LoadError for a wrong one."""


class Client:
    """One kept connection."""

    __slots__ = ("answer", "began", "buffer", "end", "number", "socket")

    def __init__(self, number: int, port: int) -> None:
        self.number = number
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.end = 0
        self.began = 0.0
        self.answer = b""

    def send(self, request: bytes) -> None:
        """Send a request."""
        self.buffer.clear()
        self.end = 0
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Read the available bytes; True once the answer is complete. Raises LoadError."""
        data = self.socket.recv(READ)
        if not data:
            raise LoadError("the server closed the connection")
        buffer = self.buffer
        buffer += data
        if not self.end:
            self.end = end_of(buffer)
        whole = len(buffer) >= self.end if self.end > 0 else self.end < 0 and buffer.endswith(CHUNKED_END)
        if whole and not buffer.startswith(b"HTTP/1.1 200"):
            raise LoadError(bytes(buffer[:1_000]).decode(errors="replace"))
        return whole

    def body(self) -> bytes:
        """The body of the answer."""
        head = self.buffer.index(HEAD_END) + len(HEAD_END)
        if self.end > 0:
            return bytes(self.buffer[head : self.end])
        return b"".join(chunks(bytes(self.buffer[head:])))

    def close(self) -> None:
        """End the connection."""
        self.socket.close()


def run(port: int, connections: int, count: int, source: Source, check: Check | None = None) -> Run:
    """Send `count` requests over `connections` connections, each with one request at a time. Raises LoadError."""
    clients = [Client(number, port) for number in range(min(connections, count))]
    try:
        return _run(clients, count, source, check)
    except OSError as error:
        raise LoadError(str(error)) from error
    finally:
        for client in clients:
            client.close()


def ask(port: int, request: bytes) -> bytes:
    """The body of the answer to one request. Raises LoadError."""
    bodies: list[bytes] = []
    run(port, 1, 1, lambda _: request, lambda _, body: bodies.append(body))
    return bodies[0]


def post(path: str, token: str | None, body: bytes) -> bytes:
    """The bytes of a POST of JSON."""
    return (
        _head("POST", path, token) + b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    )


def get(path: str, token: str | None) -> bytes:
    """The bytes of a GET."""
    return _head("GET", path, token) + b"\r\n"


def _head(method: str, path: str, token: str | None) -> bytes:
    authorization = "" if token is None else f"authorization: Bearer {token}\r\n"
    return f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n{authorization}".encode()


def _run(clients: list[Client], count: int, source: Source, check: Check | None) -> Run:
    poll = select.poll()
    by_file = {client.socket.fileno(): client for client in clients}
    for file in by_file:
        poll.register(file, select.POLLIN)
    latencies: list[float] = []
    sent = len(clients)
    began = time.perf_counter()
    for client in clients:
        client.send(source(client.number))
    while len(latencies) < count:
        events = poll.poll(1_000 * TIMEOUT)
        if not events:
            raise LoadError(f"no answer within {TIMEOUT:.0f} s")
        for file, _ in events:
            client = by_file[file]
            if not client.receive():
                continue
            latencies.append(time.perf_counter() - client.began)
            if check is not None:
                check(client.number, client.body())
            if sent < count:
                sent += 1
                client.send(source(client.number))
    seconds = time.perf_counter() - began
    return Run(seconds, latencies)


def end_of(buffer: bytearray) -> int:
    """The end of the answer in the buffer: 0 as long as its head is incomplete, -1 for a chunked body."""
    head = buffer.find(HEAD_END)
    if head < 0:
        return 0
    lines = bytes(buffer[:head]).lower()
    place = lines.find(LENGTH)
    if place < 0:
        return -1
    line, _, _ = lines[place + len(LENGTH) :].partition(b"\r\n")
    return head + len(HEAD_END) + int(line)


def chunks(data: bytes) -> Iterator[bytes]:
    """The parts of a chunked body."""
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        yield data[:length]
        data = data[length + 2 :]
