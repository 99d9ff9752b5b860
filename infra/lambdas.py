"""The table of functions: one row for each Lambda. Everything else follows from it.

To add a Lambda, add a row here and a folder to ``lambdas/``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aws_cdk import aws_lambda as lambda_

from infra import environment as env
from infra.database import DatabaseRole
from infra.parts import Parts
from infra.triggers import (
    EVENTS,
    Deployment,
    ExecutionEnded,
    Queue,
    Requests,
    Schedule,
    State,
    Tokens,
    Trigger,
)

Grant = Callable[[lambda_.Function], None]


def nothing(_: Parts) -> tuple[Grant, ...]:
    """Grant no permission."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Lambda:
    """One row."""

    # Its folder under lambdas/.
    name: str
    # Memory decides the share of a CPU too: 1,769 MB buys one vCPU.
    memory_mb: int
    # At least ten seconds less than the state that invokes it, so that Lambda reports
    # the error. http_api answers before the gateway gives up after 29 s.
    timeout_seconds: int
    # Reserved, and never exceeded: in the profile standard, and in small. Together the
    # functions that connect to the database stay below its limit of connections.
    concurrency: tuple[int, int]
    # In addition to the two that every function has.
    layers: tuple[str, ...] = ()
    # Outside, a function reaches the internet but not the database.
    in_network: bool = True
    connects_as: DatabaseRole | None = None
    # Open at once, in one execution.
    connections: int = 1
    triggers: tuple[Trigger, ...]
    environment: tuple[env.Group, ...] = ()
    may: Callable[[Parts], tuple[Grant, ...]] = nothing
    # Its code includes the web page.
    serves_inspector: bool = False

    @property
    def id(self) -> str:
        """The construct's id, from which the state machine's placeholder derives."""
        return "".join(word.title() for word in self.name.split("_")) + "Function"

    @property
    def states(self) -> list[str]:
        """The states that invoke it."""
        return [t.name for t in self.triggers if isinstance(t, State)]

    def reserved(self, *, small: bool) -> int:
        """Return how many of it run at once at most."""
        return self.concurrency[1 if small else 0]

    @property
    def awaited(self) -> bool:
        """Whether a person waits for it."""
        return any(isinstance(t, Requests | Tokens | State) for t in self.triggers)

    @property
    def invoked_by_events(self) -> bool:
        """Whether an event invokes it, and nobody reads the answer."""
        return any(isinstance(trigger, EVENTS) for trigger in self.triggers)


LAMBDAS = (
    Lambda(
        name="authorize",
        memory_mb=512,
        timeout_seconds=10,
        concurrency=(150, 40),
        layers=("tokens",),
        # The issuer's keys are on the internet.
        in_network=False,
        triggers=(Tokens(),),
        environment=(env.issuer,),
    ),
    Lambda(
        name="http_api",
        memory_mb=1024,
        timeout_seconds=25,
        concurrency=(100, 25),
        layers=("tokens",),
        connects_as=DatabaseRole.APP,
        triggers=(Requests(),),
        environment=(
            env.files,
            env.issuer_behind_authorizer,
            env.machine,
            env.running_limit,
            env.queue_limit,
            env.page_policy,
            env.web,
            env.sign_in,
        ),
        may=lambda parts: (
            parts.files.grant_download,
            parts.files.grant_clean_up,
            parts.workflow.grant_start,
            parts.workflow.grant_stop,
            parts.workflow.grant_inspect,
        ),
        serves_inspector=True,
    ),
    Lambda(
        name="plan_pages",
        memory_mb=512,
        timeout_seconds=300,
        concurrency=(10, 3),
        connects_as=DatabaseRole.APP,
        triggers=(State("Plan Pages"),),
        environment=(env.page_policy,),
    ),
    Lambda(
        name="write_page",
        memory_mb=1024,
        timeout_seconds=300,
        concurrency=(80, 12),
        connects_as=DatabaseRole.APP,
        # It records the pages of a snapshot over a second one.
        connections=2,
        triggers=(State("Write Page"),),
        environment=(env.files,),
        may=lambda parts: (parts.files.grant_write_parts,),
    ),
    Lambda(
        name="compose_file",
        memory_mb=1024,
        timeout_seconds=900,
        concurrency=(10, 3),
        connects_as=DatabaseRole.APP,
        triggers=(State("Compose File"),),
        environment=(env.files, env.app_url),
        may=lambda parts: (parts.files.grant_compose,),
    ),
    Lambda(
        name="send_email",
        memory_mb=512,
        timeout_seconds=30,
        concurrency=(10, 3),
        connects_as=DatabaseRole.APP,
        triggers=(State("Send Email"), State("Send Failure Email")),
        environment=(env.files, env.app_url, env.sender),
        may=lambda parts: (parts.mail.grant_send,),
    ),
    Lambda(
        name="finish_run",
        memory_mb=512,
        timeout_seconds=45,
        concurrency=(20, 4),
        connects_as=DatabaseRole.APP,
        triggers=(State("Finish Run"), State("Record Failure")),
        # The machine's ARN arrives with the input: as a variable it would make the
        # machine and the function depend on each other.
        environment=(env.files, env.alias, env.running_limit),
        may=lambda parts: (
            parts.files.grant_abort_uploads,
            parts.workflow.grant_start,
        ),
    ),
    Lambda(
        name="reconcile_runs",
        memory_mb=512,
        timeout_seconds=55,
        concurrency=(10, 3),
        connects_as=DatabaseRole.APP,
        # Status events are best effort, so the sweep alone must be enough.
        triggers=(
            Schedule(
                "Sweep",
                minutes=1,
                description="Closes, starts and cleans up what was left behind",
            ),
            ExecutionEnded(
                "ExecutionEnded",
                description="Closes a run as soon as its execution has ended",
            ),
        ),
        environment=(
            env.files,
            env.app_url,
            env.sender,
            env.machine,
            env.running_limit,
            env.queue_limit,
            env.sweep,
            env.event_queue,
        ),
        may=lambda parts: (
            parts.outbound.grant_send,
            parts.files.grant_clean_up,
            parts.workflow.grant_watch,
            parts.workflow.grant_start,
            parts.mail.grant_send,
        ),
    ),
    Lambda(
        name="record_email_events",
        memory_mb=512,
        timeout_seconds=30,
        concurrency=(5, 2),
        connects_as=DatabaseRole.APP,
        # A quarter of an hour of attempts.
        triggers=(Queue("MailEvents", attempts=5),),
        environment=(env.soft_bounces,),
    ),
    Lambda(
        name="deliver_events",
        memory_mb=256,
        timeout_seconds=60,
        concurrency=(10, 3),
        # Customers' servers are on the internet.
        in_network=False,
        # Three quarters of an hour of attempts: the servers may be down for a while.
        triggers=(Queue("Events", attempts=8),),
        environment=(env.event_bus,),
        may=lambda parts: (parts.outbound.grant_publish,),
    ),
    Lambda(
        name="digest_audit_log",
        memory_mb=512,
        timeout_seconds=300,
        concurrency=(1, 1),
        connects_as=DatabaseRole.APP,
        triggers=(
            Schedule(
                "DailyDigest",
                minutes=24 * 60,
                description="Stores the heads of all audit chains",
            ),
        ),
        environment=(env.digests,),
        may=lambda parts: (parts.files.grant_digest,),
    ),
    Lambda(
        name="migrate_database",
        memory_mb=512,
        # The longest that Lambda allows: an index on a large table takes a while.
        timeout_seconds=900,
        concurrency=(2, 2),
        connects_as=DatabaseRole.OWNER,
        triggers=(Deployment(),),
    ),
)
