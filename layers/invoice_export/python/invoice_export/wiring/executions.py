"""Creates what starts, watches and stops executions."""

from invoice_export.adapters.executions import Executions
from invoice_export.wiring.clients import make_client, prepare_client

prepare_client("stepfunctions")


def make_executions(state_machine_arn: str, alias: str = "") -> Executions:
    """Return the executions of this state machine, started through its alias."""
    return Executions(make_client("stepfunctions"), state_machine_arn, alias)
