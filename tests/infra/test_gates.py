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

OUTSIDE_THE_NETWORK = "NIST.800.53.R5-LambdaInsideVPC"
ONE_ZONE = "NIST.800.53.R5-RDSMultiAZSupport"
NO_CACHE = "NIST.800.53.R5-APIGWCacheEnabledAndEncrypted"
NO_FIREWALL = "NIST.800.53.R5-APIGWAssociatedWithWAF"
# Several rules name one finding.
TWINS = {
    "CKV_AWS_117": OUTSIDE_THE_NETWORK,
    "CKV_AWS_120": NO_CACHE,
    "CKV_AWS_157": ONE_ZONE,
    "AwsSolutions-APIG3": NO_FIREWALL,
    "AwsSolutions-RDS3": ONE_ZONE,
}
# Each acknowledged finding, with the most resources in one stage. Explain every new one
# in docs/security.md.
COPIES = (
    "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::copies-of-another-account/*]"
)
ACKNOWLEDGED = {
    ("AwsSolutions-COG4", "Method"): 5,
    ("AwsSolutions-IAM5[Resource::*]", "ManagedPolicy"): 1,
    (COPIES, "ManagedPolicy"): 1,
    (OUTSIDE_THE_NETWORK, "Function"): 3,
    ("NIST.800.53.R5-CloudTrailCloudWatchLogsEnabled", "Trail"): 1,
    ("CKV_AWS_252", "Trail"): 1,
    ("Serverless-SQSRedrivePolicy", "Queue"): 1,
    ("Serverless-LambdaEventSourceMappingDestination", "EventSourceMapping"): 2,
    (ONE_ZONE, "DBInstance"): 1,
    (NO_CACHE, "Stage"): 1,
    (NO_FIREWALL, "Stage"): 1,
}


@pytest.fixture(scope="module")
def acknowledged(stub_layers, tmp_path_factory):
    """Return stage, rule and resource of each acknowledged finding."""
    with pytest.MonkeyPatch.context() as patch:
        # Without the acknowledgements, the tools report exactly these findings.
        ignored = SimpleNamespace(acknowledge=lambda _: None)
        patch.setattr(
            "infra.acknowledge.Validations", SimpleNamespace(of=lambda _: ignored)
        )
        folder = tmp_path_factory.mktemp("unacknowledged")
        app = synthesise.synthesise(folder, *synthesise.STAGES)
    resources = {
        made.node.path: (
            made.cfn_resource_type.rpartition(":")[2],
            Stack.of(made).resolve(made.logical_id),
        )
        for made in app.node.find_all()
        if isinstance(made, CfnResource)
    }
    found = {
        (
            resource.construct_path.partition("/")[0],
            TWINS.get(violation.rule_name, violation.rule_name),
            *resources[resource.construct_path],
        )
        for violation in synthesise.violations(app)
        for resource in violation.violating_resources
    }
    for file in folder.glob("*.template.json"):
        stack = file.name.partition(".")[0]
        for id_, resource in json.loads(file.read_text())["Resources"].items():
            type_ = resource["Type"].rpartition(":")[2]
            for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
                found.add((stack, TWINS.get(skip["id"], skip["id"]), type_, id_))
    return found


def test_acknowledged_findings_are_those_in_the_document(acknowledged):
    by_stage = Counter((stack, rule, type_) for stack, rule, type_, _ in acknowledged)
    most = Counter()
    for (_, *finding), count in by_stage.items():
        most |= Counter({tuple(finding): count})
    assert most == ACKNOWLEDGED
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
    assert len(reasons) == len(ACKNOWLEDGED) == 11
    assert all(len(reason) > 60 for reason in reasons)


def test_no_acknowledgement_weakens_api_files_or_state_machine(acknowledged):
    forbidden = ("APIG", "-S1", "-S2", "-S10", "S3Bucket", "-SF", "StepFunction")
    rules = {rule for _, rule, _, _ in acknowledged} - {NO_CACHE, NO_FIREWALL}
    assert not [r for r in rules if any(word in r for word in forbidden)]


def test_a_standard_stage_is_doubled_cached_and_behind_a_firewall(acknowledged):
    weaker = {
        (stack, rule)
        for stack, rule, _, _ in acknowledged
        if rule in {ONE_ZONE, NO_CACHE, NO_FIREWALL}
    }
    assert weaker == {
        ("InvoiceExport-small", ONE_ZONE),
        ("InvoiceExport-small", NO_CACHE),
        ("InvoiceExport-given", NO_FIREWALL),
    }


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
    template = stack.folder / f"{stack.config.stack_name}.template.json"
    synthesise.weigh(template)
    printed = capsys.readouterr().out
    for name in stack.functions:
        assert re.search(rf"lambdas/{name} .*MB unpacked.*MB zipped", printed)
    monkeypatch.setattr(sizes, "CODE_BUDGET", sizes.Size(100, 100))
    with pytest.raises(sizes.OverBudgetError, match="the code of"):
        synthesise.weigh(template)


def test_a_layer_over_its_budget_fails_the_build(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["layers.build", "lambda"])
    monkeypatch.setattr(build, "build", lambda *_: False)
    monkeypatch.setattr(sizes, "measure", lambda _: sizes.Size(10**9, 10))
    assert build.main() == 1
    told = capsys.readouterr()
    assert "1000.00 MB unpacked" in told.out
    assert "exceeds its budget" in told.err
