"""What API Gateway asks an authorizer."""

from invoice_export.contracts.messages import Foreign


class AuthorizeEvent(Foreign):
    """API Gateway's question to an authorizer, about a token or an open route."""

    method_arn: str
    type: str = "TOKEN"
    authorization_token: str = ""
    path: str = ""
