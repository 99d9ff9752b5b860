"""The API's answers."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from invoice_export.contracts.answer import Answer, Instant, Values
from invoice_export.domain.dialects import Preset
from invoice_export.domain.emails import EmailReport, EmailStatus
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.domain.roles import Role
from invoice_export.domain.runs import Consistency, RunStatus


class WebhookEndpoint(Answer):
    """The webhook; its secret is shown only when it is set."""

    url: str
    set_by: str
    set_at: Instant


class WebhookRemoval(Answer):
    """Whether there was a webhook to remove."""

    removed: bool


class WebhookSecret(Answer):
    """The new webhook, with the secret that signs its messages."""

    url: str
    secret: str


class ColumnDescription(Answer):
    """A column of a dataset; ``name`` is its header."""

    name: str
    label: str
    kind: str
    default: Annotated[bool, Meta(description="In the file unless columns are chosen")]


class FilterDescription(Answer):
    """A filter of a dataset; ``choices`` are the values of a choice."""

    name: str
    label: str
    kind: str
    choices: list[str]


class DatasetDescription(Answer):
    """What a form needs to know about a dataset."""

    name: str
    label: str
    is_default: Annotated[bool, Meta(description="What a start without a body exports")]
    formats: list[str]
    presets: list[Preset]
    columns: list[ColumnDescription]
    filters: list[FilterDescription]


class FormatDescription(Answer):
    """A format, and whom it is for."""

    name: str
    label: str
    about: str
    presets: list[Preset]


class PresetDescription(Answer):
    """A named dialect of CSV, and whom it is for."""

    name: Preset
    label: str
    about: str
    is_default: Annotated[bool, Meta(description="Unless a request names another one")]


class DatasetList(Answer):
    """What the caller may export, and as what."""

    datasets: list[DatasetDescription]
    formats: list[FormatDescription]
    presets: list[PresetDescription]


class Estimate(Answer):
    """How large an export would be."""

    rows: int
    exact: Annotated[
        bool, Meta(description="false: an estimate, because counting would take long")
    ]
    pages: int
    bytes: Annotated[int, Meta(description="About, and before it is packed")]
    seconds: Annotated[float, Meta(description="About, once the export runs")]


class StartExportResponse(Answer):
    """The accepted run; ``deduplicated`` if an earlier request started it."""

    run_id: UUID
    status: RunStatus
    deduplicated: bool


class RunError(Answer):
    """Why a run failed: a stable code, and a sentence for the requester."""

    code: str
    message: str


class ExportStatus(Answer):
    """A run as its watchers see it. Times are UTC."""

    run_id: UUID
    organization_id: str
    requested_by: str
    requester_name: Annotated[
        str | None, Meta(description="Null if no member of this id has a name")
    ]
    status: RunStatus
    attempt_count: int
    pages_done: int
    pages_total: int | None
    rows_done: int
    bytes_done: int
    queue_position: Annotated[
        int | None, Meta(description="1 is next; only while queued")
    ]
    requested_at: Instant
    started_at: Instant | None
    completed_at: Instant | None
    row_count: int | None
    bytes: int | None
    format: str
    consistency: Consistency
    dataset: str
    request: Annotated[
        Values,
        Meta(description="The request as it was sent, without the defaults"),
    ]
    checksum: Annotated[
        str | None,
        Meta(description="CRC-32 of the file as S3 verified it: CRC32:<base64>"),
    ]
    download_url: Annotated[
        str | None,
        Meta(description="The app's link; valid as long as the file exists"),
    ]
    expires_at: Annotated[Instant | None, Meta(description="When the file expires")]
    email: EmailStatus | None
    email_report: Annotated[
        EmailReport | None,
        Meta(description="What SES has reported of the e-mail since; null: nothing"),
    ]
    error: RunError | None
    execution_arn: str | None


Next = Annotated[
    str | None,
    Meta(description="The 'cursor' of the next page; null on the last one"),
]


class ExportList(Answer):
    """A page of runs, newest first."""

    exports: list[ExportStatus]
    next: Next


class DownloadLink(Answer):
    """A signed URL for one click, valid for five minutes at most."""

    url: str
    expires_at: Instant
    filename: str
    manifest_url: Annotated[
        str | None, Meta(description="Checks the file: make verify")
    ]


class AuditRecord(Answer):
    """A record of the audit log; without an actor, the system acted."""

    id: UUID
    action: str
    subject: str | None
    actor: str | None
    actor_name: Annotated[
        str | None, Meta(description="Null if no member of this id has a name")
    ]
    payload: Values
    created_at: Instant


class AuditList(Answer):
    """A page of audit records, newest first."""

    audit_logs: list[AuditRecord]
    next: Next


class SuppressedMember(Answer):
    """A member whose address gets no e-mail, and why."""

    user_id: str
    name: str
    reason: str
    since: Instant
    expires_at: Instant | None
    liftable: Annotated[
        bool, Meta(description="Whether an admin may let the member get e-mails again")
    ]


class SuppressionList(Answer):
    """The members whose address gets no e-mail."""

    suppressions: list[SuppressedMember]


class Membership(Answer):
    """One organisation of the caller."""

    organization_id: str
    organization_name: str
    role: Role


class Me(Answer):
    """The caller."""

    user_id: str
    name: str
    memberships: list[Membership]


class FieldError(Answer):
    """An input value that cannot be accepted, and where it is."""

    field: str
    message: str


class Problem(Answer, kw_only=True):
    """RFC 9457 problem details, with a stable ``code``."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: ProblemCode
    errors: list[FieldError] | UnsetType = UNSET
