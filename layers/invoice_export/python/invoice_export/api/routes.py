"""The endpoints of exports: each calls one step and returns its result."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from invoice_export.adapters.run_log import logger
from invoice_export.adapters.tokens import Identity
from invoice_export.api.access import Caller
from invoice_export.api.answering import accepted_answer, answer
from invoice_export.api.conditional import conditional
from invoice_export.api.declarations import (
    EVERYWHERE,
    OF_A_RUN,
    OF_MEMBERS,
    OF_SOME_ROLES,
    answers,
)
from invoice_export.api.parameters import IfNoneMatch, OrganizationPath, RunPath
from invoice_export.api.service import Service
from invoice_export.contracts.http import (
    DatasetList,
    DownloadLink,
    ExportStatus,
    Me,
    StartExportResponse,
)
from invoice_export.contracts.inspector import RunGraph
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.steps import watch_exports
from invoice_export.steps.cancel_export import cancel_export
from invoice_export.steps.download_file import download_file
from invoice_export.steps.inspect_run import inspect_run
from invoice_export.steps.list_datasets import list_datasets
from invoice_export.steps.retry_export import retry_export

router = Router()


def _service() -> Service:
    service: Service = router.context["service"]
    return service


def _caller() -> Caller:
    caller: Caller = router.context["caller"]
    return caller


@router.get(
    "/api/organizations/<organizationId>/datasets",
    operation_id="listDatasets",
    tags=["Datasets"],
    summary="List what can be exported: datasets, columns, filters and formats",
    description=(
        "The datasets that the caller's role may export, each with its columns,"
        " filters and formats: all that a form needs."
    ),
    responses=answers(*OF_MEMBERS),
)
def datasets(organizationId: OrganizationPath) -> Response[DatasetList]:
    return answer(
        list_datasets(_service().db.datasets, _caller().role, _service().preset)
    )


@router.get(
    "/api/organizations/<organizationId>/exports/<runId>",
    operation_id="getExport",
    tags=["Exports"],
    summary="Show one export",
    middlewares=[conditional],
    description=(
        "Made for a poll every second: one indexed read. Send the last `ETag` as"
        " `If-None-Match`, and an unchanged export is answered with 304."
    ),
    responses=answers(*OF_MEMBERS, *OF_A_RUN, conditional=True),
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
    summary="Show the run's execution as a graph of states",
    description=(
        "The deployed state machine and what the current execution did in it. It reads"
        " the execution's history, so poll it every few seconds at most."
    ),
    responses=answers(
        *OF_MEMBERS, *OF_A_RUN, ProblemCode.WORKFLOW_UNAVAILABLE, conditional=True
    ),
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
    description=(
        "Whoever has the link can read the file for five minutes, so ask for one per"
        " click. The audit log records who asked."
    ),
    responses=answers(
        *OF_SOME_ROLES, *OF_A_RUN, ProblemCode.FILE_NOT_READY, ProblemCode.FILE_EXPIRED
    ),
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
    description=(
        "For the requester and for admins. Cancelling a cancelled export changes"
        " nothing."
    ),
    responses=answers(
        *OF_SOME_ROLES,
        *OF_A_RUN,
        ProblemCode.NOT_YOUR_RUN,
        ProblemCode.RUN_ENDED,
        ProblemCode.RUN_COMPLETING,
    ),
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
    description=(
        "For the requester and for admins. Finished pages are kept. A queued or"
        " running export stays as it is."
    ),
    responses=answers(
        *OF_SOME_ROLES,
        *OF_A_RUN,
        ProblemCode.NOT_YOUR_RUN,
        ProblemCode.RUN_COMPLETED,
        ProblemCode.DATASET_CHANGED,
        ProblemCode.QUEUE_FULL,
        status=HTTPStatus.ACCEPTED,
    ),
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
    description="The role in each organisation is the one that the API goes by.",
    responses=answers(*EVERYWHERE),
)
def me() -> Response[Me]:
    identity: Identity = router.context["identity"]
    return answer(watch_exports.get_me(_service().db, user_id=identity.user_id))
