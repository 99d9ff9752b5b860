"""The gates: how little is acknowledged, and that releases can be reproduced."""

import ast
import hashlib
import re
import sys

import pytest

from gates import synthesise
from layers import build, sizes
from tests.infra.stacks import ROOT, config_of


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


@pytest.mark.parametrize("layer", build.wheel_layers())
def test_layers_stay_within_their_budget(layer):
    built = ROOT / "layers" / layer / "build" / "lambda"
    if not built.is_dir():
        pytest.skip("run: python -m layers.build lambda")
    sizes.check(layer, sizes.measure(built), sizes.LAYER_BUDGETS[layer])


def test_every_layer_has_a_budget_and_lambda_takes_what_all_of_them_allow():
    assert set(sizes.LAYER_BUDGETS) == {*build.wheel_layers(), "invoice_export"}
    assert sizes.FUNCTION_BUDGET.unpacked < 250 * sizes.MEGABYTE


def test_what_is_over_its_budget_stops_the_gates(synthesised, monkeypatch, capsys):
    stack = synthesised("aws")
    synthesise.weigh(stack.folder)
    printed = capsys.readouterr().out
    for name in stack.functions:
        assert re.search(rf"lambdas/{name} .*MB unpacked.*MB zipped", printed)
    monkeypatch.setattr(sizes, "CODE_BUDGET", sizes.Size(100, 100))
    with pytest.raises(sizes.OverBudgetError, match="lambdas/"):
        synthesise.weigh(stack.folder)


def test_layer_over_its_budget_stops_the_build(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["layers.build", "lambda"])
    monkeypatch.setattr(build, "build", lambda *_: False)
    monkeypatch.setattr(sizes, "measure", lambda _: sizes.Size(10**9, 10))
    assert build.main() == 1
    told = capsys.readouterr()
    assert "1000.00 MB unpacked" in told.out
    assert "over its budget" in told.err
