"""The Lambda functions, their layers and their environment: one role for each."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.account.foundation import NETWORK_INTERFACES, TRACES, Foundation
from infra.account.network import leave_outside
from infra.assets import PACKAGE_LAYER, function_code, layer_code
from infra.config import DatabaseAccess, Inspector, StageConfig, TokenIssuer
from infra.environment import environments

EVERYWHERE = (PACKAGE_LAYER, "vendor")
METRICS_NAMESPACE = "InvoiceExport"

# These talk to the world: the issuer's keys, and the customers' own servers.
OUTSIDE = ("authorize", "deliver_events")


class Functions(Construct):
    """One function per folder of ``lambdas/``.

    What only other constructs know (the machine's ARN, the API's URL) is added by
    them with ``add_environment``.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        files_bucket: str,
        database: DatabaseAccess,
        issuer: TokenIssuer,
        inspector: Inspector,
        dead_letters: sqs.IQueue,
        foundation: Foundation | None = None,
    ) -> None:
        """Without a ``foundation`` there is no account: no network, no key."""
        super().__init__(scope, id_)
        self._config = config
        self._foundation = foundation
        self._dead_letters = dead_letters
        # Those that talk to the world, apart: the gates ask why.
        self._outside = Construct(self, "Outside") if foundation else self
        self._layers: dict[str, lambda_.LayerVersion] = {}

        environment = environments(
            config,
            files_bucket=files_bucket,
            database=database,
            issuer=issuer,
            inspector=inspector,
            private=foundation is not None,
        )

        def make(name: str, *layers: str) -> lambda_.Function:
            return self._function(name, environment[name], layers=layers)

        self.authorize = make("authorize", "tokens")
        self.http_api = make("http_api", "tokens")
        self.plan_pages = make("plan_pages")
        self.write_page = make("write_page")
        self.compose_file = make("compose_file")
        self.send_email = make("send_email")
        self.finish_run = make("finish_run")
        self.reconcile_runs = make("reconcile_runs")
        self.deliver_events = make("deliver_events")
        self.record_email_events = make("record_email_events")
        self.migrate_database = make("migrate_database")
        if foundation:
            for function in (self.authorize, self.deliver_events):
                leave_outside(function)

    @property
    def steps(self) -> dict[str, lambda_.Function]:
        """Those that the state machine calls, by the names that it gives them."""
        return {
            "PlanPages": self.plan_pages,
            "WritePage": self.write_page,
            "ComposeFile": self.compose_file,
            "SendEmail": self.send_email,
            "FinishRun": self.finish_run,
        }

    @property
    def with_database(self) -> list[lambda_.Function]:
        """Those that connect to the database, as the application's role."""
        return [
            self.http_api,
            *self.steps.values(),
            self.reconcile_runs,
            self.record_email_events,
        ]

    @property
    def all(self) -> list[lambda_.Function]:
        """Every function."""
        found = self.node.find_all()
        return [each for each in found if isinstance(each, lambda_.Function)]

    def _function(
        self, name: str, environment: dict[str, str], *, layers: tuple[str, ...] = ()
    ) -> lambda_.Function:
        config = self._config
        size = config.functions[name]
        id_ = "".join(word.title() for word in name.split("_")) + "Function"
        layers = (*EVERYWHERE, *layers)
        scope = self._outside if name in OUTSIDE else self
        log_group = logs.LogGroup(
            scope,
            f"{id_}Logs",
            encryption_key=self._foundation.key if self._foundation else None,
            retention=config.log_retention,
            removal_policy=config.removal_policy,
        )
        function = lambda_.Function(
            scope,
            id_,
            description=f"lambdas/{name} of the invoice export",
            runtime=lambda_.Runtime(config.runtime, lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.custom(config.architecture),
            handler="handler.handler",
            code=function_code(self, name, config=config, layers=layers),
            layers=[]
            if config.functions_carry_layers
            else [self._layer(layer) for layer in layers],
            memory_size=size.memory_mb,
            timeout=Duration.seconds(size.timeout_seconds),
            environment={
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_LOG_LEVEL": config.log_level,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "POWERTOOLS_METRICS_DISABLED": str(self._foundation is None).lower(),
                **environment,
            },
            log_group=log_group,
            **self._place(scope, id_, name),
        )
        if self._foundation:
            self._settle_in(self._foundation, function, log_group, name)
        return function

    def _place(self, scope: Construct, id_: str, name: str) -> dict[str, Any]:
        """Where in the account a function runs, and how often at once."""
        foundation = self._foundation
        if foundation is None:
            return {}
        placed: dict[str, Any] = {
            # A role of our own comes without AWS's broad managed policies.
            "role": iam.Role(
                scope,
                f"{id_}Role",
                assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            ),
            "environment_encryption": foundation.key,
            # What the runtime itself says is structured as well, and knows no run: only
            # what went wrong is written. At WARN the reports of invocations that timed
            # out, crashed or failed stay (the Lambda guide's "System log level event
            # mapping"); start and the report of success, at INFO, go.
            "logging_format": lambda_.LoggingFormat.JSON,
            "system_log_level_v2": lambda_.SystemLogLevel.WARN,
            "dead_letter_queue": self._dead_letters,
            "reserved_concurrent_executions": foundation.account.concurrency[name],
        }
        if name not in OUTSIDE:
            network = foundation.network
            placed |= {
                "vpc": network.vpc,
                "vpc_subnets": network.subnets,
                "security_groups": [network.functions],
            }
        return placed

    @staticmethod
    def _settle_in(
        foundation: Foundation,
        function: lambda_.Function,
        log_group: logs.LogGroup,
        name: str,
    ) -> None:
        role = function.role
        assert role is not None  # noqa: S101
        log_group.grant_write(role)
        # What fails is a message in an encrypted queue in the end.
        foundation.encryption.allow_queues(role)
        foundation.encryption.allow_environment(role)
        interfaces = () if name in OUTSIDE else NETWORK_INTERFACES
        resource = function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101
        foundation.allow_unscoped(role, *TRACES, *interfaces, user=resource)
        # Set below the construct, which would add X-Ray's "*" to every role.
        resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(
            mode="Active"
        )

    def _layer(self, name: str) -> lambda_.LayerVersion:
        if name not in self._layers:
            id_ = "".join(word.title() for word in name.split("_")) + "Layer"
            self._layers[name] = lambda_.LayerVersion(
                self,
                id_,
                description=f"layers/{name} of the invoice export",
                code=layer_code(name, self._config),
                removal_policy=self._config.removal_policy,
            )
        return self._layers[name]
