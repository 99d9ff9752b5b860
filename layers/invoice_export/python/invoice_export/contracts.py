"""The wire: what every step, endpoint and table row looks like from outside.

Field names are camelCase on the wire and snake_case in Python. Inputs are strict:
an unknown key is refused.
"""

import json
from datetime import datetime
from email.utils import parseaddr
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from invoice_export.errors import InvalidInputError

OrganizationId = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
]
Generation = Annotated[int, Field(ge=1)]
PageNumber = Annotated[int, Field(ge=1, le=1000)]


class RunStatus(StrEnum):
    """The life of a run; the last three are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING)


class FileFormat(StrEnum):
    """What the file is; the value is its extension too."""

    CSV = "csv"
    CSV_GZ = "csv.gz"


class Consistency(StrEnum):
    """What the pages of one export see.

    ``pages``: each its own moment, in parallel, resumable. ``snapshot``: all the same
    moment, read by one worker, from the start again if it dies.
    """

    PAGES = "pages"
    SNAPSHOT = "snapshot"


class EmailStatus(StrEnum):
    """The life of one e-mail; the last three are honest outcomes."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


class EmailKind(StrEnum):
    """Why a run's requester is written to."""

    COMPLETED = "completed"
    FAILED = "failed"


class Role(StrEnum):
    """Roles of a member, weakest first."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"

    def at_least(self, needed: Self) -> bool:
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


class Wire(BaseModel):
    """Base of all messages: camelCase, frozen, no unknown keys."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
    )

    @classmethod
    def parse(cls, event: object) -> Self:
        """Return the message in ``event``. Raises :class:`InvalidInputError`."""
        try:
            return cls.model_validate(event)
        except ValidationError as exc:
            fields = [".".join(map(str, item["loc"])) for item in exc.errors()]
            raise InvalidInputError(f"not a {cls.__name__}: {fields}") from exc

    def dump(self) -> dict[str, Any]:
        """Return the message as JSON-ready data."""
        return self.model_dump(mode="json", by_alias=True)


# The state machine


class RunRef(Wire):
    """The execution's input, and the least that every step is given."""

    organization_id: OrganizationId
    run_id: UUID
    generation: Generation

    @property
    def execution_name(self) -> str:
        """Unique per generation: starting twice under one name starts once."""
        return f"{self.run_id}-{self.generation}"


class PagePlan(Wire):
    """Answer of ``plan_pages``: the Map's items and how many run at a time."""

    pages: list[PageNumber]
    concurrency: Annotated[int, Field(ge=1)]


class WritePageInput(RunRef):
    """Input of ``write_page``: one page of the frozen plan, counted from 1."""

    page: PageNumber


class PageResult(Wire):
    """Answer of ``write_page``; ``bytes`` counts the part, header included."""

    page: PageNumber
    rows: int
    bytes: int


class ComposedFile(Wire):
    """Answer of ``compose_file``."""

    object_key: str
    rows: int
    bytes: int


class SendEmailInput(RunRef):
    """Input of ``send_email``."""

    kind: EmailKind


class EmailResult(Wire):
    """Answer of ``send_email``; no status when no mail was owed."""

    email: EmailStatus | None


class StateError(BaseModel):
    """What a Catch hands on: the error's name, and its cause as Lambda's JSON."""

    error: str = Field(alias="Error")
    cause: str = Field(default="", alias="Cause")


class FinishRunInput(RunRef):
    """Input of ``finish_run``; ``error`` is what a Catch caught."""

    state_machine_arn: str
    error: StateError | None = None

    @property
    def ref(self) -> RunRef:
        """The run alone."""
        return RunRef(
            organization_id=self.organization_id,
            run_id=self.run_id,
            generation=self.generation,
        )


class FinishResult(Wire):
    """Answer of ``finish_run``: what the run's row says now."""

    status: RunStatus


class ExecutionDetail(BaseModel):
    """What matters of a status change: the input that we gave the execution."""

    input: str


class ReconcileEvent(BaseModel):
    """What EventBridge sends to ``reconcile_runs``: a tick, or a status change."""

    detail_type: str = Field(alias="detail-type")
    detail: dict[str, Any] = Field(default_factory=dict)

    @property
    def run(self) -> RunRef | None:
        """The run whose execution has ended; None for a tick."""
        if self.detail_type != "Step Functions Execution Status Change":
            return None
        return RunRef.model_validate_json(ExecutionDetail(**self.detail).input)


class ReconcileReport(Wire):
    """Answer of ``reconcile_runs``: ``reason:run`` of what was mended or put off."""

    repaired: list[str]
    postponed: list[str]


class OutboundEvent(Wire):
    """What others are told: ``export.completed``, ``.failed`` or ``.cancelled``."""

    id: UUID
    type: str
    occurred_at: datetime
    data: dict[str, Any]

    @property
    def run(self) -> dict[str, Any]:
        """The run that has ended, in the words of a log line."""
        return {
            "organization_id": self.data.get("organizationId"),
            "run_id": self.data.get("runId"),
            "generation": self.data.get("attempt"),
        }


class Delivery(Wire):
    """One event for one receiver: the bus, or a webhook with its secret."""

    event: OutboundEvent
    url: str | None = None
    secret: str | None = None


# SES's events


