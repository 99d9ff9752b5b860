"""`make smoke` against the engine that the suite runs on."""

from tests.e2e.test_stack import make


def smoke(stack, token, *arguments):
    """Run it as an operator does, with nothing but an address and a token."""
    api = f"API={stack.facts['api_url']}"
    return make(stack.laptop, "smoke", api, f"TOKEN={token}", *arguments)


def test_smoke_exports_checks_and_finds_the_mail(make_tenant):
    acme = make_tenant(invoices=120)
    token = acme.http().headers["authorization"].removeprefix("Bearer ")
    done = smoke(acme.stack, token)
    assert done.returncode == 0, done.stderr
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines()[1:])
    assert told["completed"] == "120 rows in 3 pages"
    assert told["checked"].startswith("120 rows, CRC-32 ")
    assert told["unreported"] == "this engine never tells whether mail arrives"
    run_id = told["started"].split()[1].rstrip(",")
    assert len(acme.stack.mails(run_id)) == 1
    again = smoke(acme.stack, token, "ORG=org_elsewhere")
    assert again.returncode == 2
    assert f"{acme.users[0]} may not export in org_elsewhere" in again.stderr


def test_smoke_says_that_an_organisation_has_nothing_to_export(make_tenant):
    empty = make_tenant()
    token = empty.http().headers["authorization"].removeprefix("Bearer ")
    done = smoke(empty.stack, token)
    assert done.returncode == 2
    (line, *_) = done.stderr.splitlines()
    assert "EMPTY_RESULTSET" in line
    assert "ORG=" in line
