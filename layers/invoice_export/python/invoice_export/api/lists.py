"""The endpoints that list runs and audit records, page by page."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AfterValidator

from invoice_export.api.answering import answer
from invoice_export.api.declarations import OF_MEMBERS, answers
from invoice_export.api.parameters import OrganizationPath
from invoice_export.contracts.cursors import CursorList, check_cursor
from invoice_export.contracts.http import AuditList, ExportList
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.domain.runs import RunStatus
from invoice_export.steps.list_pages import list_audit_records, list_exports

router = Router()

Limit = Annotated[int, Query(ge=1, le=100, description="At most so many items")]
CURSOR = Query(description="Where to go on: the 'next' of the page before")
ExportsCursor = Annotated[str, AfterValidator(check_cursor(CursorList.EXPORTS))]
AuditCursor = Annotated[str, AfterValidator(check_cursor(CursorList.AUDIT_RECORDS))]
StatusFilter = Annotated[RunStatus | None, Query(description="Only of this status")]
RequesterFilter = Annotated[
    str | None,
    Query(
        alias="requestedBy",
        description="Only those that this user requested",
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9_|.:@-]+$",
    ),
]


@router.get(
    "/api/organizations/<organizationId>/exports",
    operation_id="listExports",
    tags=["Exports"],
    summary="List exports, newest first",
    description=(
        "Follow `next` until it is null. Exports that start meanwhile neither repeat"
        " nor hide others."
    ),
    responses=answers(*OF_MEMBERS, ProblemCode.INVALID_REQUEST),
)
def exports(
    organizationId: OrganizationPath,
    limit: Limit = 20,
    cursor: Annotated[ExportsCursor | None, CURSOR] = None,
    status: StatusFilter = None,
    requested_by: RequesterFilter = None,
) -> Response[ExportList]:
    return answer(
        list_exports(
            router.context["service"].db,
            organization_id=organizationId,
            limit=limit,
            cursor=cursor,
            status=status,
            requested_by=requested_by,
        )
    )


@router.get(
    "/api/organizations/<organizationId>/audit-logs",
    operation_id="listAuditRecords",
    tags=["Audit"],
    summary="List audit records, newest first",
    description=(
        "Who did what with the organisation's exports. Follow `next` until it is null."
    ),
    responses=answers(*OF_MEMBERS, ProblemCode.INVALID_REQUEST),
)
def audit_logs(
    organizationId: OrganizationPath,
    limit: Limit = 20,
    cursor: Annotated[AuditCursor | None, CURSOR] = None,
) -> Response[AuditList]:
    return answer(
        list_audit_records(
            router.context["service"].db,
            organization_id=organizationId,
            limit=limit,
            cursor=cursor,
        )
    )
