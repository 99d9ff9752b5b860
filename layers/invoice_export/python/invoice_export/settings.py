"""One settings model per Lambda: everything it reads from its environment.

``infra/`` sets these variables; a test validates every synthesised function
against its model here.
"""

import os
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from invoice_export.domain.dialects import Preset

Seconds = Annotated[int, Field(gt=0)]
Name = Annotated[str, Field(min_length=1)]


class Settings(BaseModel):
    """Base: each field is the environment variable of its name in capitals.

    A handler builds one model of the dozen here, on its first invocation.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    @classmethod
    def read(cls) -> Self:
        """Return the settings in the environment. Raises pydantic's error for others.

        pydantic-settings does the same, and reads command lines and files as well: to
        import it takes longer than to import pydantic.
        """
        names = {name: name.upper() for name in cls.model_fields}
        return cls.model_validate(
            {name: os.environ[key] for name, key in names.items() if key in os.environ}
        )


class DatabaseSettings(Settings):
    """A connection to PostgreSQL as the application's role.

    With ``database_iam_auth`` the URL holds no password: each connection signs a
    token, which is valid for 15 minutes.
    """

    database_url: Name
    database_iam_auth: bool = False


class TokenSettings(Settings):
    """The OIDC issuer whose tokens are accepted."""

    oidc_issuer: Name
    oidc_audience: Name
    oidc_jwks_url: Name


class StartSettings(Settings):
    """What starting an execution needs, and the caps that protect the database."""

    state_machine_arn: Name
    state_machine_alias: str = ""
    max_running_exports: Annotated[int, Field(gt=0)]
    max_queued_per_organization: Annotated[int, Field(gt=0)]


class FileSettings(Settings):
    """Where parts and files are kept, and for how long.

    ``virtual`` puts the bucket's region into signed links. Without it a link leads by
    S3's global name, which sends the requests of a young bucket of another region than
    us-east-1 elsewhere, where the signature does not hold. Local engines are ``auto``.
    """

    files_bucket: Name
    s3_addressing_style: Literal["auto", "virtual"] = "auto"
    file_retention_days: Annotated[int, Field(gt=0)] = 7
    part_retention_days: Annotated[int, Field(gt=0)] = 3


class AuthorizeSettings(TokenSettings):
    """Environment of ``authorize``."""


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

    min_page_rows: Annotated[int, Field(gt=0)]
    max_page_rows: Annotated[int, Field(gt=0)]
    database_vcpus: Annotated[float, Field(gt=0)]


class HttpApiSettings(
    DatabaseSettings,
    TokenSettings,
    StartSettings,
    FileSettings,
    PageSettings,
    InspectorSettings,
):
    """Environment of ``http_api``; without a JWKS URL the authorizer passes the key."""

    oidc_jwks_url: str
    stage: Name
    cors_origins: str = ""
    default_preset: Preset = Preset.RFC4180

    @property
    def origins(self) -> list[str]:
        """The origins whose pages may call the API."""
        return [origin for origin in self.cors_origins.split(",") if origin]


class PlanPagesSettings(DatabaseSettings, PageSettings):
    """Environment of ``plan_pages``."""


class WritePageSettings(DatabaseSettings, FileSettings):
    """Environment of ``write_page``."""


class ComposeFileSettings(DatabaseSettings, FileSettings):
    """Environment of ``compose_file``; the app link begins with ``app_base_url``."""

    app_base_url: Name


class MailSettings(Settings):
    """How e-mails are sent; a claim must outlive the Lambda that made it."""

    sender_address: Name
    email_claim_seconds: Seconds
    ses_configuration_set: str = ""


class SendEmailSettings(DatabaseSettings, FileSettings, MailSettings):
    """Environment of ``send_email``."""

    app_base_url: Name


class FinishRunSettings(DatabaseSettings, FileSettings):
    """Environment of ``finish_run``.

    The machine's own ARN comes with the input: a variable would make a circle of
    machine and function.
    """

    max_running_exports: Annotated[int, Field(gt=0)]
    state_machine_alias: str = ""


class ReconcileRunsSettings(
    DatabaseSettings, StartSettings, FileSettings, MailSettings
):
    """Environment of ``reconcile_runs``."""

    app_base_url: Name
    stale_after_seconds: Seconds
    cleanup_grace_seconds: Seconds
    events_queue_url: str = ""


class DeliverEventsSettings(Settings):
    """Environment of ``deliver_events``."""

    event_bus_name: str = ""


class RecordEmailEventsSettings(DatabaseSettings):
    """Environment of ``record_email_events``."""

    soft_bounce_limit: Annotated[int, Field(gt=0)]


class DigestAuditLogSettings(DatabaseSettings):
    """Environment of ``digest_audit_log``."""

    digests_bucket: Name


class MigrateDatabaseSettings(Settings):
    """Environment of ``migrate_database``: a connection as the schema's owner.

    Only a database of the stack's own has an ``administrator_database_url``.
    """

    owner_database_url: Name
    administrator_database_url: str = ""
    database_iam_auth: bool = False
