"""The processes that run Lambda functions, on either engine."""

import contextlib

import psutil

from local.config import Laptop


def workers_of(laptop: Laptop, function: str = "") -> list[psutil.Process]:
    """Return the workers of this stack whose function's name contains ``function``.

    They are known by their database. Workers in containers are out of sight.
    """
    found = []
    database = laptop.url_for_functions(laptop.database_url)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            variables = process.environ()
            name = variables.get("AWS_LAMBDA_FUNCTION_NAME")
            if name and function in name and variables.get("DATABASE_URL") == database:
                found.append(process)
    return found
