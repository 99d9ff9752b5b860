"""``make prune-versions``: deletes versions of a stage's functions that nobody calls.

Kept are the newest ones of each function, those behind an alias, and those that a
definition of the state machine names: the newest, one behind an alias, or the one of a
running execution.
"""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_stepfunctions import SFNClient

# The tags of all that a stage consists of (infra/invoice_export_stack.py).
PROJECT = "invoice-export"
FUNCTION, MACHINE = "lambda:function", "states:stateMachine"
UNPUBLISHED = "$LATEST"
VERSION_ARN = re.compile(r"arn:[\w-]+:lambda:[\w-]+:\d+:function:[\w-]+:\d+")

Versions = defaultdict[str, set[int]]


class PruneError(Exception):
    """Nothing can be deleted safely; the message is one line."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A deployment's functions and state machine, by ARN."""

    functions: Sequence[str]
    machine: str


def find_stage(tags: Any, name: str) -> Stage:
    """Return what carries the stage's tags. Raises PruneError."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    wanted = {"project": PROJECT, "stage": name}
    for page in tags.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": key, "Values": [value]} for key, value in wanted.items()],
        ResourceTypeFilters=[FUNCTION, MACHINE],
    ):
        for resource in page["ResourceTagMappingList"]:
            arn = resource["ResourceARN"]
            found[arn.split(":")[2]].append(arn)
    # Without the machine nobody knows which versions are called.
    if len(found["states"]) != 1 or not found["lambda"]:
        raise PruneError(
            f"the stage {name} has {len(found['lambda'])} functions and "
            f"{len(found['states'])} state machines in this account and region"
        )
    return Stage(functions=sorted(found["lambda"]), machine=found["states"][0])


def unused_versions(
    functions: "LambdaClient", executions: "SFNClient", stage: Stage, *, keep: int
) -> Iterator[tuple[str, list[int]]]:
    """Yield the functions that have versions to delete, with their numbers."""
    called = _called_by_machine(executions, stage.machine)
    for function in stage.functions:
        name = function.rpartition(":")[2]
        versions = sorted(_versions(functions, name))
        used = called[function] | _behind_aliases(functions, name)
        unused = [number for number in versions[:-keep] if number not in used]
        if unused:
            yield name, unused


def _called_by_machine(executions: "SFNClient", machine: str) -> Versions:
    definitions = [executions.describe_state_machine(stateMachineArn=machine)]
    aliases = executions.list_state_machine_aliases(stateMachineArn=machine)
    for alias in aliases["stateMachineAliases"]:
        described = executions.describe_state_machine_alias(
            stateMachineAliasArn=alias["stateMachineAliasArn"]
        )
        definitions += [
            executions.describe_state_machine(
                stateMachineArn=route["stateMachineVersionArn"]
            )
            for route in described["routingConfiguration"]
        ]
    called: Versions = defaultdict(set)
    for definition in definitions:
        _add_called(called, definition["definition"])
    for page in executions.get_paginator("list_executions").paginate(
        stateMachineArn=machine, statusFilter="RUNNING"
    ):
        for execution in page["executions"]:
            began_with = executions.describe_state_machine_for_execution(
                executionArn=execution["executionArn"]
            )
            _add_called(called, began_with["definition"])
    return called


def _add_called(called: Versions, definition: str) -> None:
    for arn in VERSION_ARN.findall(definition):
        function, _, number = arn.rpartition(":")
        called[function].add(int(number))


def _versions(functions: "LambdaClient", name: str) -> Iterator[int]:
    pages = functions.get_paginator("list_versions_by_function")
    for page in pages.paginate(FunctionName=name):
        for version in page["Versions"]:
            if version["Version"] != UNPUBLISHED:
                yield int(version["Version"])


def _behind_aliases(functions: "LambdaClient", name: str) -> set[int]:
    behind: set[str] = set()
    for page in functions.get_paginator("list_aliases").paginate(FunctionName=name):
        for alias in page["Aliases"]:
            routing = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
            behind |= {alias["FunctionVersion"], *routing}
    return {int(version) for version in behind - {UNPUBLISHED}}


def main(arguments: Sequence[str]) -> int:
    """Print one line for each function; delete only if asked to."""
    options = _parser().parse_args(arguments)
    verb = "deleted" if options.delete else "would delete"
    functions, count = boto3.client("lambda"), 0
    try:
        stage = find_stage(boto3.client("resourcegroupstaggingapi"), options.name)
        # All is read before the first is deleted.
        unused = list(
            unused_versions(
                functions, boto3.client("stepfunctions"), stage, keep=options.keep
            )
        )
        for function, numbers in unused:
            for number in numbers:
                if options.delete:
                    functions.delete_function(
                        FunctionName=function, Qualifier=str(number)
                    )
                print(f"{verb} {function} version {number}")
                count += 1
    except (PruneError, BotoCoreError, ClientError) as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    print(f"{verb} {count} versions of {len(stage.functions)} functions")
    if count and not options.delete:
        print("Nothing is deleted yet: add DELETE=1")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make prune-versions")
    parser.add_argument("--name", default="aws")
    parser.add_argument("--keep", type=_at_least_one, default=2)
    parser.add_argument("--delete", action="store_true")
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("keep at least the newest")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
