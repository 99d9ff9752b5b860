"""Functions: code, layers, timeouts and roles."""

import pytest
from aws_cdk import App, Stack

from infra import assets
from infra.assets import function_code
from infra.config import ConfigError
from infra.triggers import Schedule
from tests.infra.stacks import ROOT, ROWS, config_of, triggers

# Saved before the session's stub replaces it.
LAYER_FOLDER = assets.layer_folder


def layer_names(stack, function):
    return {
        stack.template["Resources"][layer["Ref"]]["Properties"]["Description"]
        .split()[0]
        .removeprefix("layers/")
        for layer in function["Properties"].get("Layers", [])
    }


@pytest.mark.parametrize("stage", ["aws", "local"])
def test_functions_have_the_layers_that_they_import(synthesised, stage):
    stack = synthesised(stage)
    for name, function in stack.functions.items():
        expected = {"invoice_export", "vendor", *ROWS[name].layers}
        assert layer_names(stack, function) == expected


def test_functions_carry_their_layers_where_the_engine_applies_none(synthesised):
    stack = synthesised("localstack")
    for name, function in stack.functions.items():
        assert layer_names(stack, function) == set()
        code = stack.asset(function)
        for layer in ("vendor", *ROWS[name].layers):
            assert (code / f"{layer}_wheel" / "__init__.py").is_file()
        assert (code / "invoice_export" / "settings.py").is_file()


def test_every_lambda_folder_is_deployed(stack):
    folders = {handler.parent.name for handler in ROOT.glob("lambdas/*/handler.py")}
    assert set(stack.functions) == folders


def test_code_has_the_handler_and_no_tests_or_byte_code(stack):
    layers = stack.resources("AWS::Lambda::LayerVersion")
    for resource in [*stack.functions.values(), *layers]:
        found = {path.name for path in stack.asset(resource).rglob("*")}
        assert not found & {"tests", "__pycache__", "requirements.lock", "build"}
    for function in stack.functions.values():
        assert function["Properties"]["Handler"] == "handler.handler"
        assert (stack.asset(function) / "handler.py").is_file()


def test_staged_code_leaves_tests_and_caches_behind(tmp_path, monkeypatch):
    source = tmp_path / "lambdas" / "send_email"
    for folder in ("tests", "__pycache__", "texts"):
        (source / folder).mkdir(parents=True)
        (source / folder / "file.py").touch()
    (source / "handler.py").touch()
    monkeypatch.setattr("infra.assets.ROOT", tmp_path)
    outdir = tmp_path / "out"
    stack = Stack(App(outdir=str(outdir)), "Stack")
    function_code(stack, "send_email", config=config_of("local"), layers=[])
    staged = outdir / "sources" / "local" / "send_email"
    assert {path.name for path in staged.iterdir()} == {"handler.py", "texts"}


def test_missing_layer_says_how_to_build_it(tmp_path, monkeypatch):
    monkeypatch.setattr("infra.assets.ROOT", tmp_path)
    with pytest.raises(ConfigError, match=r"layers\.build lambda"):
        LAYER_FOLDER("vendor", config_of("aws"))


def test_every_function_has_a_role_of_its_own(stack):
    roles = [f["Properties"]["Role"]["Fn::GetAtt"][0] for f in stack.functions.values()]
    assert len(set(roles)) == len(stack.functions)


def test_http_api_answers_before_the_gateway_gives_up(stack):
    assert stack.functions["http_api"]["Properties"]["Timeout"] < 29
    assert stack.functions["authorize"]["Properties"]["Timeout"] <= 10


@pytest.mark.parametrize(("name", "schedule"), triggers(Schedule))
def test_scheduled_runs_do_not_overlap(name, schedule):
    assert ROWS[name].timeout_seconds < schedule.minutes * 60


def test_lines_of_the_runtime_in_an_account_are_structured_and_rare(synthesised):
    for function in synthesised("aws").functions.values():
        logging = function["Properties"]["LoggingConfig"]
        assert logging["LogFormat"] == "JSON"
        assert logging["SystemLogLevel"] == "WARN"


def test_logs_expire(stack):
    groups = stack.properties("AWS::Logs::LogGroup")
    assert len(groups) >= len(stack.functions) + 1
    assert all(group["RetentionInDays"] > 0 for group in groups)
    for function in stack.functions.values():
        assert "LogGroup" in function["Properties"]["LoggingConfig"]
