"""What API Gateway asks an authorizer.

It has a module of its own, so that ``authorize`` builds no other message of the API.
"""

from pydantic import Field

from invoice_export.contracts.wire import Foreign


class AuthorizeEvent(Foreign):
    """API Gateway's question to an authorizer, about a token or an open route."""

    type: str = "TOKEN"
    authorization_token: str = Field(default="", alias="authorizationToken")
    method_arn: str = Field(alias="methodArn")
    path: str = ""
