"""The listening socket of the server."""

import ipaddress
import socket

BACKLOG = 2048


class ListenError(RuntimeError):
    """It is not possible to listen on the address; the message says why and what to do."""


def listen(host: str, port: int, option: str = "--port ") -> socket.socket:
    """A socket that listens on the address; it takes the port at once. Raises ListenError, which names `option`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise ListenError(f"The host {host} is not known here. Try --host 127.0.0.1.") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ListenError(_reason(error, host, port, option)) from error
    return listener


def url(listener: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(listener: socket.socket) -> bool:
    """True if only this machine can reach the socket."""
    return ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def _reason(error: OSError, host: str, port: int, option: str) -> str:
    match error:
        case PermissionError():
            return f"Port {port} needs more rights than this user has. Choose one above 1023, like {option}8000."
        case OSError(errno=98 | 48 | 10048):  # EADDRINUSE of Linux, macOS and Windows
            return f"Port {port} on {host} is already in use. Choose another one: {option}{min(port + 1, 65535)}."
        case _:
            return f"Cannot listen on {host}, port {port}: {error.strerror}."
