"""The Lambda functions, their layers and their environment: one role for each."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.assets import PACKAGE_LAYER, function_code, layer_code
from infra.config import DatabaseAccess, Inspector, StageConfig, TokenIssuer
from infra.encryption import Encryption
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
        encryption: Encryption,
        files_bucket: str,
        database: DatabaseAccess,
        issuer: TokenIssuer,
        inspector: Inspector,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._encryption = encryption
        self._dead_letters = dead_letters
        self._layers: dict[str, lambda_.LayerVersion] = {}

        environment = environments(
            config,
            files_bucket=files_bucket,
            database=database,
            issuer=issuer,
            inspector=inspector,
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
        id_ = id_of(name)
        layers = (*EVERYWHERE, *layers)
        scope = self._scope_of(name)
        log_group = logs.LogGroup(
            scope,
            f"{id_}Logs",
            encryption_key=self._encryption.key,
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
                "POWERTOOLS_METRICS_DISABLED": str(not config.metrics).lower(),
                **environment,
            },
            log_group=log_group,
            **self._options(name),
        )
        self._finish(function, log_group, name)
        return function

    def _scope_of(self, _name: str) -> Construct:
        """Where the function stands in the tree."""
        return self

    def _options(self, _name: str) -> dict[str, Any]:
        """Return what else the stage gives a function: nothing."""
        return {}

    def _finish(
        self, function: lambda_.Function, log_group: logs.LogGroup, name: str
    ) -> None:
        """Do what a function needs once it exists: nothing."""

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


def id_of(name: str) -> str:
    """Return a function's id in the construct tree."""
    return "".join(word.title() for word in name.split("_")) + "Function"
