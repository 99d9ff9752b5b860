"""Examples of the OpenAPI document. The API answered every one: ``make examples``."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from invoice_export.api.declarations import PROBLEM_JSON
from invoice_export.contracts.requests import body_of
from invoice_export.domain.dataset import Datasets

FILE = Path(__file__).with_name("examples.json")
JSON = "application/json"
BODIES_OF_DATASETS = {"startExport", "estimateExport"}


def recorded() -> dict[str, Any]:
    """Return the examples of ``operations``, ``problems`` and ``webhooks``."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def add(document: dict[str, Any], datasets: Datasets) -> None:
    """Add the examples to the requests, responses and webhooks of the document."""
    known = recorded()
    for path in document["paths"].values():
        for operation in path.values():
            _add_to_operation(operation, known, datasets)
    for name, message in known["webhooks"].items():
        content = document["webhooks"][name]["post"]["requestBody"]["content"]
        content[JSON]["example"] = message


def _add_to_operation(
    operation: dict[str, Any], known: dict[str, Any], datasets: Datasets
) -> None:
    name = operation["operationId"]
    example = known["operations"][name]
    if "body" in example and _fits(name, example["body"], datasets):
        operation["requestBody"]["content"][JSON]["example"] = example["body"]
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if status == str(example["status"]):
            content[JSON]["example"] = example["answer"]
        elif PROBLEM_JSON in content:
            _add_to_problem(content[PROBLEM_JSON], known["problems"])


def _add_to_problem(content: dict[str, Any], problems: dict[str, Any]) -> None:
    codes = content["schema"]["allOf"][1]["properties"]["code"]["enum"]
    met = {code: {"value": problems[code]} for code in codes if code in problems}
    if met:
        content["examples"] = met


def _fits(operation: str, body: dict[str, Any], datasets: Datasets) -> bool:
    """Whether the body is one of this deployment's: it may export something else."""
    if operation not in BODIES_OF_DATASETS:
        return True
    try:
        TypeAdapter(body_of(datasets)).validate_python(body)
    except ValidationError:
        return False
    return True
