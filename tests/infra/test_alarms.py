"""Alarms watch metrics that functions write, and may publish to their topic."""

import json
from types import SimpleNamespace

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics

from infra.account.database_alarms import database_alarms
from invoice_export.adapters import metrics as measured
from invoice_export.contracts.events import OutboundEvent
from invoice_export.contracts.workflow.reconcile_runs import ReconcileReport
from invoice_export.contracts.workflow.send_email import EmailResult
from invoice_export.domain.emails import EmailStatus
from invoice_export.errors import StorageUnavailableError
from tests.fix_api import CONTEXT
from tests.infra.resolved import PSEUDO, Resolved
from tests.infra.stacks import GIVEN_DATABASE, ROOT, config_of
from tests.unit.test_handlers import load

NAMESPACE = PSEUDO["AWS::StackName"]


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
        | written_by("send_email", lambda m: measured.measure_refused_emails(m, 1))
        | written_by("digest_audit_log", measured.measure_digest)
    )


def own_metrics(alarm):
    """Yield the function and name of each of our metrics in an alarm."""
    parts = [
        entry.get("MetricStat", {}).get("Metric") for entry in alarm.get("Metrics", [])
    ]
    for metric in filter(None, [alarm, *parts]):
        if metric.get("Namespace") == {"Ref": "AWS::StackName"}:
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
        ("send_email", "RefusedMails"),
        ("digest_audit_log", "AuditDigests"),
    }
    assert watched <= written


def test_dashboard_shows_every_metric_that_functions_write(synthesised, written):
    (board,) = synthesised("aws").properties("AWS::CloudWatch::Dashboard")
    text = Resolved(synthesised("aws")).of(board["DashboardBody"])
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


def test_a_day_without_a_digest_rings_though_nothing_is_measured(synthesised):
    stack = synthesised("aws")
    alarm = alarm_named(stack, "DigestMissing")
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert alarm["Threshold"] == 1
    seconds = alarm["Period"] * alarm["EvaluationPeriods"]
    # Longer than a schedule of a day, and no longer than CloudWatch takes.
    assert 86_400 < seconds <= 604_800
    (rule,) = (
        rule
        for rule in stack.properties("AWS::Events::Rule")
        if "audit chains" in rule["Description"]
    )
    assert rule["ScheduleExpression"] == "rate(1 day)"


def alarm_named(stack, name):
    (alarm,) = (
        alarm
        for alarm in stack.properties("AWS::CloudWatch::Alarm")
        if alarm["AlarmDescription"].endswith(f", {name}.")
    )
    return alarm


def test_every_queue_that_feeds_a_function_is_watched_for_old_messages(synthesised):
    stack = synthesised("aws")
    fed = {
        mapping["EventSourceArn"]["Fn::GetAtt"][0]
        for mapping in stack.properties("AWS::Lambda::EventSourceMapping")
    }
    watched = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for alarm in stack.properties("AWS::CloudWatch::Alarm")
        if alarm.get("MetricName") == "ApproximateAgeOfOldestMessage"
    }
    assert watched == fed


def test_a_message_rings_only_after_all_its_attempts(synthesised):
    stack = synthesised("aws")
    patience = alarm_named(stack, "EventsWaiting")["Threshold"]
    for queue in stack.properties("AWS::SQS::Queue"):
        attempts = queue.get("RedrivePolicy", {}).get("maxReceiveCount", 0)
        assert attempts * queue.get("VisibilityTimeout", 30) < patience


def test_throttles_of_all_functions_but_the_migrations_raise_an_alarm(synthesised):
    stack = synthesised("aws")
    watched = set()
    for name in ("FunctionsThrottled", "StepsThrottled"):
        metrics = alarm_named(stack, name)["Metrics"]
        stats = [entry["MetricStat"] for entry in metrics if "MetricStat" in entry]
        assert {stat["Metric"]["MetricName"] for stat in stats} == {"Throttles"}
        # CloudWatch takes no more in one alarm.
        assert len(stats) <= 10
        watched |= {stat["Metric"]["Dimensions"][0]["Value"]["Ref"] for stat in stats}
    named = {
        name: stack.logical_id(function) for name, function in stack.functions.items()
    }
    del named["migrate_database"]
    assert watched == set(named.values())


