"""Starting and estimating an export: the routes whose body depends on the datasets."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Header

from invoice_export.api.access import Caller
from invoice_export.api.answering import accepted_answer, answer
from invoice_export.api.declarations import OF_A_BODY, OF_SOME_ROLES, answers
from invoice_export.api.parameters import OrganizationPath
from invoice_export.api.service import Service
from invoice_export.contracts.http import Estimate, StartExportResponse
from invoice_export.contracts.requests import body_of, parse
from invoice_export.contracts.start_options import StartOptions
from invoice_export.domain.dataset import Datasets
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.domain.requests import ExportRequest
from invoice_export.steps.estimate_export import estimate_export
from invoice_export.steps.require_role import require_role
from invoice_export.steps.start_export import start_export

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description=(
            "Names this request: the same key always returns the same run. A new key"
            " starts another export, even on the same day"
        ),
    ),
]


def request_routes(datasets: Datasets) -> Router:
    """Return the routes whose body names one of these datasets."""
    router = Router()
    # Powertools reads the annotation when a function is decorated.
    start_body: Any = Annotated[body_of(datasets) | None, Body()]

    @router.post(
        "/api/organizations/<organizationId>/exports",
        status_code=HTTPStatus.ACCEPTED,
        operation_id="startExport",
        tags=["Exports"],
        summary="Start an export, or return today's equal one",
        description=(
            "Without a body it exports the default dataset. The same request on the"
            " same day (UTC) returns the same run, and so does the same `Idempotency-"
            "Key` at any time."
        ),
        responses=answers(
            *OF_SOME_ROLES,
            *OF_A_BODY,
            ProblemCode.OPTIONS_DIFFER,
            ProblemCode.QUEUE_FULL,
            status=HTTPStatus.ACCEPTED,
        ),
    )
    def start(
        organizationId: OrganizationPath,
        body: start_body = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[StartExportResponse]:
        service, caller = _context(router)
        accepted = start_export(
            service.db,
            organization_id=organizationId,
            requested_by=caller.user_id,
            idempotency_key=idempotency_key,
            policy=service.policy,
            request=_request(service, body, caller),
        )
        service.launch(accepted.start)
        return accepted_answer(accepted, above=".")

    @router.post(
        "/api/organizations/<organizationId>/exports/estimate",
        operation_id="estimateExport",
        tags=["Exports"],
        summary="Say how large an export would be",
        description="Takes the body of a start, and starts nothing.",
        responses=answers(*OF_SOME_ROLES, *OF_A_BODY),
    )
    def estimate(
        organizationId: OrganizationPath,
        body: start_body = None,
    ) -> Response[Estimate]:
        service, caller = _context(router)
        return answer(
            estimate_export(
                service.db,
                organizationId,
                _request(service, body, caller),
                service.pages,
            )
        )

    return router


def _context(router: Router) -> tuple[Service, Caller]:
    service: Service = router.context["service"]
    caller: Caller = router.context["caller"]
    return service, caller


def _request(
    service: Service, body: StartOptions | None, caller: Caller
) -> ExportRequest:
    if body is not None:
        request = body.to_request(service.preset)
    else:
        request = parse(service.db.datasets, {}, service.preset)
    dataset = request.dataset
    require_role(caller.role, dataset.role, f"Exporting the {dataset.label.lower()}")
    return request
