"""The processes in which functions run, whichever engine has started them."""

import contextlib

import psutil

from local.config import Laptop


def workers_of(laptop: Laptop, function: str = "") -> list[psutil.Process]:
    """Those that use this stack's database, with ``function`` in the function's name.

    Only processes of this machine: what runs in a container is not seen.
    """
    found = []
    database = laptop.seen_by_functions(laptop.database_url)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            variables = process.environ()
            name = variables.get("AWS_LAMBDA_FUNCTION_NAME")
            if name and function in name and variables.get("DATABASE_URL") == database:
                found.append(process)
    return found
