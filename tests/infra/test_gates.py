"""The gates: documented findings only, and reproducible releases."""

import ast
import hashlib
import json
import re
import sys
from collections import Counter
from types import SimpleNamespace

import pytest
from aws_cdk import CfnResource, Stack

from gates import synthesise
from layers import build, sizes
from tests.infra.stacks import ROOT, config_of

# Two tools name one finding: a function outside the network.
TWINS = {"CKV_AWS_117": "NIST.800.53.R5-LambdaInsideVPC"}
OUTSIDE_THE_NETWORK = "NIST.800.53.R5-LambdaInsideVPC"
# Each acknowledged finding, with its number of resources. Explain every new one in
# docs/security.md.
COPIES = (
    "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::copies-of-another-account/*]"
)
ACKNOWLEDGED = {
    ("AwsSolutions-COG4", "Method"): 5,
    ("AwsSolutions-IAM5[Resource::*]", "ManagedPolicy"): 1,
    (COPIES, "ManagedPolicy"): 1,
    (OUTSIDE_THE_NETWORK, "Function"): 3,
    ("Serverless-SQSRedrivePolicy", "Queue"): 1,
    ("Serverless-LambdaEventSourceMappingDestination", "EventSourceMapping"): 2,
}


@pytest.fixture(scope="module")
def acknowledged(stub_layers, tmp_path_factory):
    """Return the rule and resource of each acknowledged finding."""
    with pytest.MonkeyPatch.context() as patch:
        # Without the acknowledgements, the tools report exactly these findings.
        ignored = SimpleNamespace(acknowledge=lambda _: None)
        patch.setattr(
            "infra.acknowledge.Validations", SimpleNamespace(of=lambda _: ignored)
        )
        folder = tmp_path_factory.mktemp("unacknowledged")
        app = synthesise.complete(folder)
    resources = {
        made.node.path: (made.cfn_resource_type.rpartition(":")[2], id_of(made))
        for made in app.node.find_all()
        if isinstance(made, CfnResource)
    }
    found = {
        (violation.rule_name, *resources[resource.construct_path])
        for violation in synthesise.violations(app)
        for resource in violation.violating_resources
    }
    template = json.loads((folder / f"{synthesise.STACK}.template.json").read_text())
    for id_, resource in template["Resources"].items():
        type_ = resource["Type"].rpartition(":")[2]
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            found.add((TWINS.get(skip["id"], skip["id"]), type_, id_))
    return found


def id_of(resource):
    return Stack.of(resource).resolve(resource.logical_id)


def test_acknowledged_findings_are_those_in_the_document(acknowledged):
    counted = Counter((rule, type_) for rule, type_, _ in acknowledged)
    assert counted == ACKNOWLEDGED
    table = (ROOT / "docs" / "security.md").read_text().partition("## What is ack")[2]
    for (rule, _), count in ACKNOWLEDGED.items():
        (row,) = (line for line in table.splitlines() if f"`{rule}`" in line)
        assert f"| {count} |" in row


def test_every_acknowledgement_gives_a_reason_next_to_its_construct():
    reasons = [
        ast.literal_eval(keyword.value)
        for file in sorted((ROOT / "infra").rglob("*.py"))
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "acknowledge"
        for keyword in call.keywords
        if keyword.arg == "reason"
    ]
    assert len(reasons) == len(ACKNOWLEDGED) == 6
    assert all(len(reason) > 60 for reason in reasons)


def test_no_acknowledgement_weakens_api_files_or_state_machine(acknowledged):
    forbidden = ("APIG", "-S1", "-S2", "-S10", "S3Bucket", "-SF", "StepFunction")
    rules = {rule for rule, _, _ in acknowledged}
    assert not [r for r in rules if any(word in r for word in forbidden)]


def test_code_switches_no_check_off():
    marks = ("# nosec", "#checkov:skip", "# checkov:skip", "cfn-lint:")
    scanned = ("infra", "lambdas", "layers/invoice_export", "local", "tools", ".github")
    for folder in scanned:
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in {".py", ".yml"}:
                text = file.read_text()
                assert not [mark for mark in marks if mark in text], file


def tree_hash(folder):
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()


@pytest.mark.parametrize("stage", ["aws", "localstack"])
def test_same_input_gives_the_same_assets(synthesise, synthesised, stage):
    first, second = synthesised(stage), synthesise(stage)
    assert first.template == second.template
    for name, function in first.functions.items():
        asset = first.asset(function)
        assert asset.name == second.asset(second.functions[name]).name
        assert tree_hash(asset) == tree_hash(second.asset(second.functions[name]))


def test_wheels_of_one_lock_are_the_same_bytes(tmp_path, monkeypatch):
    lock = ROOT / "layers" / "tokens" / "requirements.lock"
    hashes = []
    for attempt in ("first", "second"):
        layer = tmp_path / attempt / "tokens"
        layer.mkdir(parents=True)
        (layer / "requirements.lock").write_bytes(lock.read_bytes())
        monkeypatch.setattr(build, "LAYERS", layer.parent)
        build.build("tokens", build.TARGETS["lambda"])
        hashes.append(tree_hash(layer / "build" / "lambda" / "python"))
    assert hashes[0] == hashes[1]


def test_account_runs_arm64_and_a_current_python():
    config = config_of("aws")
    assert (config.architecture, config.runtime) == ("arm64", "python3.14")


@pytest.mark.parametrize("layer", build.wheel_layers())
def test_layers_stay_within_their_budget(layer):
    built = ROOT / "layers" / layer / "build" / "lambda"
    if not built.is_dir():
        pytest.skip("run: python -m layers.build lambda")
    sizes.check(layer, sizes.measure(built), sizes.LAYER_BUDGETS[layer])


def test_every_layer_has_a_budget_and_all_together_fit_lambda():
    assert set(sizes.LAYER_BUDGETS) == {*build.wheel_layers(), "invoice_export"}
    assert sizes.FUNCTION_BUDGET.unpacked < 250 * sizes.MEGABYTE


def test_a_function_over_its_budget_fails_the_gates(synthesised, monkeypatch, capsys):
    stack = synthesised("aws")
    synthesise.weigh(stack.folder)
    printed = capsys.readouterr().out
    for name in stack.functions:
        assert re.search(rf"lambdas/{name} .*MB unpacked.*MB zipped", printed)
    monkeypatch.setattr(sizes, "CODE_BUDGET", sizes.Size(100, 100))
    with pytest.raises(sizes.OverBudgetError, match="the code of"):
        synthesise.weigh(stack.folder)


def test_a_layer_over_its_budget_fails_the_build(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["layers.build", "lambda"])
    monkeypatch.setattr(build, "build", lambda *_: False)
    monkeypatch.setattr(sizes, "measure", lambda _: sizes.Size(10**9, 10))
    assert build.main() == 1
    told = capsys.readouterr()
    assert "1000.00 MB unpacked" in told.out
    assert "exceeds its budget" in told.err
