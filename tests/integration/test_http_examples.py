"""The examples of the OpenAPI document: the API answered them, and still does.

``make examples`` records them again.
"""

import json
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import psycopg
import pytest
from botocore.exceptions import ConnectTimeoutError
from jwt import PyJWKClient

from invoice_export.adapters.event_queue import EventQueue
from invoice_export.adapters.histories import Histories
from invoice_export.adapters.tokens import TokenVerifier
from invoice_export.api import examples
from invoice_export.contracts.events import Delivery
from invoice_export.contracts.run_ends import RunEndMessage
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.steps.deliver_event import deliver_event
from invoice_export.steps.publish_events import publish_events
from tests.fix_api import Answer, Call
from tests.fix_world import World

ACME = "/api/organizations/org_acme"
EXPORTS = f"{ACME}/exports"
UNKNOWN_RUN = "9b0b1394-63b0-4922-8f98-1a2468258c27"
BODY = {
    "columns": ["number", "customerName", "total", "currency"],
    "filters": {"status": {"in": ["sent", "paid"]}},
    "format": "csv.gz",
}
URL = "https://hooks.customer.example/exports"
DEFINITION = {
    "StartAt": "Write Page",
    "States": {
        "Write Page": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "TimeoutSeconds": 120,
            "Retry": [{"ErrorEquals": ["StorageUnavailableError"], "MaxAttempts": 5}],
            "Next": "Finish Run",
        },
        "Finish Run": {"Type": "Succeed"},
    },
}
# Only the gateway answers these, or no operation does.
NOT_OURS = {
    ProblemCode.BAD_REQUEST,
    ProblemCode.FORBIDDEN,
    ProblemCode.TOO_MANY_REQUESTS,
    ProblemCode.BAD_GATEWAY,
    ProblemCode.TIMEOUT,
    ProblemCode.METHOD_NOT_ALLOWED,
}
Recorded = dict[str, Any]


def suppress(world: World, user: str, reason: str) -> None:
    world.rows(
        "INSERT INTO email_suppressions (address, reason)"
        " SELECT lower(email), %s FROM users WHERE id = %s",
        reason,
        user,
    )


def answer_operations(world: World, api: Call) -> Recorded:
    """Call every operation once, successfully."""
    recorded: Recorded = {}

    def call(
        operation: str, method: str, path: str, body: Any = None, **query: str
    ) -> Any:
        answer = api(method, path, body=body, query=query or None)
        assert answer.status in {200, 202}, answer
        sent = {} if body is None else {"body": body}
        recorded[operation] = {**sent, "status": answer.status, "answer": answer.body}
        return answer.body

    call("getMe", "GET", "/api/me")
    call("listDatasets", "GET", f"{ACME}/datasets")
    call("setWebhook", "PUT", f"{ACME}/webhook", {"url": URL})
    call("getWebhook", "GET", f"{ACME}/webhook")
    call("estimateExport", "POST", f"{EXPORTS}/estimate", BODY)
    run_id = call("startExport", "POST", EXPORTS, BODY)["runId"]
    ref = world.start(request=None, key="another").run.ref
    run = f"{EXPORTS}/{run_id}"
    call("cancelExport", "POST", f"{run}/cancel")
    call("retryExport", "POST", f"{run}/retry")
    first = world.plan(ref)[0]
    world.write(ref, first)
    call("getExport", "GET", f"{EXPORTS}/{ref.run_id}")
    call("getExportGraph", "GET", f"{EXPORTS}/{ref.run_id}/graph")
    assert world.run_to_end(ref) == "completed"
    call("getDownloadLink", "GET", f"{EXPORTS}/{ref.run_id}/download")
    call("listExports", "GET", EXPORTS, limit="1", status="completed")
    call("listAuditRecords", "GET", f"{ACME}/audit-logs", limit="2")
    suppress(world, "user_bob", "soft_bounces")
    call("listSuppressions", "GET", f"{ACME}/suppressions")
    call("liftSuppression", "DELETE", f"{ACME}/suppressions/user_bob")
    call("deleteWebhook", "DELETE", f"{ACME}/webhook")
    return recorded


Meet = Callable[[ProblemCode, Answer], None]


