"""What the API takes to set a webhook."""

from typing import Annotated

from pydantic import StringConstraints

from invoice_export.contracts.wire import Wire


class WebhookRequest(Wire):
    """The webhook to set."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
