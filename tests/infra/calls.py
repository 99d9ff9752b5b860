"""Finds in the source which AWS calls each function can make.

A handler gets its adapters from ``wiring``. The reader follows the names in a handler
through the package's functions to the adapters' methods, and from there to the calls of
their clients. It compares names only, so it may find too many calls but never too few.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator

from tests.infra.stacks import ROOT

PACKAGE = ROOT / "layers/invoice_export/python/invoice_export"
# An adapter stores its client, and passes it on, under one of these names.
CLIENTS = {"s3": "s3", "sfn": "states", "ses": "ses", "sqs": "sqs", "events": "events"}
# Calls whose IAM action has another name.
ACTIONS = {
    "s3:list_objects_v2": {"s3:ListBucket"},
    "s3:delete_objects": {"s3:DeleteObject"},
    "s3:head_object": {"s3:GetObject"},
    "s3:generate_presigned_url": {"s3:GetObject"},
    "s3:create_multipart_upload": {"s3:PutObject"},
    "s3:upload_part": {"s3:PutObject"},
    "s3:upload_part_copy": {"s3:GetObject", "s3:PutObject"},
    "s3:complete_multipart_upload": {"s3:PutObject"},
    "s3:list_multipart_uploads": {"s3:ListBucketMultipartUploads"},
    "s3:get_paginator": set(),
}


def mentioned(node: ast.AST) -> set[str]:
    """Return every name and attribute in a piece of code."""
    found = ast.walk(node)
    return {
        each.id if isinstance(each, ast.Name) else each.attr
        for each in found
        if isinstance(each, ast.Name | ast.Attribute)
    }


def client_calls(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        owner = ast.unparse(call.func.value).removeprefix("self._")
        if owner in CLIENTS:
            yield f"{CLIENTS[owner]}:{call.func.attr}"
            if call.func.attr == "get_paginator":
                yield f"{CLIENTS[owner]}:{ast.literal_eval(call.args[0])}"


def actions_of(call: str) -> set[str]:
    service, _, method = call.partition(":")
    own = f"{service}:{''.join(word.title() for word in method.split('_'))}"
    return ACTIONS.get(call, {own})


class Code:
    """The package's functions by name, and its adapters' methods by class and name."""

    def __init__(self) -> None:
        self.functions: dict[str, list[ast.AST]] = defaultdict(list)
        self.methods: dict[str, dict[str, list[ast.AST]]] = {}
        self.api: set[str] = set()
        # Only adapters hold clients; elsewhere `events` is a store module.
        self.adapters: set[ast.AST] = set()
        for folder in ("steps", "adapters", "api"):
            for file in sorted((PACKAGE / folder).glob("*.py")):
                module = ast.parse(file.read_text())
                if folder == "adapters":
                    self.adapters |= set(ast.walk(module))
                self._read(module, folder)

    def _read(self, module: ast.Module, folder: str) -> None:
        for node in module.body:
            if isinstance(node, ast.FunctionDef):
                self.functions[node.name].append(node)
                if folder == "api":
                    self.api.add(node.name)
            elif isinstance(node, ast.ClassDef):
                methods = self.methods.setdefault(node.name, {})
                for method in node.body:
                    if isinstance(method, ast.FunctionDef):
                        methods.setdefault(method.name, []).append(method)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.functions[node.targets[0].id].append(node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                self.functions[node.target.id] += [node.value] if node.value else []

    def actions(self, function: str) -> set[str]:
        """Return the actions that a function of ``lambdas/`` may need."""
        handler = ast.parse((ROOT / "lambdas" / function / "handler.py").read_text())
        waiting = mentioned(handler)
        held = {made for name in waiting for made in WIRED.get(name, ())}
        if function == "http_api":
            # Decorators register its routes, so no code names them.
            waiting |= self.api
            held.add("Service")
        found: set[str] = set()
        seen: set[tuple[str, str]] = set()
        # Keep each name with its class, because it may be a private method.
        frontier = {(name, "") for name in waiting}
        while frontier - seen:
            name, at = (frontier - seen).pop()
            seen.add((name, at))
            bodies = [("", body) for body in self.functions.get(name, [])]
            for class_ in {at} & held if name.startswith("_") else held:
                found_here = self.methods.get(class_, {}).get(name, [])
                bodies += [(class_, body) for body in found_here]
            for owner, body in bodies:
                frontier |= {(each, owner) for each in mentioned(body)}
                if body in self.adapters:
                    for call in client_calls(body):
                        found |= actions_of(call)
        return found


def _wired() -> dict[str, set[str]]:
    """Return the adapter classes that each function of ``wiring`` creates."""
    return {
        node.name: mentioned(node.returns)
        for file in sorted((PACKAGE / "wiring").glob("*.py"))
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.returns is not None
    }


WIRED = _wired()
