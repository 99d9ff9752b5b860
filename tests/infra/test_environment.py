"""What a function is given is what its settings model asks for."""

import json

import pytest

from invoice_export import settings

MODELS = {
    "authorize": settings.AuthorizeSettings,
    "http_api": settings.HttpApiSettings,
    "plan_pages": settings.PlanPagesSettings,
    "write_page": settings.WritePageSettings,
    "compose_file": settings.ComposeFileSettings,
    "send_email": settings.SendEmailSettings,
    "finish_run": settings.FinishRunSettings,
    "reconcile_runs": settings.ReconcileRunsSettings,
    "record_email_events": settings.RecordEmailEventsSettings,
    "deliver_events": settings.DeliverEventsSettings,
    "migrate_database": settings.MigrateDatabaseSettings,
}
POWERTOOLS = {
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_LOG_LEVEL",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_METRICS_DISABLED",
}


def variables_of(stack, name):
    function = stack.functions[name]["Properties"]
    return function["Environment"]["Variables"].values()


def environment_of(stack, name):
    variables = stack.functions[name]["Properties"]["Environment"]["Variables"]
    return {
        key: value if isinstance(value, str) else "known-after-deploy"
        for key, value in variables.items()
    }


def test_every_function_has_a_settings_model(stack):
    assert set(stack.functions) == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_environment_satisfies_the_settings_model(stack, name, monkeypatch):
    for field in MODELS[name].model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    for key, value in environment_of(stack, name).items():
        monkeypatch.setenv(key, value)
    MODELS[name]()


@pytest.mark.parametrize("name", MODELS)
def test_environment_holds_nothing_that_is_not_read(stack, name):
    read = {field.upper() for field in MODELS[name].model_fields}
    assert set(environment_of(stack, name)) - POWERTOOLS <= read


@pytest.mark.parametrize("name", MODELS)
def test_every_tunable_is_set_and_no_default_relied_upon(stack, name):
    given = set(environment_of(stack, name))
    wanted = {field.upper() for field in MODELS[name].model_fields}
    assert wanted <= given


def test_only_migrations_know_the_owner_of_the_schema(stack):
    knowing = {
        name
        for name in MODELS
        if any(
            "invoice_export_owner" in json.dumps(v) for v in variables_of(stack, name)
        )
    }
    assert knowing == {"migrate_database"}


def test_links_of_an_account_name_their_region(synthesised):
    for stage, style in (("aws", "virtual"), ("localstack", "auto")):
        given = environment_of(synthesised(stage), "http_api")
        assert given["S3_ADDRESSING_STYLE"] == style
