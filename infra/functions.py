"""The Lambda functions, their layers and their environment: one role for each."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.assets import PACKAGE_LAYER, function_code, layer_code
from infra.config import StageConfig

EVERYWHERE = (PACKAGE_LAYER, "vendor")


def _inspector(config: StageConfig) -> dict[str, str]:
    inspector = config.inspector
    # What an execution's ARN is appended to.
    console = (
        f"https://{Aws.REGION}.console.aws.amazon.com/states/home"
        f"?region={Aws.REGION}#/v2/executions/details/"
    )
    return {
        "OIDC_CLIENT_ID": inspector.client_id,
        "OIDC_SCOPE": inspector.scope,
        "OIDC_ORIGINS": " ".join(inspector.origins),
        "WORKSHOP_URL": inspector.workshop_url,
        "CONSOLE_URL": console if inspector.console else "",
    }


class Functions(Construct):
    """One function per folder of ``lambdas/``.

    What only other constructs know (the machine's ARN, the API's URL) is added by
    them with ``add_environment``.
    """

    def __init__(
        self, scope: Construct, id_: str, *, config: StageConfig, files_bucket: str
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._layers: dict[str, lambda_.LayerVersion] = {}

        database = {
            "DATABASE_URL": config.database.url,
            "DATABASE_IAM_AUTH": str(config.database.iam_auth).lower(),
        }
        tokens = {
            "OIDC_ISSUER": config.token_issuer.issuer,
            "OIDC_AUDIENCE": config.token_issuer.audience,
            "OIDC_JWKS_URL": config.token_issuer.jwks_url,
        }
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
        stage = {"STAGE": config.stage}
        owner = {
            "OWNER_DATABASE_URL": config.database.owner_url,
            "DATABASE_IAM_AUTH": database["DATABASE_IAM_AUTH"],
        }

        self.authorize = self._function("authorize", tokens, layers=("tokens",))
        self.http_api = self._function(
            "http_api",
            database | tokens | starts | files | stage | _inspector(config),
            layers=("tokens",),
        )
        self.plan_pages = self._function("plan_pages", database | pages)
        self.write_page = self._function("write_page", database | files)
        self.compose_file = self._function("compose_file", database | files)
        self.send_email = self._function("send_email", database | files)
        self.finish_run = self._function("finish_run", database | files | running)
        self.reconcile_runs = self._function(
            "reconcile_runs", database | starts | files | sweep
        )
        self.record_email_events = self._function(
            "record_email_events", database | bounces
        )
        self.migrate_database = self._function(
            "migrate_database", owner, layers=("migrations",)
        )

    def _function(
        self, name: str, environment: dict[str, str], *, layers: tuple[str, ...] = ()
    ) -> lambda_.Function:
        config = self._config
        size = config.functions[name]
        id_ = "".join(word.title() for word in name.split("_")) + "Function"
        layers = (*EVERYWHERE, *layers)
        return lambda_.Function(
            self,
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
                **environment,
            },
            log_group=logs.LogGroup(
                self,
                f"{id_}Logs",
                retention=config.log_retention,
                removal_policy=config.removal_policy,
            ),
            tracing=lambda_.Tracing.ACTIVE
            if config.tracing
            else lambda_.Tracing.DISABLED,
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
