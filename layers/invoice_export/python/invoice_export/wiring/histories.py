"""Creates the reader of executions."""

from invoice_export.adapters.histories import Histories
from invoice_export.wiring.clients import make_client, prepare_client

prepare_client("stepfunctions")


def make_histories(state_machine_arn: str) -> Histories:
    """Return the reader of this state machine's executions."""
    return Histories(make_client("stepfunctions"), state_machine_arn)
