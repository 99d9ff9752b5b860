"""The whole product as one stack: composes the constructs and grants between them."""

from aws_cdk import Annotations, CfnOutput, Stack
from constructs import Construct

from infra.account.foundation import AccountFoundation
from infra.config import StageConfig
from infra.foundation import Foundation
from infra.grants import grant_executions, grant_files, grant_mail
from infra.identity import Identity
from infra.local_foundation import LocalFoundation
from infra.outbound import Outbound
from infra.parts import Parts
from infra.queues import Queues
from infra.reconciler import Reconciler


class InvoiceExportStack(Stack):
    """One stage of the invoice export."""

    def __init__(self, scope: Construct, id_: str, *, config: StageConfig) -> None:
        super().__init__(
            scope,
            id_,
            description=f"Durable invoice export, stage {config.stage}",
            termination_protection=config.account is not None,
        )
        foundation = self._foundation(config)
        encryption = foundation.encryption
        queues = Queues(self, "Queues", config=config, encryption=encryption)
        files = foundation.files()
        identity = Identity(self, "Identity", config=config)
        functions = foundation.functions(
            files=files, identity=identity, dead_letters=queues.dead_letters
        )
        workflow = foundation.workflow(steps=functions.steps)
        api = foundation.api(functions=functions)
        identity.open_to(api.base_url)
        mail = foundation.mail(functions=functions, queues=queues)
        outbound = Outbound(
            self,
            "Outbound",
            config=config,
            deliver_events=functions.deliver_events,
            queues=queues,
            encryption=encryption,
        )
        outbound.grant_send(functions.reconcile_runs)
        Reconciler(
            self,
            "Reconciler",
            config=config,
            machine=workflow.machine,
            reconcile_runs=functions.reconcile_runs,
            dead_letters=queues.dead_letters,
        )
        grant_files(files, functions)
        grant_executions(workflow, functions)
        grant_mail(mail, functions, app_url=api.base_url)
        for name, value in {
            "ApiUrl": api.base_url,
            "FilesBucketName": files.bucket.bucket_name,
            "EmailEventsQueueUrl": mail.events.queue_url,
            "StateMachineArn": workflow.machine.state_machine_arn,
            "MigrateDatabaseFunctionName": functions.migrate_database.function_name,
        }.items():
            CfnOutput(self, name, value=value)
        foundation.complete(
            Parts(
                config=config,
                queues=queues,
                functions=functions,
                workflow=workflow,
                api=api,
            )
        )
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
