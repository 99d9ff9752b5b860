"""Adds the run to every log line: its id, organisation and execution."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from aws_lambda_powertools import Logger

from invoice_export.contracts.workflow.run import RunRef
from invoice_export.errors import ExportError

# Loggers of one service share their handler and their keys.
logger = Logger()


def name_run(
    *,
    organization_id: str | None = None,
    run_id: UUID | str | None = None,
    generation: int | str | None = None,
) -> None:
    """Add what is known of a run to every line until the invocation ends.

    It replaces the run that was added before.
    """
    logger.thread_safe_remove_keys(["organizationId", "runId", "execution"])
    known = {"organizationId": organization_id, "runId": run_id and str(run_id)}
    if run_id and generation:
        known["execution"] = f"{run_id}-{generation}"
    logger.thread_safe_append_keys(**{key: it for key, it in known.items() if it})


@contextmanager
def log_scope() -> Iterator[None]:
    """Restore the lines' keys at the end of a block.

    A failure in the block is logged with the block's own keys.
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
    """Add this run to the lines of a block."""
    with log_scope():
        name_run(
            organization_id=run.organization_id,
            run_id=run.run_id,
            generation=run.generation,
        )
        yield


def log_failure(message: str, error: Exception) -> None:
    """Log an error's name and, for our own errors only, its text.

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
