"""Serves MiniStack with uvicorn in place of hypercorn.

Its parser is compiled. On asyncio's own loop, because libuv, and so uvloop, lets in one
client at each turn of the loop: with hundreds at work a turn takes seconds, and the
last of many clients that connect at once waited for a minute.
"""

import contextlib
import os
import resource
import signal
import sys
from typing import Any

import uvicorn

# As many as Linux allows by default (net.core.somaxconn).
WAITING_CLIENTS = 4096
# Both are what hypercorn had: how long a connection may be idle, and a request run on
# after the engine was told to stop.
IDLE_SECONDS, LAST_SECONDS = 75, 3


def serve(app: Any) -> None:
    """Serve MiniStack's ``app`` until the process is told to stop."""
    allow_many_files()
    # uvicorn stops on this signal and sends it on afterwards.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        app,
        host=os.environ["BIND_HOST"],
        port=int(os.environ["GATEWAY_PORT"]),
        loop="asyncio",
        http="httptools",
        ws="none",
        lifespan="on",
        backlog=WAITING_CLIENTS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=LAST_SECONDS,
        # MiniStack writes the log, and answers as AWS does.
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )


def allow_many_files() -> None:
    """Raise the soft limit, often 1,024 with connections, to the hard one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS has a limit of its own below "unlimited".
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
