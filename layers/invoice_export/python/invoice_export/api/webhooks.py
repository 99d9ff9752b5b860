"""The endpoints of an organisation's webhook; for its admins."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from invoice_export.api.answering import answer
from invoice_export.api.declarations import OF_A_BODY, OF_SOME_ROLES, answers
from invoice_export.api.parameters import OrganizationPath
from invoice_export.contracts.http import (
    WebhookEndpoint,
    WebhookRemoval,
    WebhookSecret,
)
from invoice_export.contracts.webhook_request import WebhookRequest
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.steps import webhook_endpoint as steps

router = Router()

PATH = "/api/organizations/<organizationId>/webhook"


@router.get(
    PATH,
    operation_id="getWebhook",
    tags=["Webhooks"],
    summary="Show the webhook that announces finished exports",
    description="For admins. The secret is not shown.",
    responses=answers(*OF_SOME_ROLES, ProblemCode.NO_WEBHOOK),
)
def show_webhook(organizationId: OrganizationPath) -> Response[WebhookEndpoint]:
    return answer(
        steps.get_webhook(
            router.context["service"].db,
            organization_id=organizationId,
            role=router.context["caller"].role,
        )
    )


@router.put(
    PATH,
    operation_id="setWebhook",
    tags=["Webhooks"],
    summary="Announce finished exports to a URL, signed with a new secret",
    description=(
        "For admins. Replaces the webhook, if there is one. The answer is the only"
        " place that shows the secret."
    ),
    responses=answers(*OF_SOME_ROLES, *OF_A_BODY, ProblemCode.UNSAFE_DESTINATION),
)
def set_webhook(
    organizationId: OrganizationPath, body: WebhookRequest
) -> Response[WebhookSecret]:
    caller = router.context["caller"]
    return answer(
        steps.set_webhook(
            router.context["service"].db,
            organization_id=organizationId,
            user_id=caller.user_id,
            role=caller.role,
            url=body.url,
        )
    )


@router.delete(
    PATH,
    operation_id="deleteWebhook",
    tags=["Webhooks"],
    summary="Remove the webhook",
    description="For admins. `removed` says whether there was a webhook.",
    responses=answers(*OF_SOME_ROLES),
)
def delete_webhook(organizationId: OrganizationPath) -> Response[WebhookRemoval]:
    return answer(
        steps.delete_webhook(
            router.context["service"].db,
            organization_id=organizationId,
            role=router.context["caller"].role,
        )
    )
