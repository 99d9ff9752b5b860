"""The endpoints of exports: each calls one step and returns its result."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import (
    Header,
    Path,
)
from pydantic import BeforeValidator

from invoice_export.adapters.run_log import logger, name_run
from invoice_export.adapters.tokens import Identity
from invoice_export.api.access import Caller
from invoice_export.api.conditional import conditional
from invoice_export.api.service import Service
from invoice_export.contracts.http import (
    DatasetList,
    DownloadLink,
    ExportStatus,
    Me,
    Problem,
    StartExportResponse,
)
from invoice_export.contracts.inspector import RunGraph
from invoice_export.contracts.wire import OrganizationId
from invoice_export.steps import watch_exports
from invoice_export.steps.cancel_export import cancel_export
from invoice_export.steps.download_file import download_file
from invoice_export.steps.inspect_run import inspect_run
from invoice_export.steps.list_datasets import list_datasets
from invoice_export.steps.retry_export import retry_export
from invoice_export.steps.start_export import Accepted

router = Router()

IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match")]
# The gateway passes a path on as it was sent, percent-encoded.
OrganizationPath = Annotated[
    OrganizationId,
    BeforeValidator(unquote, json_schema_input_type=OrganizationId),
    Path(description="The organisation's id"),
]
RunPath = Annotated[UUID, Path(description="The run's id, from the start's response")]


def problems(*statuses: int) -> dict[int, Any]:
    content = {"application/problem+json": {"model": Problem}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


ANY = (401, 404, 413, 422, 429, 500, 503)
ACTING = (*ANY, 403, 409)


def _service() -> Service:
    service: Service = router.context["service"]
    return service


def _caller() -> Caller:
    caller: Caller = router.context["caller"]
    return caller


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
    name_run(**run.ref.model_dump())
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


@router.get(
    "/api/organizations/<organizationId>/datasets",
    operation_id="listDatasets",
    tags=["Datasets"],
    summary="List what can be exported: datasets, columns, filters and formats",
    responses={200: {"description": "OK"}, **problems(*ANY)},
)
def datasets(organizationId: OrganizationPath) -> Response[DatasetList]:
    return answer(
        list_datasets(_service().db.datasets, _caller().role, _service().preset)
    )


@router.get(
    "/api/organizations/<organizationId>/exports/<runId>",
    operation_id="getExport",
    tags=["Exports"],
    summary="Show one export; cheap enough to poll every second",
    middlewares=[conditional],
    responses={
        200: {"description": "OK"},
        304: {"description": "Not Modified"},
        **problems(*ANY),
    },
)
def watch(
    organizationId: OrganizationPath,
    runId: RunPath,
    if_none_match: IfNoneMatch = None,
) -> Response[ExportStatus]:
    return answer(
        watch_exports.get_export(
            _service().db, organization_id=organizationId, run_id=runId
        )
    )


@router.get(
    "/api/organizations/<organizationId>/exports/<runId>/graph",
    middlewares=[conditional],
    operation_id="getExportGraph",
    tags=["Exports"],
    summary="Show the run's execution as a graph of states; poll it slowly",
    responses={
        200: {"description": "OK"},
        304: {"description": "Not Modified"},
        **problems(*ANY),
    },
)
def graph(
    organizationId: OrganizationPath,
    runId: RunPath,
    if_none_match: IfNoneMatch = None,
) -> Response[RunGraph]:
    service = _service()
    return answer(
        inspect_run(
            service.db,
            service.executions,
            service.histories,
            organization_id=organizationId,
            run_id=runId,
        )
    )


@router.get(
    "/api/organizations/<organizationId>/exports/<runId>/download",
    operation_id="getDownloadLink",
    tags=["Exports"],
    summary="Sign a link to the file, for one click",
    responses={200: {"description": "OK"}, **problems(*ANY, 403, 409, 410)},
)
def download(
    organizationId: OrganizationPath, runId: RunPath
) -> Response[DownloadLink]:
    service = _service()
    return answer(
        download_file(
            service.db,
            service.files,
            organization_id=organizationId,
            run_id=runId,
            user_id=_caller().user_id,
            role=_caller().role,
            # HEAD hands out no link.
            recorded=not router.context["head"],
        )
    )


@router.post(
    "/api/organizations/<organizationId>/exports/<runId>/cancel",
    operation_id="cancelExport",
    tags=["Exports"],
    summary="Cancel a queued or running export",
    responses={200: {"description": "OK"}, **problems(*ACTING)},
)
def cancel(organizationId: OrganizationPath, runId: RunPath) -> Response[ExportStatus]:
    service, caller = _service(), _caller()
    cancelled = cancel_export(
        service.db,
        organization_id=organizationId,
        run_id=runId,
        user_id=caller.user_id,
        role=caller.role,
        max_running=service.policy.max_running,
    )
    logger.info("export cancelled")
    service.launch(cancelled.start)
    service.clean_up(cancelled)
    return answer(
        watch_exports.get_export(
            service.db, organization_id=organizationId, run_id=runId
        )
    )


@router.post(
    "/api/organizations/<organizationId>/exports/<runId>/retry",
    status_code=HTTPStatus.ACCEPTED,
    operation_id="retryExport",
    tags=["Exports"],
    summary="Resume a failed or cancelled export under the same id",
    responses={202: {"description": "Accepted"}, **problems(*ACTING)},
)
def retry(
    organizationId: OrganizationPath, runId: RunPath
) -> Response[StartExportResponse]:
    service, caller = _service(), _caller()
    accepted = retry_export(
        service.db,
        organization_id=organizationId,
        run_id=runId,
        user_id=caller.user_id,
        role=caller.role,
        policy=service.policy,
    )
    service.launch(accepted.start)
    return accepted_answer(accepted, above="../..")


@router.get(
    "/api/me",
    operation_id="getMe",
    tags=["People"],
    summary="Show the caller and their organisations",
    responses={200: {"description": "OK"}, **problems(*ANY)},
)
def me() -> Response[Me]:
    identity: Identity = router.context["identity"]
    return answer(watch_exports.get_me(_service().db, user_id=identity.user_id))
