"""The state machine follows its rules for names, timeouts, retries and endings."""

import re

import pytest
from statelint.config import Config
from statelint.linter import Linter

from invoice_export import errors
from tests.workflow.machine import MACHINE, PATH, TASKS, of_type, states

LONGEST_NAME = 4
# Errors that AWS reports when Lambda itself fails.
LAMBDA_SERVICE_ERRORS = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.Timeout",
}
# A database failover takes a minute or two.
LONGEST_OUTAGE_SECONDS = 120
ALL_NAMES = [name for name, _ in states()]
EXECUTION_HISTORY_LIMIT = 25_000
MOST_PAGES = 1000
EVENTS_PER_PAGE = 7


def retries(task):
    return task["Retry"]


def own_errors():
    return {
        error
        for task in TASKS.values()
        for retry in retries(task)
        for error in retry["ErrorEquals"]
        if re.fullmatch(r"\w+", error)
    }


def test_definition_passes_the_linter():
    assert Linter.validate(str(PATH), Config([], False, False)) == []


def test_query_language_is_declared_once_at_the_top():
    assert MACHINE["QueryLanguage"] == "JSONPath"
    assert PATH.read_text().count('"QueryLanguage"') == 1


@pytest.mark.parametrize("name", ALL_NAMES)
def test_state_name_is_a_title_case_phrase_of_few_words(name):
    words = name.removesuffix("?").split()
    assert len(words) <= LONGEST_NAME
    assert all(re.fullmatch("[A-Z][a-z]+", word) for word in words)


def test_choices_and_only_choices_are_questions():
    questions = {name for name in ALL_NAMES if name.endswith("?")}
    assert questions == set(of_type("Choice"))


def test_machine_and_every_task_have_a_timeout():
    assert MACHINE["TimeoutSeconds"] > 0
    assert all(task["TimeoutSeconds"] > 0 for task in TASKS.values())


def test_machine_outlives_any_of_its_tasks():
    longest = max(task["TimeoutSeconds"] for task in TASKS.values())
    assert MACHINE["TimeoutSeconds"] > longest


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_the_identical_retry_block_for_lambda(name):
    first = retries(TASKS["Plan Pages"])[0]
    assert retries(TASKS[name])[0] == first
    assert set(first["ErrorEquals"]) >= LAMBDA_SERVICE_ERRORS
    assert first["JitterStrategy"] == "FULL"
    assert first["BackoffRate"] > 1


@pytest.mark.parametrize("name", TASKS)
def test_transient_errors_are_retried_for_longer_than_a_failover_takes(name):
    retry = retries(TASKS[name])[0]
    waits = [
        min(
            retry["IntervalSeconds"] * retry["BackoffRate"] ** attempt,
            retry["MaxDelaySeconds"],
        )
        for attempt in range(retry["MaxAttempts"])
    ]
    # Full jitter waits half as long on average.
    assert sum(waits) / 2 >= LONGEST_OUTAGE_SECONDS


@pytest.mark.parametrize("name", TASKS)
def test_nothing_retries_every_error(name):
    named = {e for retry in retries(TASKS[name]) for e in retry["ErrorEquals"]}
    assert not named & {"States.ALL", "States.TaskFailed"}


@pytest.mark.parametrize("name", sorted(own_errors()))
def test_own_errors_are_classes_that_may_be_retried(name):
    assert issubclass(getattr(errors, name), errors.TransientError)


def test_every_transient_error_of_a_step_is_retried_somewhere():
    # Only the API fetches the issuer's keys, and queues retry the other two.
    beside = {"EventsUnavailableError", "KeysUnavailableError", "WebhookFailedError"}
    transient = {class_.__name__ for class_ in errors.TransientError.__subclasses__()}
    assert transient - beside == own_errors()


def test_every_error_leads_to_record_failure_or_to_the_end():
    inside_map = set(MACHINE["States"]["Write Pages"]["ItemProcessor"]["States"])
    for name, state in states():
        if state["Type"] not in {"Task", "Map"} or name in inside_map:
            continue
        (catch,) = state["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"]
        closing = {"Record Failure", "Send Failure Email"}
        assert catch["Next"] == ("Run Failed" if name in closing else "Record Failure")


def test_caught_error_is_kept_for_the_fail_state():
    fail = MACHINE["States"]["Run Failed"]
    assert fail["ErrorPath"] == "$.error.Error"
    for name, state in states():
        for catch in state.get("Catch", []):
            # A later error must not overwrite the first.
            kept = "$.error" if catch["Next"] == "Record Failure" else None
            assert catch["ResultPath"] == kept, name


def test_failure_ends_in_the_one_fail_state():
    assert set(of_type("Fail")) == {"Run Failed"}
    assert reachable("Record Failure") & set(of_type("Fail"))


def test_success_ends_in_the_one_succeed_state():
    assert set(of_type("Succeed")) == {"Run Completed"}
    ends = [name for name, state in states() if state.get("End")]
    assert ends == ["Write Page"]


def test_failure_email_never_leads_to_a_green_run():
    assert "Run Completed" not in reachable("Send Failure Email")


def test_every_state_can_be_reached():
    assert reachable(MACHINE["StartAt"]) == set(MACHINE["States"])


def test_comments_say_why_on_maps_choices_and_catches_only():
    assert MACHINE["Comment"]
    for name, state in states():
        assert ("Comment" in state) == (state["Type"] in {"Map", "Choice"}), name
        assert all(catch["Comment"] for catch in state.get("Catch", []))


def test_map_is_inline_with_its_concurrency_from_the_plan():
    write_pages = MACHINE["States"]["Write Pages"]
    assert write_pages["ItemProcessor"]["ProcessorConfig"] == {"Mode": "INLINE"}
    assert write_pages["MaxConcurrencyPath"] == "$.plan.concurrency"
    assert MOST_PAGES * EVENTS_PER_PAGE < EXECUTION_HISTORY_LIMIT


def test_no_row_and_no_person_travels_through_the_states():
    sent = {
        key.removesuffix(".$")
        for task in TASKS.values()
        for key in task["Parameters"]["Payload"]
    }
    assert sent <= {
        "organizationId",
        "runId",
        "generation",
        "page",
        "kind",
        "error",
        "stateMachineArn",
    }


def reachable(start):
    found, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        state = MACHINE["States"][name]
        nexts = [*state.get("Catch", []), *state.get("Choices", []), state]
        waiting += [entry["Next"] for entry in nexts if "Next" in entry]
        waiting += [state["Default"]] if "Default" in state else []
    return found
