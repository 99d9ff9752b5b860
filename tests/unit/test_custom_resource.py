"""CloudFormation always receives the result of the migration."""

import json
from types import SimpleNamespace

import pytest

from invoice_export.adapters import cloudformation

EVENT = {
    "RequestType": "Update",
    "ResponseURL": "https://bucket.s3.amazonaws.com/key?signature=x",
    "StackId": "stack",
    "RequestId": "request",
    "LogicalResourceId": "Applied",
}


@pytest.fixture
def told(monkeypatch):
    answers = []

    class Connection:
        def __init__(self, host, timeout):
            self.host = host

        def request(self, method, target, body, headers):
            answers.append((method, self.host, target, json.loads(body), headers))

        def getresponse(self):
            return SimpleNamespace(status=200)

        def close(self):
            pass

    monkeypatch.setattr(cloudformation, "HTTPSConnection", Connection)
    return answers


def test_success_is_reported_with_the_result(told):
    assert cloudformation.answer(EVENT, lambda: {"rows": 7}) == {"rows": 7}
    ((method, host, target, body, headers),) = told
    assert (method, host) == ("PUT", "bucket.s3.amazonaws.com")
    assert target == "/key?signature=x"
    assert (body["Status"], body["Data"]) == ("SUCCESS", {"rows": 7})
    assert body["RequestId"] == "request"
    assert headers == {"Content-Type": ""}


def test_failure_stops_the_deployment_at_once_and_is_raised(told):
    def fail():
        raise RuntimeError("syntax error")

    with pytest.raises(RuntimeError):
        cloudformation.answer(EVENT, fail)
    assert told[0][3]["Status"] == "FAILED"
    assert "syntax error" in told[0][3]["Reason"]


def test_deleting_the_stack_undoes_no_migration(told):
    def never():
        raise AssertionError

    cloudformation.answer({**EVENT, "RequestType": "Delete"}, never)
    assert told[0][3]["Status"] == "SUCCESS"


def test_every_answer_is_about_the_same_resource(told):
    for kind in ("Create", "Update", "Delete"):
        cloudformation.answer({**EVENT, "RequestType": kind}, dict)
    assert len({answer[3]["PhysicalResourceId"] for answer in told}) == 1
