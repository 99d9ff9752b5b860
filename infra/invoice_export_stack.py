"""The whole product as one stack."""

from aws_cdk import Annotations, CfnOutput, Stack
from constructs import Construct

from infra.account.foundation import AccountFoundation
from infra.config import StageConfig
from infra.foundation import Foundation
from infra.identity import Identity
from infra.local_foundation import LocalFoundation
from infra.outbound import Outbound
from infra.parts import Parts
from infra.queues import Queues
from infra.rules import Rules
from infra.triggers import (
    Deployment,
    ExecutionEnded,
    Queue,
    Requests,
    Schedule,
    Tokens,
)


class InvoiceExportStack(Stack):
    """One stage of the invoice export."""

    def __init__(self, scope: Construct, *, config: StageConfig) -> None:
        super().__init__(
            scope,
            config.stack_name,
            description=f"Durable invoice export, stage {config.name}",
            termination_protection=config.account is not None,
        )
        foundation = self._foundation(config)
        encryption = foundation.encryption
        queues = Queues(self, "Queues", config=config, encryption=encryption)
        files = foundation.files()
        identity = Identity(self, "Identity", config=config)
        functions = foundation.functions(dead_letters=queues.dead_letters)
        queues.feed(functions.triggered_by(Queue))
        workflow = foundation.workflow(steps=functions.steps)
        api = foundation.api(
            http_api=functions.only(Requests).called,
            authorize=functions.only(Tokens).called,
        )
        identity.allow_sign_in_from(api.base_url)
        mail = foundation.mail(queues=queues)
        outbound = Outbound(self, "Outbound", queues=queues, encryption=encryption)
        Rules(
            self,
            "Rules",
            schedules=functions.triggered_by(Schedule),
            execution_ended=functions.triggered_by(ExecutionEnded),
            machine=workflow.machine,
            dead_letters=queues.dead_letters,
        )
        parts = Parts(
            config=config,
            database=foundation.database,
            files=files,
            identity=identity,
            workflow=workflow,
            api=api,
            mail=mail,
            outbound=outbound,
            queues=queues,
        )
        functions.equip(parts)
        migrate_database = functions.only(Deployment).function
        for name, value in {
            "ApiUrl": api.base_url,
            "FilesBucketName": files.bucket.bucket_name,
            "DigestsBucketName": files.digests.bucket_name,
            "EmailEventsQueueUrl": mail.events.queue_url,
            "StateMachineArn": workflow.machine.state_machine_arn,
            "MigrateDatabaseFunctionName": migrate_database.function_name,
        }.items():
            CfnOutput(self, name, value=value)
        foundation.complete(parts, functions)
        if config.placeholders:
            Annotations.of(self).add_warning(
                f"placeholders in use: give -c {', -c '.join(config.placeholders)}"
            )

    def _foundation(self, config: StageConfig) -> Foundation:
        if config.account is None:
            return LocalFoundation(self, config=config)
        return AccountFoundation(
            self, "Foundation", config=config, account=config.account
        )
