"""Successful answers: a body that nobody keeps, unless its headers say otherwise."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from msgspec import structs

from invoice_export.adapters.run_log import logger, name_run
from invoice_export.contracts.http import StartExportResponse
from invoice_export.steps.start_export import Accepted


def answer(
    body: Any, status: int = HTTPStatus.OK, headers: dict[str, Any] | None = None
) -> Response[Any]:
    return Response(
        status_code=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
        body=body,
    )


def accepted_answer(accepted: Accepted, *, above: str) -> Response[StartExportResponse]:
    """Answer 202. The Location is relative, because only the gateway knows its prefix.

    ``above`` leads from the request's URL to the organisation's.
    """
    run = accepted.run
    name_run(**structs.asdict(run.ref))
    logger.info(
        "export accepted", status=run.status, deduplicated=accepted.deduplicated
    )
    return answer(
        StartExportResponse(
            run_id=run.id, status=run.status, deduplicated=accepted.deduplicated
        ),
        HTTPStatus.ACCEPTED,
        {"Location": f"{above}/exports/{run.id}"},
    )
