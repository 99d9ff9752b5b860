"""Each function gets the environment that its settings model requires."""

import importlib.util
import json
from functools import cache

import pytest

from invoice_export.settings import Settings
from tests.infra.stacks import ROOT, ROWS

POWERTOOLS = {
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_LOG_LEVEL",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_METRICS_DISABLED",
}


@cache
def parts_of(name):
    """Return the settings that the function's handler names, and reads."""
    file = ROOT / "lambdas" / name / "handler.py"
    spec = importlib.util.spec_from_file_location(f"{name}_handler", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Settings)
    ]


def variables_read(name):
    return {key.upper() for part in parts_of(name) for key in part.__struct_fields__}


def variables_of(stack, name):
    function = stack.functions[name]["Properties"]
    return function["Environment"]["Variables"].values()


def environment_of(stack, name):
    variables = stack.functions[name]["Properties"]["Environment"]["Variables"]
    return {
        key: value if isinstance(value, str) else "known-after-deploy"
        for key, value in variables.items()
    }


@pytest.mark.parametrize("name", ROWS)
def test_environment_satisfies_the_settings_model(stack, name, monkeypatch):
    for variable in variables_read(name):
        monkeypatch.delenv(variable, raising=False)
    for key, value in environment_of(stack, name).items():
        monkeypatch.setenv(key, value)
    for part in parts_of(name):
        part.read()


@pytest.mark.parametrize("name", ROWS)
def test_environment_holds_only_what_the_function_reads(stack, name):
    assert set(environment_of(stack, name)) - POWERTOOLS <= variables_read(name)


@pytest.mark.parametrize("name", ROWS)
def test_stage_sets_every_tunable_and_relies_on_no_default(stack, name):
    assert variables_read(name) <= set(environment_of(stack, name))


def test_only_migrations_know_the_owner_of_the_schema(stack):
    assert knowing(stack, "invoice_export_owner") == {"migrate_database"}


def test_only_migrations_of_a_database_of_our_own_know_its_administrator(stack):
    known = {"migrate_database"} if stack.config.account else set()
    assert knowing(stack, "invoice_export_administrator") == known


def knowing(stack, user):
    """Return the functions whose environment names this user of the database."""
    return {
        name
        for name in ROWS
        if any(user in json.dumps(value) for value in variables_of(stack, name))
    }


def test_links_in_an_account_name_their_region(synthesised):
    for stage, style in (("aws", "virtual"), ("localstack", "auto")):
        given = environment_of(synthesised(stage), "http_api")
        assert given["S3_ADDRESSING_STYLE"] == style
