"""The OpenAPI document: what Powertools derives from the routes, completed.

Powertools describes its own validation errors, which no client ever sees, and it knows
neither webhooks nor examples.
"""

import json
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import (
    Contact,
    HTTPBearer,
    Server,
    ServerVariable,
    Tag,
)
from msgspec.json import schema_components

from invoice_export.api import examples
from invoice_export.api.declarations import PROBLEM_JSON
from invoice_export.api.resolver import Resolver
from invoice_export.api.subscribers import describe_webhooks
from invoice_export.contracts.answer import ANSWER, Answer
from invoice_export.contracts.run_ends import RunEndMessage
from invoice_export.domain.dataset import Datasets

TITLE = "Invoice export"
VERSION = "1.0.0"
DESCRIPTION = (
    "Durable exports: start one, watch it, download its file. Every error is a problem"
    " (RFC 9457) with a stable `code`; each operation lists the codes that it answers."
    " A client may meet new ones, and should then go by the status."
)
TAGS: list[Tag | str] = [
    Tag(name="Exports", description="Start exports, watch them, act on them."),
    Tag(name="Datasets", description="What can be exported."),
    Tag(name="Audit", description="Who did what, and when."),
    Tag(name="Mail", description="Members whose address gets no e-mail."),
    Tag(name="Webhooks", description="The URL that hears of finished exports."),
    Tag(name="People", description="The caller and their organisations."),
]
STAGE = ServerVariable(default="v1", description="The stage of the API")
SERVERS = [
    Server(
        url="https://{apiId}.execute-api.{region}.amazonaws.com/{stage}",
        description="An AWS account; the deployment prints the address",
        variables={
            "apiId": ServerVariable(default="abcdefghij"),
            "region": ServerVariable(default="us-east-1"),
            "stage": STAGE,
        },
    ),
    Server(
        url="http://127.0.0.1:{port}/_aws/execute-api/{apiId}/{stage}",
        description="The laptop stack; `make up` prints the address",
        variables={
            "port": ServerVariable(default="4566"),
            "apiId": ServerVariable(default="abcdefgh"),
            "stage": STAGE,
        },
    ),
]
REF = "#/components/{}/"
HTTP_METHODS = {"get", "put", "post", "delete"}


def _configure(app: Resolver) -> None:
    """Tell Powertools what the document says of the API as a whole."""
    app.configure_openapi(
        title=TITLE,
        version=VERSION,
        contact=Contact(name="The team that runs this deployment"),
        description=DESCRIPTION,
        tags=TAGS,
        servers=SERVERS,
        security_schemes={
            "bearer": HTTPBearer(
                bearerFormat="JWT",
                description="An access token of the deployment's OIDC issuer",
            )
        },
        security=[{"bearer": []}],
    )


def openapi_document(app: Resolver, datasets: Datasets) -> dict[str, Any]:
    """Return the OpenAPI document of an API that exports these datasets."""
    _configure(app)
    document: dict[str, Any] = json.loads(app.get_openapi_json_schema())
    document["webhooks"] = describe_webhooks()
    components = document["components"]
    components["schemas"] = _schemas_of_answers() | components["schemas"]
    for operation in operations(document):
        _drop_validation_errors(operation)
        _drop_empty_contents(operation)
        _refer_to_answers(operation)
        _flatten_choice(operation)
        for parameter in operation.get("parameters", []):
            _drop_null(parameter["schema"])
    examples.add(document, datasets)
    components["responses"] = _share_problems(document)
    components["schemas"] = _used(document)
    return document


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return every operation of the paths."""
    for path in document["paths"].values():
        yield from (path[method] for method in path.keys() & HTTP_METHODS)


def _schemas_of_answers() -> dict[str, Any]:
    _, schemas = schema_components(
        {RunEndMessage, *Answer.__subclasses__()},
        ref_template=f"{REF.format('schemas')}{{name}}",
    )
    for schema in schemas.values():
        if "enum" in schema:
            schema["type"] = "string"
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])
    return schemas


def _drop_validation_errors(operation: dict[str, Any]) -> None:
    """Remove the 422 that Powertools gives every operation."""
    refused = operation["responses"].get("422", {})
    if PROBLEM_JSON not in refused.get("content", {PROBLEM_JSON: None}):
        del operation["responses"]["422"]


def _drop_empty_contents(operation: dict[str, Any]) -> None:
    """Describe no body where there is none."""
    for response in operation["responses"].values():
        if response.get("content") == {}:
            del response["content"]


def _refer_to_answers(operation: dict[str, Any]) -> None:
    """Put a reference to its schema where an answer has left its name."""
    for response in operation["responses"].values():
        for media in response.get("content", {}).values():
            if answer := media["schema"].get(ANSWER):
                media["schema"] = {"$ref": f"{REF.format('schemas')}{answer}"}


def _drop_null(schema: dict[str, Any]) -> None:
    """Remove null from a parameter: headers and queries leave it out instead."""
    options = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
    if len(options) == 1:
        schema |= options[0]
    elif options:
        schema["anyOf"] = options


def _flatten_choice(operation: dict[str, Any]) -> None:
    """Make one ``anyOf`` of the datasets' bodies and null.

    pydantic nests a ``oneOf``. It would be wrong for the default dataset's body, which
    needs no ``dataset``: tools cannot tell it from the others.
    """
    for media in operation.get("requestBody", {}).get("content", {}).values():
        first, *rest = media["schema"].get("anyOf", [{}])
        if "oneOf" in first:
            media["schema"]["anyOf"] = [*first["oneOf"], *rest]


def _share_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Replace the problem responses by references to one of each; return these.

    Their schemas have names too: generators make a class of each schema without one.
    """
    shared: dict[str, Any] = {}
    schemas = document["components"]["schemas"]
    for operation in operations(document):
        for status, response in operation["responses"].items():
            content = response.get("content", {})
            if PROBLEM_JSON in content:
                name = _name_of(content[PROBLEM_JSON]["schema"])
                if name not in shared:
                    shared[name] = response
                    schemas[f"{name}Problem"] = content[PROBLEM_JSON]["schema"]
                    ref = REF.format("schemas") + f"{name}Problem"
                    content[PROBLEM_JSON]["schema"] = {"$ref": ref}
                operation["responses"][status] = {
                    "$ref": REF.format("responses") + name
                }
    return shared


def _name_of(schema: dict[str, Any]) -> str:
    """Return a name made of the problem's codes: ``NotFoundOrRunNotFound``."""
    codes = schema["allOf"][1]["properties"]["code"]["enum"]
    return "Or".join(code.title().replace("_", "") for code in codes)


def _used(document: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas that an operation, a webhook or a used schema refers to."""
    schemas = document["components"]["schemas"]
    rest = {**document, "components": {**document["components"], "schemas": {}}}
    found: set[str] = set()
    new = set(_references(rest))
    while new:
        found |= new
        new = {name for each in new for name in _references(schemas[each])} - found
    return {name: schemas[name] for name in sorted(found)}


def _references(node: Any) -> Iterator[str]:
    prefix = REF.format("schemas")
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(prefix):
            yield reference.removeprefix(prefix)
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _references(each)
