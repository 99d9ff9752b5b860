"""Alarms watch metrics that functions write, and may publish to their topic."""

import json

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics

from invoice_export.adapters import metrics as measured
from invoice_export.contracts.events import OutboundEvent
from invoice_export.contracts.workflow import ReconcileReport

NAMESPACE = "InvoiceExport"


def ended(type_):
    return OutboundEvent(
        id="01a20c7e-de4f-7903-bda6-887bcf07d542",
        type=type_,
        occurred_at="2026-11-24T07:39:38Z",
        data={"errorCode": "X"},
    )


def written_by(service, measure):
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=service)
    measure(metrics)
    (group,) = metrics.serialize_metric_set()["_aws"]["CloudWatchMetrics"]
    (dimensions,) = group["Dimensions"]
    assert dimensions == ["service"]
    return {(service, metric["Name"]) for metric in group["Metrics"]}


@pytest.fixture(scope="module")
def written():
    """Return the function and name of every metric that Powertools writes."""
    report = ReconcileReport(repaired=[], postponed=[])
    return (
        written_by(
            "reconcile_runs",
            lambda m: measured.measure_sweep(m, report, oldest_run_seconds=1),
        )
        | written_by(
            "reconcile_runs",
            lambda m: measured.measure_ended_runs(m, [ended("export.completed")]),
        )
        | written_by("send_email", lambda m: measured.measure_unknown_emails(m, 1))
    )


def own_metrics(alarm):
    """Yield the function and name of each of our metrics in an alarm."""
    parts = [
        entry.get("MetricStat", {}).get("Metric") for entry in alarm.get("Metrics", [])
    ]
    for metric in filter(None, [alarm, *parts]):
        if metric.get("Namespace") == NAMESPACE:
            (dimension,) = metric["Dimensions"]
            assert dimension["Name"] == "service"
            yield dimension["Value"], metric["MetricName"]


def test_alarms_watch_metrics_that_a_function_writes(synthesised, written):
    alarms = synthesised("aws").properties("AWS::CloudWatch::Alarm")
    watched = {metric for alarm in alarms for metric in own_metrics(alarm)}
    assert watched == {
        ("reconcile_runs", "OldestRunSeconds"),
        ("reconcile_runs", "SweepRepairs"),
        ("reconcile_runs", "UnknownMails"),
        ("send_email", "UnknownMails"),
    }
    assert watched <= written


def test_dashboard_shows_every_metric_that_functions_write(synthesised, written):
    (board,) = synthesised("aws").properties("AWS::CloudWatch::Dashboard")
    text = json.dumps(board["DashboardBody"]).replace("\\", "")
    for service, name in written - {("reconcile_runs", "OldestRunSeconds")}:
        assert f'"{NAMESPACE}","{name}","service","{service}"' in text
    assert "FailedRuns" in text


def test_alarms_may_publish_to_their_topic(synthesised):
    stack = synthesised("aws")
    (topic,) = {
        a["AlarmActions"][0]["Ref"] for a in stack.properties("AWS::CloudWatch::Alarm")
    }
    (policy,) = (
        policy["PolicyDocument"]["Statement"]
        for policy in stack.properties("AWS::SNS::TopicPolicy")
        if policy["Topics"] == [{"Ref": topic}]
    )
    (allowed,) = (s for s in policy if s["Effect"] == "Allow")
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Condition"]["StringEquals"]["aws:SourceAccount"]


def test_alarms_watch_this_api_and_no_other_of_the_account(synthesised):
    stack = synthesised("aws")
    (api,) = stack.properties("AWS::ApiGateway::RestApi")
    watched = {
        dimension["Value"]
        for alarm in stack.properties("AWS::CloudWatch::Alarm")
        for dimension in alarm.get("Dimensions", [])
        if dimension["Name"] == "ApiName"
    }
    assert watched == {api["Name"]}
    assert api["Name"].endswith("-aws")


def test_slowness_is_judged_on_enough_requests_only(synthesised):
    stack = synthesised("aws")
    (slow,) = (
        alarm
        for alarm in stack.properties("AWS::CloudWatch::Alarm")
        if "ApiSlow" in alarm["AlarmDescription"]
    )
    judged = {entry["Id"]: entry for entry in slow["Metrics"]}
    assert judged["expr_1"]["Expression"] == "IF(requests >= 100, latency)"
    assert judged["requests"]["MetricStat"]["Stat"] in {"SampleCount", "Sum"}
    assert judged["latency"]["MetricStat"]["Stat"] == "p99"
    # A period with too few requests has no value, and no value is no alarm.
    assert slow["TreatMissingData"] == "notBreaching"
    assert slow["EvaluationPeriods"] == 3


def test_an_execution_that_times_out_raises_an_alarm_and_a_cancelled_one_does_not(
    synthesised,
):
    alarms = synthesised("aws").properties("AWS::CloudWatch::Alarm")
    watched = {
        alarm["MetricName"]: alarm["Threshold"]
        for alarm in alarms
        if alarm.get("Namespace") == "AWS/States"
    }
    assert watched["ExecutionsTimedOut"] == 1
    assert "ExecutionsAborted" not in watched