def meet_refusals(world: World, api: Call, meet: Meet) -> None:
    as_carol = {"as_user": "user_carol"}
    meet(ProblemCode.UNAUTHENTICATED, api("GET", "/api/me", as_user=None))
    meet(ProblemCode.NOT_FOUND, api("GET", EXPORTS, as_user="user_dave"))
    meet(ProblemCode.RUN_NOT_FOUND, api("GET", f"{EXPORTS}/{UNKNOWN_RUN}"))
    meet(ProblemCode.ROLE_TOO_LOW, api("GET", f"{ACME}/webhook", **as_carol))
    meet(ProblemCode.NO_WEBHOOK, api("GET", f"{ACME}/webhook"))
    meet(
        ProblemCode.UNSAFE_DESTINATION,
        api("PUT", f"{ACME}/webhook", body={"url": "https://10.0.0.1/"}),
    )
    answer = api("DELETE", f"{ACME}/suppressions/user_carol")
    meet(ProblemCode.NOT_SUPPRESSED, answer)
    suppress(world, "user_carol", "complaint")
    answer = api("DELETE", f"{ACME}/suppressions/user_carol")
    meet(ProblemCode.SUPPRESSION_PERMANENT, answer)
    meet(ProblemCode.INVALID_REQUEST, api("POST", EXPORTS, body={"format": "xml"}))
    meet(ProblemCode.PAYLOAD_TOO_LARGE, api("POST", EXPORTS, body=" " * 20_000))
    form = {"content-type": "text/plain"}
    answer = api("POST", EXPORTS, body="a=b", headers=form)
    meet(ProblemCode.UNSUPPORTED_MEDIA_TYPE, answer)


def meet_conflicts(world: World, api: Call, meet: Meet) -> None:
    as_carol = {"as_user": "user_carol"}
    run = world.start().run
    path = f"{EXPORTS}/{run.id}"
    meet(ProblemCode.NOT_YOUR_RUN, api("POST", f"{path}/cancel", **as_carol))
    meet(ProblemCode.FILE_NOT_READY, api("GET", f"{path}/download"))
    for page in world.plan(run.ref):
        world.write(run.ref, page)
    world.compose(run.ref)
    world.mail(run.ref)
    meet(ProblemCode.RUN_COMPLETING, api("POST", f"{path}/cancel"))
    world.finish(run.ref)
    meet(ProblemCode.RUN_ENDED, api("POST", f"{path}/cancel"))
    meet(ProblemCode.RUN_COMPLETED, api("POST", f"{path}/retry"))
    world.rows("UPDATE exports SET file_expires_at = now() WHERE id = %s", run.id)
    meet(ProblemCode.FILE_EXPIRED, api("GET", f"{path}/download"))

    key = {"Idempotency-Key": "monthly"}
    failed = api("POST", EXPORTS, headers=key).body["runId"]
    answer = api("POST", EXPORTS, headers=key, body=BODY)
    meet(ProblemCode.OPTIONS_DIFFER, answer)
    api("POST", f"{EXPORTS}/{failed}/cancel")
    world.rows("UPDATE exports SET dataset = 'gone' WHERE id = %s", failed)
    meet(ProblemCode.DATASET_CHANGED, api("POST", f"{EXPORTS}/{failed}/retry"))
    for number in range(world.lane.max_queued_per_organization + 1):
        world.start(user="user_bob", key=f"run {number}")
    meet(ProblemCode.QUEUE_FULL, api("POST", EXPORTS, **as_carol))


def meet_outages(world: World, api: Call, meet: Meet, tokens: TokenVerifier) -> None:
    graph = f"{EXPORTS}/{world.start(key='inspected').run.id}/graph"
    histories = world.histories
    world.histories = Histories(Away(), "machine")  # type: ignore[arg-type]
    meet(ProblemCode.WORKFLOW_UNAVAILABLE, api("GET", graph))
    world.histories = None  # type: ignore[assignment]
    meet(ProblemCode.INTERNAL_ERROR, api("GET", graph))
    world.histories = histories
    keys, tokens._keys = tokens._keys, PyJWKClient("http://127.0.0.1:1", timeout=1)
    meet(ProblemCode.KEYS_UNAVAILABLE, api("GET", "/api/me"))
    tokens._keys = keys
    world.db.close()
    world.db._connect = lambda: psycopg.connect("host=127.0.0.1 port=1 user=x")
    meet(ProblemCode.DATABASE_UNAVAILABLE, api("GET", "/api/me"))


