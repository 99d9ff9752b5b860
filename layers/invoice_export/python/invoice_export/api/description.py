"""What the OpenAPI document says of the API as a whole."""

from aws_lambda_powertools.event_handler.openapi.models import Tag

TITLE = "Invoice export"
VERSION = "1.0.0"
TAGS: list[Tag | str] = [
    Tag(name="Exports", description="Start exports, watch them, act on them."),
    Tag(name="Datasets", description="What can be exported."),
    Tag(name="Audit", description="Who did what, and when."),
    Tag(name="Mail", description="Members whose address gets no e-mail."),
    Tag(name="Webhooks", description="The URL that hears of finished exports."),
    Tag(name="People", description="The caller and their organisations."),
]
