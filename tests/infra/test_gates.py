"""The gates: how little is acknowledged, and that releases can be reproduced."""

import ast
import hashlib

import pytest

from layers import build
from tests.infra.stacks import ROOT, config_of

# Unpacked, Lambda takes 250 MB of layers and code together.
PACKAGE_BUDGET_MB = 4
WHEELS_BUDGET_MB = 110


def acknowledgements():
    for file in sorted(ROOT.glob("infra/*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == (
                "acknowledge"
            ):
                yield file.name, node


def test_at_most_five_findings_are_acknowledged_each_with_a_reason():
    found = list(acknowledgements())
    assert len(found) <= 5
    for _, call in found:
        (reason,) = (k.value for k in call.keywords if k.arg == "reason")
        assert len(ast.literal_eval(reason)) > 60


def test_nothing_of_api_files_or_state_machine_hardening_is_acknowledged():
    rules = [
        ast.literal_eval(rule)
        for _, call in acknowledgements()
        for rule in call.args[1:]
    ]
    forbidden = ("APIG", "-S1", "-S2", "-S10", "S3Bucket", "-SF", "StepFunction")
    assert not [r for r in rules if any(word in r for word in forbidden)]


def test_no_check_is_switched_off_in_the_code():
    marks = ("# nosec", "#checkov:skip", "# checkov:skip", "cfn-lint:")
    for folder in ("infra", "lambdas", "layers/invoice_export", "local", ".github"):
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


def megabytes(folder):
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6


def test_package_stays_within_its_budget(record_property):
    size = megabytes(ROOT / "layers" / "invoice_export" / "python")
    record_property("package_mb", round(size, 1))
    assert size < PACKAGE_BUDGET_MB


@pytest.mark.parametrize("layer", build.wheel_layers())
def test_layers_stay_within_their_budget(layer, record_property):
    built = ROOT / "layers" / layer / "build" / "lambda" / "python"
    if not built.is_dir():
        pytest.skip("run: python -m layers.build lambda")
    size = megabytes(built)
    record_property(f"{layer}_mb", round(size, 1))
    assert size < WHEELS_BUDGET_MB
