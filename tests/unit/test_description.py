"""What the OpenAPI document says besides what Powertools derives from the routes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from invoice_export.api.app import build_app
from invoice_export.api.description import openapi_document
from invoice_export.domain.dataset import Datasets
from tests.driver import DATASETS

EXPORTS = "/api/organizations/{organizationId}/exports"
AUDIT_LOG = replace(DATASETS.by_name["audit-log"], default=True)
ANOTHER = replace(DATASETS, all=(AUDIT_LOG,))


def described(datasets: Datasets) -> dict[str, Any]:
    return openapi_document(build_app(datasets), datasets)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from references(each)


@pytest.mark.parametrize("datasets", [DATASETS, ANOTHER])
def test_every_component_is_used_and_every_reference_leads_to_one(
    datasets: Datasets,
) -> None:
    document = described(datasets)
    components = document["components"]
    assert set(references(document)) == {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in components[kind]
    }
    assert "ValidationError" not in json.dumps(document)


def test_bodies_of_other_datasets_are_no_examples() -> None:
    for datasets, shown in ((DATASETS, True), (ANOTHER, False)):
        paths = described(datasets)["paths"]
        for path in (EXPORTS, f"{EXPORTS}/estimate"):
            body = paths[path]["post"]["requestBody"]["content"]["application/json"]
            assert ("example" in body) is shown


def test_every_success_and_every_message_has_an_example() -> None:
    document = described(DATASETS)
    contents = [
        response["content"]
        for path in document["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        if status in {"200", "202"}
    ] + [
        webhook["post"]["requestBody"]["content"]
        for webhook in document["webhooks"].values()
    ]
    assert len(contents) == 16 + 3
    assert all("example" in content["application/json"] for content in contents)


def test_an_unchanged_answer_has_no_body() -> None:
    unchanged = [
        operation["responses"]["304"]
        for path in described(DATASETS)["paths"].values()
        for operation in path.values()
        if "304" in operation["responses"]
    ]
    assert len(unchanged) == 2
    assert not any("content" in response for response in unchanged)


def test_default_datasets_body_needs_no_dataset_and_is_one_of_a_plain_choice() -> None:
    paths = described(DATASETS)["paths"]
    content = paths[EXPORTS]["post"]["requestBody"]["content"]
    choices = content["application/json"]["schema"]["anyOf"]
    assert [each.get("$ref", each.get("type")) for each in choices] == [
        "#/components/schemas/InvoicesExportRequest",
        "#/components/schemas/AuditLogExportRequest",
        "null",
    ]


def test_server_addresses_name_all_their_variables() -> None:
    for server in described(DATASETS)["servers"]:
        defaults = {
            name: variable["default"] for name, variable in server["variables"].items()
        }
        assert "{" not in server["url"].format(**defaults)
