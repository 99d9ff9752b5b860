"""The engine's own time: the export's states with Lambdas that do nothing."""

import io
import json
import time
import uuid
import zipfile
from typing import Any

from invoice_export.domain.pages import page_concurrency
from local.aws import aws_client
from local.config import ROOT, Laptop

DEFINITION = ROOT / "statemachine" / "export_invoices.asl.json"
PLACEHOLDERS = ("PlanPages", "WritePage", "ComposeFile", "SendEmail", "FinishRun")
ROLE = "arn:aws:iam::000000000000:role/empty"
# One answer serves all states. The last one creates a file, where Finish Run would
# write a row.
EMPTY = """
import json, os, pathlib
ANSWER = json.loads(os.environ["ANSWER"])
def handler(event, context):
    if "stateMachineArn" in event:
        pathlib.Path(os.environ["MARKS"], event["runId"]).touch()
    return {"page": event.get("page"), "status": "completed", **ANSWER}
"""


class Floor:
    """The export's state machine with empty functions."""

    def __init__(self, place: Laptop, *, pages: int) -> None:
        self._sfn = aws_client(place, "stepfunctions")
        self._functions = aws_client(place, "lambda")
        self._marks = place.folder / "marks"
        self._marks.mkdir(exist_ok=True)
        # One function per state, as in the export, so that each has warm processes.
        self._variables = {"MARKS": str(self._marks)}
        arns = {name: self._function(name, pages) for name in PLACEHOLDERS}
        text = DEFINITION.read_text()
        for name, arn in arns.items():
            text = text.replace(f"${{{name}FunctionArn}}", arn)
        self._machine: str = self._sfn.create_state_machine(
            name=f"empty-{uuid.uuid4().hex[:8]}", definition=text, roleArn=ROLE
        )["stateMachineArn"]

    def seconds(self) -> float:
        """Return the seconds from StartExecution to the end of the last Lambda."""
        run_id = uuid.uuid4().hex
        mark = self._marks / run_id
        start = time.perf_counter()
        self._sfn.start_execution(
            stateMachineArn=self._machine,
            input=json.dumps({"organizationId": "o", "runId": run_id, "generation": 1}),
        )
        while not mark.exists():
            time.sleep(0.005)
        return time.perf_counter() - start

    def _function(self, name: str, pages: int) -> str:
        known: dict[str, Any] = next(
            function
            for page in self._functions.get_paginator("list_functions").paginate()
            for function in page["Functions"]
            if f"{name}Function" in function["FunctionName"]
        )
        vcpus = known["Environment"]["Variables"].get("DATABASE_VCPUS", "2")
        concurrency = page_concurrency(pages, database_vcpus=float(vcpus))
        plan = {"pages": list(range(1, pages + 1)), "concurrency": concurrency}
        return str(
            self._functions.create_function(
                FunctionName=f"empty-{name}-{uuid.uuid4().hex[:8]}",
                Runtime=known["Runtime"],
                Role=ROLE,
                Handler="empty.handler",
                Code={"ZipFile": _zipped()},
                MemorySize=known["MemorySize"],
                Environment={
                    "Variables": {**self._variables, "ANSWER": json.dumps(plan)}
                },
            )["FunctionArn"]
        )


def _zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("empty.py", EMPTY)
    return packed.getvalue()
