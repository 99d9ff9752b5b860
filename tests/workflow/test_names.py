"""State, Lambda, step and placeholder share one name."""

import msgspec
import pytest

from infra.lambdas import LAMBDAS as ROWS
from invoice_export.contracts.workflow.finish_run import FinishRunInput
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.contracts.workflow.send_email import SendEmailInput
from invoice_export.contracts.workflow.write_page import WritePageInput
from tests.workflow.machine import ROOT, TASKS, placeholder, snake

# Called by something other than the state machine.
WITHOUT_A_STATE = {row.name for row in ROWS if not row.states}
# States that reuse another state's function under their own name.
OTHER_USES = {
    "Record Failure": "FinishRunFunctionArn",
    "Send Failure Email": "SendEmailFunctionArn",
}
NAMED = [name for name in TASKS if name not in OTHER_USES]
LAMBDAS = {handler.parent.name for handler in ROOT.glob("lambdas/*/handler.py")}
STEPS = ROOT / "layers/invoice_export/python/invoice_export/steps"


@pytest.mark.parametrize("name", NAMED)
def test_state_lambda_step_and_placeholder_bear_one_name(name):
    assert placeholder(TASKS[name]) == f"{name.replace(' ', '')}FunctionArn"
    assert (ROOT / "lambdas" / snake(name) / "handler.py").is_file()
    assert (STEPS / f"{snake(name)}.py").is_file()


@pytest.mark.parametrize(("name", "used"), OTHER_USES.items())
def test_second_use_of_a_function_is_a_known_one(name, used):
    assert placeholder(TASKS[name]) == used
    assert used in {placeholder(TASKS[first]) for first in NAMED}


def test_every_lambda_has_a_state_or_a_known_caller():
    assert {snake(name) for name in NAMED} == LAMBDAS - WITHOUT_A_STATE
    assert LAMBDAS >= WITHOUT_A_STATE


@pytest.mark.parametrize("name", sorted(LAMBDAS))
def test_lambda_is_one_file_with_one_handler(name):
    files = sorted((ROOT / "lambdas" / name).rglob("*.py"))
    assert [p.name for p in files] == ["handler.py"]
    assert "\ndef handler(" in files[0].read_text()


@pytest.mark.parametrize(
    ("name", "contract"),
    [
        ("Plan Pages", RunRef),
        ("Write Page", WritePageInput),
        ("Compose File", RunRef),
        ("Send Email", SendEmailInput),
        ("Send Failure Email", SendEmailInput),
        ("Finish Run", FinishRunInput),
        ("Record Failure", FinishRunInput),
    ],
)
def test_payload_is_what_the_contract_takes(name, contract):
    fields = msgspec.structs.fields(contract)
    payload = TASKS[name]["Parameters"]["Payload"]
    sent = {key.removesuffix(".$") for key in payload}
    assert sent <= {field.encode_name for field in fields}
    assert sent >= {field.encode_name for field in fields if field.required}
