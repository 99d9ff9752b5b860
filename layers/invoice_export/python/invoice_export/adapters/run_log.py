"""Says on every log line which run it is about: its id, organisation and execution."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from aws_lambda_powertools import Logger

from invoice_export.contracts.workflow import RunRef
from invoice_export.errors import ExportError

# The function's own: loggers of one service share their handler and their keys.
logger = Logger()


def name_run(
    *,
    organization_id: str | None = None,
    run_id: UUID | str | None = None,
    generation: int | str | None = None,
) -> None:
    """Name a run, as far as it is known, on every line until the invocation ends.

    Whatever was named before is named no more.
    """
    logger.thread_safe_remove_keys(["organizationId", "runId", "execution"])
    known = {"organizationId": organization_id, "runId": run_id and str(run_id)}
    if run_id and generation:
        known["execution"] = f"{run_id}-{generation}"
    logger.thread_safe_append_keys(**{key: it for key, it in known.items() if it})


@contextmanager
def log_scope() -> Iterator[None]:
    """Let the names that are given in a block end with it, and bring back the others.

    A block that fails says so while its run is still named.
    """
    before = logger.thread_safe_get_current_keys()
    logger.thread_safe_clear_keys()
    try:
        yield
    except Exception as exc:
        log_failure("failed", exc)
        raise
    finally:
        logger.thread_safe_clear_keys()
        logger.thread_safe_append_keys(**before)


@contextmanager
def about_run(run: RunRef) -> Iterator[None]:
    """Name this run on the lines of a block."""
    with log_scope():
        name_run(
            organization_id=run.organization_id,
            run_id=run.run_id,
            generation=run.generation,
        )
        yield


def log_failure(message: str, error: Exception) -> None:
    """Tell an error's name and, of our own ones alone, what it says.

    The text of an error that nobody has foreseen may quote a row or an address: there
    the places that it went through have to do.
    """
    name = type(error).__name__
    if isinstance(error, ExportError):
        logger.warning(message, error=name, reason=str(error))
    else:
        frames = traceback.extract_tb(error.__traceback__)
        trace = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        logger.error(message, error=name, trace=trace)