class Away:
    """A client whose service never answers."""

    def __getattr__(self, method: str) -> Any:
        raise ConnectTimeoutError(endpoint_url="https://states.example")


def send_webhooks(world: World, api: Call) -> Recorded:
    """End runs in every way and return what the webhook was sent."""
    api("PUT", f"{ACME}/webhook", body={"url": URL})
    url = boto3.client("sqs").create_queue(QueueName="examples")["QueueUrl"]
    world.run_to_end(world.start().run.ref)
    world.finish(world.start(key="failing").run.ref, error="PartsMismatchError")
    cancelled = world.start(key="cancelled").run
    api("POST", f"{EXPORTS}/{cancelled.id}/cancel")
    publish_events(world.db, EventQueue(boto3.client("sqs"), url))
    sent: Recorded = {}
    webhooks = SimpleNamespace(
        post=lambda _, body, headers: sent.update(
            {headers["X-Export-Event"]: json.loads(body)}
        )
    )
    for message in received(url):
        delivery = Delivery.parse_json(message)
        if delivery.url is not None:
            deliver_event(delivery, SimpleNamespace(), webhooks)  # type: ignore[arg-type]
    return dict(sorted(sent.items()))


def received(queue_url: str) -> list[str]:
    found = boto3.client("sqs").receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10
    )
    return [message["Body"] for message in found["Messages"]]


def shape(value: Any) -> Any:
    """A value without what differs from run to run."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in sorted(value.items())}
    if isinstance(value, list):
        return [shape(each) for each in value]
    if isinstance(value, float | int) and not isinstance(value, bool):
        return "number"
    return value if isinstance(value, bool) else type(value).__name__


@pytest.fixture
def compare() -> Callable[[str, Recorded], None]:
    """Compares what was answered with what is recorded, or records it."""

    def with_recorded(part: str, answered: Recorded) -> None:
        recorded = examples.recorded()
        if os.environ.get("RECORD_EXAMPLES"):
            recorded[part] = answered
            text = json.dumps(recorded, indent=2, sort_keys=True, ensure_ascii=False)
            examples.FILE.write_text(f"{text}\n", "utf-8")
        else:
            assert shape(recorded[part]) == shape(answered), "run `make examples`"

    return with_recorded


def test_every_operation_answers_as_its_example_shows(
    world: World, api: Call, compare: Callable[[str, Recorded], None]
) -> None:
    client = boto3.client("stepfunctions")
    (machine,) = client.list_state_machines()["stateMachines"]
    client.update_state_machine(
        stateMachineArn=machine["stateMachineArn"], definition=json.dumps(DEFINITION)
    )
    answered = answer_operations(world, api)
    described = api("GET", "/api/openapi.json", as_user=None).body
    assert answered.keys() == {
        operation["operationId"]
        for path in described["paths"].values()
        for operation in path.values()
    }
    compare("operations", answered)


def test_every_problem_is_answered_as_its_example_shows(
    world: World,
    api: Call,
    tokens: TokenVerifier,
    compare: Callable[[str, Recorded], None],
) -> None:
    answered: Recorded = {}

    def meet(code: ProblemCode, answer: Answer) -> None:
        assert (answer.status, answer.body["code"]) == (code.status, code), answer
        answered[code] = answer.body

    meet_refusals(world, api, meet)
    meet_conflicts(world, api, meet)
    world.rows("DELETE FROM exports WHERE status = 'queued'")
    meet_outages(world, api, meet, tokens)
    assert answered.keys() == set(ProblemCode) - NOT_OURS
    compare("problems", answered)


def test_webhooks_are_sent_what_their_examples_show(
    world: World, api: Call, compare: Callable[[str, Recorded], None]
) -> None:
    sent = send_webhooks(world, api)
    described = api("GET", "/api/openapi.json", as_user=None).body["webhooks"]
    assert sent.keys() == described.keys()
    for message in sent.values():
        RunEndMessage.parse_json(json.dumps(message))
    compare("webhooks", sent)
