"""The endpoints that show and lift suppressed addresses; for admins."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path

from invoice_export.api.answering import answer
from invoice_export.api.declarations import OF_SOME_ROLES, answers
from invoice_export.api.parameters import OrganizationPath
from invoice_export.contracts.http import SuppressionList
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.steps import suppressed_members as steps

router = Router()

PATH = "/api/organizations/<organizationId>/suppressions"
UserPath = Annotated[
    str,
    Path(
        description="The member's id",
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9_|.:@-]+$",
    ),
]


@router.get(
    PATH,
    operation_id="listSuppressions",
    tags=["Mail"],
    summary="List the members whose address gets no e-mail",
    description=(
        "For admins: who bounced, complained or was suppressed after soft bounces."
    ),
    responses=answers(*OF_SOME_ROLES),
)
def list_suppressions(organizationId: OrganizationPath) -> Response[SuppressionList]:
    return answer(
        steps.list_suppressed(
            router.context["service"].db,
            organization_id=organizationId,
            role=router.context["caller"].role,
        )
    )


@router.delete(
    f"{PATH}/<userId>",
    operation_id="liftSuppression",
    tags=["Mail"],
    summary="Let a member get e-mails again after soft bounces",
    description="For admins. Answers with the members who are still suppressed.",
    responses=answers(
        *OF_SOME_ROLES,
        ProblemCode.INVALID_REQUEST,
        ProblemCode.NOT_SUPPRESSED,
        ProblemCode.SUPPRESSION_PERMANENT,
    ),
)
def lift_suppression(
    organizationId: OrganizationPath, userId: UserPath
) -> Response[SuppressionList]:
    caller = router.context["caller"]
    return answer(
        steps.lift_suppression(
            router.context["service"].db,
            organization_id=organizationId,
            user_id=userId,
            actor=caller.user_id,
            role=caller.role,
        )
    )
