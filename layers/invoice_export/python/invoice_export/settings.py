"""What Lambdas read from their environment, in the parts that they share.

A Lambda's own part is in its handler, which reads it and those that it shares.
``infra/`` sets the variables; a test reads every synthesised function's.
"""

import os
from typing import Annotated, Literal, Self

from msgspec import Meta, convert

from invoice_export.records import Record

Positive = Annotated[int, Meta(gt=0)]
Seconds = Positive
Name = Annotated[str, Meta(min_length=1)]


class Settings(Record):
    """Base: each field is the environment variable of its name in capitals.

    A handler reads its settings on the first invocation.
    """

    @classmethod
    def read(cls) -> Self:
        """Return the settings in the environment. Raises ``ValueError`` for others.

        pydantic-settings does the same, and reads command lines and files as well: to
        import it takes longer than to import pydantic.
        """
        keys = {name: name.upper() for name in cls.__struct_fields__}
        return convert(
            {name: os.environ[key] for name, key in keys.items() if key in os.environ},
            cls,
            # Each is a text.
            strict=False,
        )


class DatabaseSettings(Settings):
    """A connection to PostgreSQL as the application's role.

    With ``database_iam_auth`` the URL holds no password: each connection signs a
    token, which is valid for 15 minutes.
    """

    database_url: Name
    database_iam_auth: bool = False


class StartSettings(Settings, kw_only=True):
    """What starting an execution needs, and the caps that protect the database."""

    state_machine_arn: Name
    state_machine_alias: str = ""
    max_running_exports: Positive
    max_queued_per_organization: Positive


class FileSettings(Settings):
    """Where parts and files are kept, and for how long.

    ``virtual`` puts the bucket's region into signed links. Without it a link leads by
    S3's global name, which sends the requests of a young bucket of another region than
    us-east-1 elsewhere, where the signature does not hold. Local engines are ``auto``.
    """

    files_bucket: Name
    s3_addressing_style: Literal["auto", "virtual"] = "auto"
    file_retention_days: Positive = 7
    part_retention_days: Positive = 3


class LinkSettings(Settings):
    """Where the links that we give out begin."""

    app_base_url: Name


class TokenSettings(Settings):
    """Whose tokens are accepted; without a JWKS URL the authorizer passes the key."""

    oidc_issuer: Name
    oidc_audience: Name
    oidc_jwks_url: str


class InspectorSettings(Settings):
    """How people sign in to the inspector.

    They sign in at the issuer as ``oidc_client_id``, or, on a local stage, as the
    workshop's sample users. ``oidc_origins`` (space-separated) are the origins of the
    issuer's endpoints, if not its own. Cognito's sessions end at
    ``oidc_sign_out_url``.
    """

    oidc_client_id: str = ""
    oidc_scope: str = "openid profile offline_access"
    oidc_origins: str = ""
    oidc_sign_out_url: str = ""
    workshop_url: str = ""
    console_url: str = ""


class PageSettings(Settings):
    """The page policy of the stage."""

    min_page_rows: Positive
    max_page_rows: Positive
    database_vcpus: Annotated[float, Meta(gt=0)]


class MailSettings(Settings):
    """How e-mails are sent; a claim must outlive the Lambda that made it."""

    sender_address: Name
    email_claim_seconds: Seconds
    ses_configuration_set: str = ""


class DigestSettings(Settings):
    """Where the audit log's digests are kept."""

    digests_bucket: Name


class OwnerSettings(Settings):
    """A connection as the schema's owner.

    Only a database of the stack's own has an ``administrator_database_url``.
    """

    owner_database_url: Name
    administrator_database_url: str = ""
    database_iam_auth: bool = False
