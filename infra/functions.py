"""The Lambda functions, their layers and their environment: one role for each."""

from typing import Any

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.assets import PACKAGE_LAYER, function_code, layer_code
from infra.config import DatabaseAccess, Inspector, StageConfig, TokenIssuer
from infra.foundation import NETWORK_INTERFACES, TRACES, Foundation

EVERYWHERE = (PACKAGE_LAYER, "vendor")
METRICS_NAMESPACE = "InvoiceExport"

# These talk to the world: the issuer's keys, and the customers' own servers.
OUTSIDE = ("authorize", "deliver_events")


def _inspector(inspector: Inspector) -> dict[str, str]:
    # What an execution's ARN is appended to.
    console = (
        f"https://{Aws.REGION}.console.aws.amazon.com/states/home"
        f"?region={Aws.REGION}#/v2/executions/details/"
    )
    return {
        "OIDC_CLIENT_ID": inspector.client_id,
        "OIDC_SCOPE": inspector.scope,
        "OIDC_ORIGINS": " ".join(inspector.origins),
        "OIDC_SIGN_OUT_URL": inspector.sign_out_url,
        "WORKSHOP_URL": inspector.workshop_url,
        "CONSOLE_URL": console if inspector.console else "",
    }


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

        iam_auth = {"DATABASE_IAM_AUTH": str(database.iam_auth).lower()}
        connection = {"DATABASE_URL": database.url, **iam_auth}
        tokens = {
            "OIDC_ISSUER": issuer.issuer,
            "OIDC_AUDIENCE": issuer.audience,
            "OIDC_JWKS_URL": issuer.jwks_url,
        }
        # In a private network the issuer cannot be reached: the authorizer, which
        # can, hands over the key that it found.
        second_look = tokens | ({"OIDC_JWKS_URL": ""} if foundation else {})
        files = {
            "FILES_BUCKET": files_bucket,
            "FILE_RETENTION_DAYS": str(config.file_retention_days),
            "PART_RETENTION_DAYS": str(config.part_retention_days),
        }
        running = {"MAX_RUNNING_EXPORTS": str(config.max_running_exports)}
        starts = {
            **running,
            "MAX_QUEUED_PER_ORGANIZATION": str(config.max_queued_per_organization),
        }
        pages = {
            "MIN_PAGE_ROWS": str(config.min_page_rows),
            "MAX_PAGE_ROWS": str(config.max_page_rows),
            "DATABASE_VCPUS": str(config.database_vcpus),
        }
        sweep = {
            "STALE_AFTER_SECONDS": str(config.stale_after_seconds),
            "LEFTOVER_GRACE_SECONDS": str(config.leftover_grace_seconds),
        }
        bounces = {"SOFT_BOUNCE_LIMIT": str(config.soft_bounce_limit)}
        owner = {"OWNER_DATABASE_URL": database.owner_url, **iam_auth}
        origins = config.account.cors_origins if config.account else ()
        web = {"STAGE": config.stage, "CORS_ORIGINS": ",".join(origins)}

        self.authorize = self._function("authorize", tokens, layers=("tokens",))
        self.http_api = self._function(
            "http_api",
            connection | second_look | starts | files | web | _inspector(inspector),
            layers=("tokens",),
        )
        self.plan_pages = self._function("plan_pages", connection | pages)
        self.write_page = self._function("write_page", connection | files)
        self.compose_file = self._function("compose_file", connection | files)
        self.send_email = self._function("send_email", connection | files)
        self.finish_run = self._function("finish_run", connection | files | running)
        self.reconcile_runs = self._function(
            "reconcile_runs", connection | starts | files | sweep
        )
        self.deliver_events = self._function("deliver_events", {})
        self.record_email_events = self._function(
            "record_email_events", connection | bounces
        )
        self.migrate_database = self._function(
            "migrate_database", owner, layers=("migrations",)
        )
        if foundation:
            for function in (self.authorize, self.deliver_events):
                acknowledge(
                    function,
                    "NIST.800.53.R5-LambdaInsideVPC",
                    "CKV_AWS_117",
                    reason="It calls the token issuer or customers' servers, has no "
                    "way to the database, and a NAT would cost more than all else.",
                )

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
