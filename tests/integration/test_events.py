"""Ended runs are announced: no event is lost or reaches another organisation."""

import json
from types import SimpleNamespace
from uuid import uuid4

import boto3
import pytest

from invoice_export.adapters.event_queue import EventBus, EventQueue
from invoice_export.contracts.events import Delivery
from invoice_export.domain.webhooks import SIGNATURE_HEADER, sign
from invoice_export.errors import EventsUnavailableError
from invoice_export.steps.deliver_event import deliver_event
from invoice_export.steps.publish_events import oldest_run_seconds, publish_events
from invoice_export.store import events

WEBHOOK = "/api/organizations/org_acme/webhook"
URL = "https://hooks.customer.example/exports"


@pytest.fixture
def queue(aws):
    url = boto3.client("sqs").create_queue(QueueName="events")["QueueUrl"]
    return EventQueue(boto3.client("sqs"), url)


def deliveries(queue):
    got = boto3.client("sqs").receive_message(
        QueueUrl=queue._url, MaxNumberOfMessages=10
    )
    return [Delivery.parse_json(m["Body"]) for m in got.get("Messages", [])]


def test_completed_run_is_told_once(world, queue):
    run = world.start().run
    world.run_to_end(run.ref)
    (event,) = publish_events(world.db, queue)
    assert publish_events(world.db, queue) == []
    (delivery,) = deliveries(queue)
    assert delivery.event == event
    assert event.type == "export.completed"
    assert event.data["runId"] == str(run.id)
    assert event.data["rowCount"] == 240
    assert event.data["runSeconds"] >= 0


def test_failed_and_cancelled_runs_are_told_too(world, api, queue):
    failed = world.start().run
    world.finish(failed.ref, error="PartsMismatchError")
    cancelled = world.start(key="another").run
    path = f"/api/organizations/org_acme/exports/{cancelled.id}/cancel"
    assert api("POST", path).status == 200
    types = {e.type: e.data for e in publish_events(world.db, queue)}
    assert types["export.failed"]["errorCode"] == "PARTS_MISMATCH"
    assert types["export.cancelled"]["status"] == "cancelled"


def test_event_holds_ids_and_counts_but_no_person(world, queue):
    world.run_to_end(world.start().run.ref)
    (event,) = publish_events(world.db, queue)
    text = event.dump_json()
    assert "@" not in text
    assert "user_alice" not in text


def test_event_is_written_with_the_end_or_not_at_all(world):
    run = world.start().run
    world.finish(run.ref, error="X")
    world.finish(run.ref, error="X")
    rows = world.rows("SELECT * FROM event_outbox WHERE run_id = %s", run.id)
    assert [row["type"] for row in rows] == ["export.failed"]
    assert rows[0]["published_at"] is None


def test_queue_that_is_away_leaves_the_event_for_the_next_sweep(world, queue):
    world.run_to_end(world.start().run.ref)
    away = EventQueue(boto3.client("sqs"), f"{queue._url}-nowhere")
    with pytest.raises(EventsUnavailableError):
        publish_events(world.db, away)
    assert len(publish_events(world.db, queue)) == 1


def test_retried_run_is_told_again_under_its_new_attempt(world, queue):
    run = world.start().run
    world.finish(run.ref, error="X")
    again = world.start().run
    world.run_to_end(again.ref)
    attempts = [(e.type, e.data["attempt"]) for e in publish_events(world.db, queue)]
    assert attempts == [("export.failed", 1), ("export.completed", 2)]


def test_webhook_gets_its_own_organisations_events_signed(world, api, queue):
    secret = api("PUT", WEBHOOK, body={"url": URL}).body["secret"]
    world.run_to_end(world.start().run.ref)
    world.run_to_end(world.start("org_globex", "user_dave").run.ref)
    publish_events(world.db, queue)
    hooked = [d for d in deliveries(queue) if d.url]
    (delivery,) = hooked
    assert delivery.event.data["organizationId"] == "org_acme"
    posted = []
    webhooks = SimpleNamespace(post=lambda *call: posted.append(call))
    deliver_event(delivery, SimpleNamespace(), webhooks)
    ((url, body, headers),) = posted
    assert url == URL
    timestamp = int(headers[SIGNATURE_HEADER].split(",")[0].removeprefix("t="))
    assert headers[SIGNATURE_HEADER] == sign(secret, timestamp=timestamp, body=body)
    assert json.loads(body)["type"] == "export.completed"
    assert headers["X-Export-Event-Id"] == str(delivery.event.id)


def test_bus_gets_the_event_with_its_type(world, queue, aws):
    events, sqs = boto3.client("events"), boto3.client("sqs")
    events.create_event_bus(Name="bus")
    heard = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=heard, AttributeNames=["QueueArn"])
    events.put_rule(
        Name="all",
        EventBusName="bus",
        EventPattern='{"source": ["invoice-export"]}',
    )
    events.put_targets(
        Rule="all",
        EventBusName="bus",
        Targets=[{"Id": "1", "Arn": arn["Attributes"]["QueueArn"]}],
    )
    world.run_to_end(world.start().run.ref)
    publish_events(world.db, queue)
    (delivery,) = deliveries(queue)
    deliver_event(delivery, EventBus(events, "bus"), SimpleNamespace())
    (message,) = sqs.receive_message(QueueUrl=heard)["Messages"]
    assert json.loads(message["Body"])["detail-type"] == "export.completed"


def test_secret_is_shown_once_and_replaced_with_the_endpoint(api):
    assert api("GET", WEBHOOK).status == 404
    first = api("PUT", WEBHOOK, body={"url": URL}).body
    shown = api("GET", WEBHOOK).body
    assert shown["url"] == URL
    assert "secret" not in shown
    second = api("PUT", WEBHOOK, body={"url": URL}).body
    assert second["secret"] != first["secret"]
    assert api("DELETE", WEBHOOK).body == {"removed": True}
    assert api("GET", WEBHOOK).status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_webhook_is_for_admins_of_the_organisation(api, method):
    body = {"url": URL} if method == "PUT" else None
    assert api(method, WEBHOOK, as_user="user_carol", body=body).status == 403
    assert api(method, WEBHOOK, as_user="user_dave", body=body).status == 404
    assert api(method, WEBHOOK, as_user="user_bob", body=body).status in {200, 404}


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/", "http://x.example/", "https://localhost/"]
)
def test_webhook_into_a_private_network_is_422(world, api, url):
    answer = api("PUT", WEBHOOK, body={"url": url})
    assert (answer.status, answer.body["code"]) == (422, "UNSAFE_DESTINATION")
    assert world.rows("SELECT * FROM webhook_endpoints") == []


def test_oldest_run_is_measured(world):
    before = oldest_run_seconds(world.db)
    run = world.start().run
    world.rows(
        "UPDATE exports SET queued_at = now() - interval '1 hour' WHERE id = %s", run.id
    )
    assert before < 3600 <= oldest_run_seconds(world.db)


def test_event_of_nobody_is_none(world, queue):
    with world.db.tenant("org_globex") as tx:
        assert events.lock_unpublished(tx, uuid4()) is None