@pytest.mark.parametrize(
    ("name", "metric", "threshold"),
    [
        ("SenderBounceRate", "Reputation.BounceRate", 0.05),
        ("SenderComplaintRate", "Reputation.ComplaintRate", 0.001),
    ],
)
def test_the_senders_reputation_rings_where_ses_begins_a_review(
    synthesised, name, metric, threshold
):
    alarm = alarm_named(synthesised("aws"), name)
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SES", metric)
    assert alarm["Threshold"] == threshold
    assert "Dimensions" not in alarm


def test_only_a_burstable_database_is_watched_for_its_credits():
    watched = {
        class_: any(
            row.id == "DatabaseCredits"
            for row in database_alarms(
                config_of("aws", profile="small", databaseClass=class_).account,
                SimpleNamespace(ref="db"),
            )
        )
        for class_ in ("db.t4g.micro", "db.t4g.medium", "db.m7g.large")
    }
    assert watched == {
        "db.t4g.micro": True,
        "db.t4g.medium": True,
        "db.m7g.large": False,
    }


def test_a_backup_that_fails_is_told_to_the_alarms_topic(synthesised, synthesise):
    stack = synthesised("aws")
    (rule,) = (
        rule
        for rule in stack.properties("AWS::Events::Rule")
        if "aws.backup" in rule.get("EventPattern", {}).get("source", [])
    )
    told = rule["EventPattern"]["detail"]
    assert told["state"] == ["ABORTED", "EXPIRED", "FAILED"]
    (selection,) = stack.properties("AWS::Backup::BackupSelection")
    assert told["resourceArn"] == selection["BackupSelection"]["Resources"]
    (target,) = rule["Targets"]
    topics = {
        json.dumps(alarm["AlarmActions"])
        for alarm in stack.properties("AWS::CloudWatch::Alarm")
    }
    assert topics == {json.dumps([target["Arn"]])}
    assert target["DeadLetterConfig"]
    # Whoever gives a database backs it up.
    given = synthesise("aws", **GIVEN_DATABASE).properties("AWS::Events::Rule")
    assert "aws.backup" not in json.dumps(given)


def test_the_certificate_is_watched_where_there_is_one(synthesised, synthesise):
    stack = synthesised("aws")
    descriptions = [
        alarm["AlarmDescription"]
        for alarm in stack.properties("AWS::CloudWatch::Alarm")
    ]
    assert not any("CertificateExpiring" in text for text in descriptions)
    arn = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
    own = synthesise("aws", domainName="exports.example", certificateArn=arn)
    alarm = alarm_named(own, "CertificateExpiring")
    assert alarm["Dimensions"] == [{"Name": "CertificateArn", "Value": arn}]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("DaysToExpiry", 30)
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    assert "## CertificateExpiring" in runbook


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_a_digest_is_counted_once_it_is_there(monkeypatch, capsys):
    handler = load("digest_audit_log")
    monkeypatch.setattr(handler, "dependencies", lambda: (None, None))

    def refuse(*_):
        raise StorageUnavailableError

    monkeypatch.setattr(handler, "digest_audit_log", refuse)
    with pytest.raises(StorageUnavailableError):
        handler.handler({}, CONTEXT)
    assert "AuditDigests" not in capsys.readouterr().out
    # The day may have one already: then nothing is missing.
    monkeypatch.setattr(handler, "digest_audit_log", lambda *_: False)
    handler.handler({}, CONTEXT)
    assert '"AuditDigests":[1.0]' in capsys.readouterr().out


@pytest.mark.parametrize(("outcome", "counted"), [("refused", 1), ("sent", 0)])
def test_a_refused_mail_is_counted(monkeypatch, outcome, counted):
    handler = load("send_email")
    counts = []
    monkeypatch.setattr(handler, "dependencies", lambda: (None, None, None))
    monkeypatch.setattr(
        handler, "send_email", lambda *_: EmailResult(email=EmailStatus(outcome))
    )
    monkeypatch.setattr(
        handler, "measure_refused_emails", lambda _, count: counts.append(count)
    )
    event = {
        "organizationId": "org_1",
        "runId": "01a20c7e-de4f-7903-bda6-887bcf07d542",
        "generation": 1,
        "kind": "completed",
    }
    handler.handler(event, CONTEXT)
    assert counts == [counted]
