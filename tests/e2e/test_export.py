"""One export, from the request to the finished run.

tests/README.md explains the numbers.
"""

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx

from local.aws import aws_client
from tests.e2e.conftest import Tenant


def test_export_equals_an_independent_query(make_tenant):
    acme = make_tenant(invoices=1_001)
    run = acme.wait(acme.start())
    text = acme.download(run["runId"])
    assert acme.assert_file_equals_database(text) == 1_001
    assert run["rowCount"] == run["rowsDone"] == 1_001
    assert run["bytes"] == len(text.encode())
    assert run["pagesDone"] == run["pagesTotal"] == 20


def test_seeded_organisation_exports_its_240_invoices(running_stack):
    http = running_stack.client("user_carol")
    path = "organizations/org_acme/exports"
    run_id = http.post(path).json()["runId"]
    acme = Tenant("org_acme", ["user_carol"], running_stack)
    assert acme.wait(run_id)["rowCount"] == 240
    assert acme.assert_file_equals_database(acme.download(run_id)) == 240


def test_d01_thousand_and_one_rows_have_one_header_and_crlf(make_tenant):
    acme = make_tenant(invoices=1_001)
    text = acme.download(acme.wait(acme.start())["runId"])
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 1_002
    assert sum(row[0] == "id" for row in rows) == 1
    assert text.endswith("\r\n")
    assert text.count("\r\n") == 1_002


def test_d04_row_equals_the_run_in_every_state(make_tenant):
    acme = make_tenant(invoices=120)
    run = acme.wait(acme.start())
    (row,) = acme.stack.sql(
        acme.id,
        "SELECT status, generation, pages_done, pages_total, rows_done, row_count,"
        " byte_count, object_key, completed_at IS NOT NULL FROM exports WHERE id = %s",
        run["runId"],
    )
    key = row[7]
    assert row[:7] == ("completed", 1, 3, 3, 120, 120, run["bytes"])
    assert row[8]
    assert re.fullmatch(
        rf"exports/{acme.id}/{run['runId']}/invoices-\d{{4}}-\d\d-\d\d\.csv", key
    )


def test_requester_gets_one_mail_with_the_runs_link(make_tenant):
    acme = make_tenant(invoices=60)
    run = acme.wait(acme.start())
    (mail,) = acme.stack.mails(run["runId"])
    assert mail["To"] == [f"{acme.users[0]}@customers.example"]
    assert "60 invoices" in mail["BodyText"]
    link = re.search(r"http\S+", mail["BodyText"])[0]
    assert link.startswith(acme.stack.facts["inspector_url"])
    query = parse_qs(urlsplit(link).query)
    assert query == {"organization": [acme.id], "run": [run["runId"]]}
    assert run["downloadUrl"] == link
    assert run["email"] == "sent"


def test_run_leaves_one_audit_record_of_each_kind(make_tenant):
    acme = make_tenant(invoices=60)
    run = acme.wait(acme.start())
    records = {record["action"]: record for record in acme.audit(run["runId"])}
    assert len(acme.audit(run["runId"])) == 2
    requested = records["export.invoices.requested"]
    completed = records["export.invoices.completed"]
    assert requested["actor"] == acme.users[0]
    assert completed["actor"] is None
    assert completed["payload"] == {
        "rowCount": 60,
        "pages": 2,
        "bytes": run["bytes"],
        "emailSuppressed": False,
    }


def test_unchanged_status_is_not_sent_again(make_tenant):
    acme = make_tenant(invoices=60)
    run = acme.wait(acme.start())
    url = f"{acme.path}/{run['runId']}"
    first = acme.http().get(url)
    again = acme.http().get(url, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    other = acme.http().get(url, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_download_link_is_short_lived_and_names_the_file(make_tenant):
    acme = make_tenant(invoices=60)
    run = acme.wait(acme.start())
    link = acme.http().get(f"{acme.path}/{run['runId']}/download").json()
    day = run["requestedAt"][:10]
    assert link["filename"] == f"invoices-{day}.csv"
    answer = httpx.get(link["url"])
    assert link["filename"] in answer.headers["content-disposition"]
    assert answer.headers["content-type"].startswith("text/csv")
    query = parse_qs(urlsplit(link["url"]).query)
    assert int(query["X-Amz-Expires"][0]) <= 300
    actions = [record["action"] for record in acme.audit(run["runId"])]
    assert actions.count("export.invoices.downloaded") == 1


def test_d13_history_and_logs_hold_no_address(make_tenant):
    acme = make_tenant(invoices=60)
    run = acme.wait(acme.start())
    step_functions = aws_client(acme.stack.laptop, "stepfunctions")
    history = step_functions.get_execution_history(executionArn=run["executionArn"])
    assert history["events"]
    assert "@" not in str(history["events"])
    logs = aws_client(acme.stack.laptop, "logs")
    groups = logs.describe_log_groups()["logGroups"]
    messages = [
        event["message"]
        for group in groups
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])[
            "events"
        ]
    ]
    assert any(run["runId"] in message for message in messages)
    assert not [message for message in messages if "@customers.example" in message]


def test_second_start_returns_the_first_run(make_tenant):
    acme = make_tenant(invoices=60)
    first = acme.http().post(acme.path).json()
    assert first["deduplicated"] is False
    during = acme.http().post(acme.path).json()
    acme.wait(first["runId"])
    after = acme.http().post(acme.path).json()
    assert during["runId"] == after["runId"] == first["runId"]
    assert during["deduplicated"] is after["deduplicated"] is True
    assert len(acme.stack.mails(first["runId"])) == 1


def test_idempotency_key_asks_for_another_export_of_the_day(make_tenant):
    acme = make_tenant(invoices=60)
    plain = acme.start()
    keyed = acme.start(key="second-of-today")
    assert keyed != plain
    assert acme.start(key="second-of-today") == keyed
    acme.wait(plain)
    acme.wait(keyed)
    # D11: two equal exports, two mails.
    assert len(acme.stack.mails(plain)) == len(acme.stack.mails(keyed)) == 1


def test_d02_fifty_starts_at_once_make_one_run_and_one_execution(make_tenant):
    acme = make_tenant(invoices=60)
    http = acme.http()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: http.post(acme.path), range(50)))
    assert {answer.status_code for answer in answers} == {202}
    (run_id,) = {answer.json()["runId"] for answer in answers}
    assert sum(not answer.json()["deduplicated"] for answer in answers) == 1
    acme.wait(run_id)
    assert acme.stack.sql(acme.id, "SELECT count(*) FROM exports") == [(1,)]
    executions = aws_client(acme.stack.laptop, "stepfunctions").list_executions(
        stateMachineArn=acme.stack.facts["state_machine_arn"], maxResults=1000
    )["executions"]
    names = [item["name"] for item in executions if item["name"].startswith(run_id)]
    assert names == [f"{run_id}-1"]
    assert len(acme.stack.mails(run_id)) == 1