class EmailEventMail(BaseModel):
    """The mail that an event is about; tags are lists of values by name."""

    message_id: str = Field(alias="messageId")
    tags: dict[str, list[str]] = Field(default_factory=dict)

    def tag(self, name: str) -> UUID | None:
        """Return the id under this tag, if the mail has one."""
        text = self._text(name)
        return UUID(text) if text else None

    @property
    def run(self) -> dict[str, str | None]:
        """The run that the mail is about, as far as its tags say."""
        names = ("organization_id", "run_id", "generation")
        return {name: self._text(name) for name in names}

    def _text(self, name: str) -> str | None:
        return next(iter(self.tags.get(name, [])), None)


class EmailEventRecipient(BaseModel):
    """An address that bounced or complained; a name may stand around it."""

    email_address: str = Field(alias="emailAddress")

    @property
    def address(self) -> str:
        """The address alone."""
        return parseaddr(self.email_address)[1]


class EmailBounce(BaseModel):
    """Permanent: the address is dead; anything else may pass."""

    bounce_type: str = Field(alias="bounceType")
    feedback_id: str = Field(alias="feedbackId")
    recipients: list[EmailEventRecipient] = Field(alias="bouncedRecipients")


class EmailComplaint(BaseModel):
    """A recipient called the mail spam."""

    recipients: list[EmailEventRecipient] = Field(alias="complainedRecipients")


class EmailEvent(BaseModel):
    """What SES publishes of a mail, as far as it matters here."""

    event_type: str = Field(alias="eventType")
    mail: EmailEventMail
    bounce: EmailBounce | None = None
    complaint: EmailComplaint | None = None

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read a queue's message, with or without SNS's envelope around it.

        Raises :class:`InvalidInputError`, which quotes nothing: bodies hold addresses.
        """
        try:
            message = json.loads(body)
            if isinstance(message, dict) and "Message" in message:
                message = json.loads(message["Message"])
            return cls.model_validate(message)
        except ValueError as exc:
            kind = type(exc).__name__
            raise InvalidInputError(f"not an event of SES: {kind}") from None


# HTTP


class AuthorizeEvent(BaseModel):
    """What API Gateway asks an authorizer: of a token, or of an open route."""

    type: str = "TOKEN"
    authorization_token: str = Field(default="", alias="authorizationToken")
    method_arn: str = Field(alias="methodArn")
    path: str = ""


class WebhookRequest(Wire):
    """Where ended exports are to be announced."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class WebhookEndpoint(Wire):
    """Where ended exports are announced; the secret is shown only when it is set."""

    url: str
    set_by: str
    set_at: datetime


class WebhookRemoval(Wire):
    """Whether there was an endpoint to remove."""

    removed: bool


class WebhookSecret(Wire):
    """The endpoint as it was set, with the secret of its signatures."""

    url: str
    secret: str


class StartExportRequest(Wire):
    """Body of a start; without one, a plain CSV. No other option may be invented."""

    format: Annotated[
        FileFormat,
        Field(
            description="csv.gz: one gzip member per page, joined; any gunzip reads it"
        ),
    ] = FileFormat.CSV
    consistency: Annotated[
        Consistency,
        Field(
            description="snapshot: every row as of one moment, written by one worker"
        ),
    ] = Consistency.PAGES

    def agrees_with(self, run: Self, *, strictly: bool) -> bool:
        """Tell whether a run with those options is what is asked for.

        Not ``strictly``, options that the caller left out match anything.
        """
        asked = self.model_dump(exclude_unset=not strictly)
        return asked.items() <= run.model_dump().items()


class StartExportResponse(Wire):
    """The accepted run; ``deduplicated`` when it had been asked for before."""

    run_id: UUID
    status: RunStatus
    deduplicated: bool


class RunError(Wire):
    """Why a run failed: a stable code and a sentence for its requester."""

    code: str
    message: str


class ExportStatus(Wire):
    """A run as its watchers see it. Times are UTC."""

    run_id: UUID
    organization_id: str
    requested_by: str
    status: RunStatus
    attempt_count: int
    pages_done: int
    pages_total: int | None
    rows_done: int
    bytes_done: int
    queue_position: Annotated[
        int | None, Field(description="1 is next; only while queued")
    ]
    requested_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    row_count: int | None
    bytes: int | None
    format: FileFormat
    consistency: Consistency
    checksum: Annotated[
        str | None,
        Field(description="CRC-32 of the file as S3 verified it: CRC32:<base64>"),
    ]
    download_url: Annotated[
        str | None, Field(description="The app's link; it lives as long as the file")
    ]
    expires_at: Annotated[datetime | None, Field(description="End of the file's time")]
    email: EmailStatus | None
    error: RunError | None
    execution_arn: str | None


class ExportList(Wire):
    """Runs, newest first."""

    exports: list[ExportStatus]


class DownloadLink(Wire):
    """A signed URL, minted per click, that lives at most five minutes."""

    url: str
    expires_at: datetime
    filename: str
    manifest_url: Annotated[
        str | None, Field(description="Checks the file: make verify")
    ] = None


class AuditRecord(Wire):
    """One line of the audit log; no actor means the system acted."""

    id: UUID
    action: str
    subject: str | None
    actor: str | None
    payload: dict[str, object]
    created_at: datetime


class AuditList(Wire):
    """Audit records, newest first."""

    audit_logs: list[AuditRecord]


class Membership(Wire):
    """One organisation of the caller."""

    organization_id: str
    organization_name: str
    role: Role


class Me(Wire):
    """The caller."""

    user_id: str
    name: str
    memberships: list[Membership]


class FieldError(Wire):
    """One unacceptable input value and where it stood."""

    field: str
    message: str


class Problem(Wire):
    """RFC 9457 problem details, with a stable ``code``."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] | None = None
