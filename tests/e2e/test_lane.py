"""One running export per organisation: failure, cancellation and retry.

tests/README.md explains the numbers.
"""

from itertools import pairwise

from local.tenancy import act_for, connect_as_owner
from tests.e2e.conftest import add_invoices


def test_two_users_queue_up_and_both_finish_in_order(make_tenant):
    acme = make_tenant(invoices=3_000, roles=("owner", "member", "member"))
    runs = [acme.start(user) for user in acme.users]
    done = [acme.wait(run) for run in runs]
    for before, after in pairwise(done):
        assert before["completedAt"] <= after["startedAt"]
    for run in runs:
        assert acme.assert_file_equals_database(acme.download(run)) == 3_000
        assert len(acme.stack.mails(run)) == 1


def test_organisations_do_not_wait_for_each_other(make_tenant):
    long, short = make_tenant(invoices=20_000), make_tenant(invoices=10)
    first, second = long.start(), short.start()
    done = short.wait(second)
    assert done["startedAt"] < long.wait(first)["completedAt"]


def test_empty_organisation_fails_at_once_without_a_mail(make_tenant):
    empty = make_tenant()
    run = empty.wait(empty.start(), expected="failed")
    assert run["error"]["code"] == "EMPTY_RESULTSET"
    assert run["attemptCount"] == 1
    assert run["pagesDone"] == 0
    assert empty.stack.mails(run["runId"]) == []
    actions = sorted(record["action"] for record in empty.audit(run["runId"]))
    assert actions == ["export.invoices.failed", "export.invoices.requested"]
    assert empty.stack.sql(empty.id, "SELECT count(*) FROM export_pages") == [(0,)]


def test_d03_failed_run_starts_again_the_same_day(make_tenant):
    acme = make_tenant()
    first = acme.wait(acme.start(), expected="failed")
    with connect_as_owner(acme.stack.laptop) as connection:
        cursor = connection.cursor()
        act_for(cursor, acme.id)
        add_invoices(cursor, acme.id, 70)
    again = acme.start()
    assert again == first["runId"]
    run = acme.wait(again)
    assert run["attemptCount"] == 2
    assert run["rowCount"] == 70
    assert run["error"] is None
    assert len(acme.stack.mails(again)) == 1


def test_queued_run_is_cancelled_and_the_lane_moves_on(make_tenant):
    acme = make_tenant(invoices=100_000, roles=("owner", "member", "member"))
    runs = [acme.start(user) for user in acme.users]
    cancelled = acme.http().post(f"{acme.path}/{runs[1]}/cancel")
    assert cancelled.status_code == 200
    assert cancelled.json()["status"] == "cancelled"
    acme.wait(runs[0])
    acme.wait(runs[2])
    assert acme.stack.mails(runs[1]) == []


def test_running_run_is_cancelled_and_retried_under_its_id(make_tenant):
    acme = make_tenant(invoices=200_000)
    run_id = acme.start()
    cancelled = acme.http().post(f"{acme.path}/{run_id}/cancel")
    assert cancelled.status_code == 200, cancelled.text
    assert acme.watch(run_id)["status"] == "cancelled"
    assert acme.stack.mails(run_id) == []
    retried = acme.http().post(f"{acme.path}/{run_id}/retry")
    assert retried.status_code == 202, retried.text
    assert retried.json()["runId"] == run_id
    run = acme.wait(run_id)
    assert run["attemptCount"] == 2
    assert acme.assert_file_equals_database(acme.download(run_id)) == 200_000
    assert len(acme.stack.mails(run_id)) == 1
    actions = [record["action"] for record in acme.audit(run_id)]
    assert actions.count("export.invoices.cancelled") == 1
    assert actions.count("export.invoices.completed") == 1


def test_member_cannot_cancel_anothers_run_but_an_admin_can(make_tenant):
    acme = make_tenant(invoices=100_000, roles=("owner", "admin", "member", "member"))
    _, admin, one, other = acme.users
    blocking, run = acme.start(admin), acme.start(one)
    refused = acme.http(other).post(f"{acme.path}/{run}/cancel")
    assert refused.status_code == 403
    assert refused.json()["code"] == "NOT_YOUR_RUN"
    assert acme.http(admin).post(f"{acme.path}/{run}/cancel").status_code == 200
    acme.wait(blocking)
