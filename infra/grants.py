"""Who may do what: the grants between the constructs of the stack."""

from infra.files import Files
from infra.functions import Functions
from infra.mail import Mail
from infra.roles import role_of
from infra.workflow import Workflow


def grant_files(files: Files, functions: Functions) -> None:
    """Who reads, writes and deletes what."""
    files.grant_download(role_of(functions.http_api))
    files.grant_write_parts(role_of(functions.write_page))
    files.grant_compose(role_of(functions.compose_file))
    files.grant_abort_uploads(role_of(functions.finish_run))
    for function in (functions.http_api, functions.reconcile_runs):
        files.grant_clean_up(role_of(function))


def grant_executions(workflow: Workflow, functions: Functions) -> None:
    """Who starts, watches and stops executions."""
    workflow.grant_start(functions.finish_run)
    workflow.grant_stop(functions.http_api)
    workflow.grant_watch(functions.reconcile_runs)
    for function in (functions.http_api, functions.reconcile_runs):
        workflow.grant_start(function)
        function.add_environment(
            "STATE_MACHINE_ARN", workflow.machine.state_machine_arn
        )
    workflow.grant_inspect(functions.http_api)


def grant_mail(mail: Mail, functions: Functions, *, app_url: str) -> None:
    """Who sends mails, and what link stands in them."""
    for function in (functions.send_email, functions.reconcile_runs):
        mail.grant_send(function)
    for function in (
        functions.compose_file,
        functions.send_email,
        functions.reconcile_runs,
    ):
        function.add_environment("APP_BASE_URL", app_url)
