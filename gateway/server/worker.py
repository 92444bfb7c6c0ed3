"""One worker process: serves until SIGTERM, SIGHUP (another one takes its place), or the end of its parent.

Arguments: the file descriptors of the listening socket and of the shared page, and the worker's number.
"""

import gateway.garbage  # noqa: F401  # pyright: ignore[reportUnusedImport]  (it has to come before all other imports)

# isort: split

import asyncio
import contextlib
import os
import socket
import sys

from uvicorn.loops.auto import auto_loop_factory

from gateway.app import create_app
from gateway.server.server import Server, Signals
from gateway.server.workers import READY
from gateway.settings import Settings
from gateway.shared_page import BEAT_PAUSE, SharedCounters, SharedPage

STDIN, STDOUT = 0, 1


async def serve(listener: socket.socket, page: SharedPage, settings: Settings) -> None:
    """Serve on `listener`; writes READY to standard output, and stops when standard input ends (the parent is gone)."""
    loop = asyncio.get_running_loop()

    def say_ready() -> None:
        with contextlib.suppress(BrokenPipeError):  # the parent is gone, so standard input ends, too
            os.write(STDOUT, READY)

    app = create_app(settings, page=page)
    server = Server(app, settings, say_ready)

    def parent_ended() -> None:
        loop.remove_reader(STDIN)
        server.stop()

    loop.add_reader(STDIN, parent_ended)
    beating = asyncio.create_task(_beat(app.counters))
    try:
        with Signals(loop).calling(server.stop, gently=server.drain, anew=server.retire):
            await server.serve(sockets=[listener])
    finally:
        beating.cancel()


async def _beat(counters: SharedCounters) -> None:
    """Show the parent that this event loop runs."""
    while True:
        counters.beat()
        await asyncio.sleep(BEAT_PAUSE)


def main() -> None:
    """Run the worker with the descriptors of the command line."""
    listener, page = socket.socket(fileno=int(sys.argv[1])), SharedPage(int(sys.argv[2]), int(sys.argv[3]))
    settings = Settings()
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(serve(listener, page, settings))


if __name__ == "__main__":
    main()
