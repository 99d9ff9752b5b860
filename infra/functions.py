"""The Lambda functions: one for each row of the table, each with its own role."""

from typing import Any, TypeVar

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import environment
from infra.assets import PACKAGE_LAYER, function_code, layer_code
from infra.config import METRICS_NAMESPACE, StageConfig
from infra.encryption import Encryption
from infra.lambdas import LAMBDAS, Lambda
from infra.parts import Parts
from infra.published import Published
from infra.triggers import Deployment, State, Trigger

EVERYWHERE = (PACKAGE_LAYER, "vendor")

Kind = TypeVar("Kind", bound=Trigger)


class Functions(Construct):
    """One function per row of ``lambdas.py``."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        encryption: Encryption,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._encryption = encryption
        self._dead_letters = dead_letters
        self._layers = _make_layers(self, config=config)
        self._made = [(row, self._make(row)) for row in LAMBDAS]
        self._published = {row.name: self._publish(row, f) for row, f in self._made}

    @property
    def all(self) -> list[lambda_.Function]:
        """Return every function."""
        return [function for _, function in self._made]

    @property
    def steps(self) -> list[Published]:
        """Return the functions that states of the state machine invoke."""
        return [self._published[row.name] for row, _ in self._made if row.states]

    @property
    def outside_the_machine(self) -> list[lambda_.Function]:
        """Return the functions whose errors neither a run nor a deployment reports."""
        return [
            function
            for row, function in self._made
            if not any(isinstance(t, State | Deployment) for t in row.triggers)
        ]

    def triggered_by(self, kind: type[Kind]) -> list[tuple[Kind, Published]]:
        """Return the functions with triggers of this kind, and the triggers."""
        return [
            (trigger, self._published[row.name])
            for row, _ in self._made
            for trigger in row.triggers
            if isinstance(trigger, kind)
        ]

    def only(self, kind: type[Trigger]) -> Published:
        """Return the one function with a trigger of this kind."""
        ((_, function),) = self.triggered_by(kind)
        return function

    def equip(self, parts: Parts) -> None:
        """Give each function its environment and its permissions."""
        for row, function in self._made:
            variables = {}
            if row.connects_as:
                variables = environment.connection(
                    parts.database.access, row.connects_as
                )
                parts.database.grant_connect(function, row.connects_as)
            for group in row.environment:
                variables |= group(parts)
            for name, value in variables.items():
                function.add_environment(name, value)
            for grant in row.may(parts):
                grant(function)

    def _make(self, row: Lambda) -> lambda_.Function:
        config = self._config
        layers = (*EVERYWHERE, *row.layers)
        log_group = logs.LogGroup(
            self,
            f"{row.id}Logs",
            encryption_key=self._encryption.key,
            retention=config.log_retention,
            removal_policy=config.removal_policy,
        )
        function = lambda_.Function(
            self,
            row.id,
            description=f"lambdas/{row.name} of the invoice export",
            runtime=lambda_.Runtime(config.runtime, lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.custom(config.architecture),
            handler="handler.handler",
            code=function_code(
                self,
                row.name,
                config=config,
                layers=layers,
                with_inspector=row.serves_inspector,
            ),
            layers=[self._layers[name] for name in layers if name in self._layers],
            memory_size=row.memory_mb,
            timeout=Duration.seconds(row.timeout_seconds),
            environment={
                "POWERTOOLS_SERVICE_NAME": row.name,
                "POWERTOOLS_LOG_LEVEL": config.log_level,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "POWERTOOLS_METRICS_DISABLED": str(not config.metrics).lower(),
            },
            log_group=log_group,
            **self._options(row),
        )
        self._finish(row, function, log_group)
        return function

    def _options(self, row: Lambda) -> dict[str, Any]:
        """Return what else the stage gives a function."""
        if row.invoked_by_events:
            # After Lambda's own two retries people look at the event.
            return {"on_failure": destinations.SqsDestination(self._dead_letters)}
        return {}

    def _finish(
        self, row: Lambda, function: lambda_.Function, log_group: logs.LogGroup
    ) -> None:
        """Finish a function. Here it needs nothing more."""

    def _publish(self, _row: Lambda, function: lambda_.Function) -> Published:
        """Return what others call. Here that is the function."""
        return Published(function=function, called=function)


def _make_layers(
    scope: Construct, *, config: StageConfig
) -> dict[str, lambda_.LayerVersion]:
    """Create every layer, by name; none where functions carry what layers hold."""
    if config.functions_carry_layers:
        return {}
    names = (*EVERYWHERE, *(layer for row in LAMBDAS for layer in row.layers))
    return {
        name: lambda_.LayerVersion(
            scope,
            "".join(word.title() for word in name.split("_")) + "Layer",
            description=f"layers/{name} of the invoice export",
            code=layer_code(name, config),
            removal_policy=config.removal_policy,
        )
        for name in dict.fromkeys(names)
    }
