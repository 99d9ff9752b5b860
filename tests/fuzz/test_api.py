"""Requests that the OpenAPI document allows, and some it forbids: no 5xx, no leak.

``make test`` runs a few examples of each operation, ``make fuzz`` many.
"""

import json
import os
from contextlib import suppress
from urllib.parse import parse_qsl, unquote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.wrappers import Request, Response

from local import seed

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# Alice and Carol belong to acme alone, so they must never see these words.
FOREIGN = ("org_globex", "org_initech", "user_dave", "user_erin")
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize="FUZZ_EXAMPLES" not in os.environ,
)
USERS = ["user_alice", "user_carol", None]


def gateway(api):
    """A WSGI application that calls ``http_api`` as API Gateway would."""

    def application(environ, start_response):
        request = Request(environ)
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = api(
            request.method,
            unquote(request.path),
            as_user=None,
            body=request.get_data(as_text=True) or None,
            headers=headers,
            query=dict(parse_qsl(request.query_string.decode("latin-1"))) or None,
        )
        body = answer.body
        text = body if isinstance(body, str) else json.dumps(body)
        response = Response(text, status=answer.status)
        response.headers.clear()
        for name, value in answer.headers.items():
            response.headers[name] = value
        return response(environ, start_response)

    return application


@pytest.fixture
def description(api):
    return api("GET", "/api/openapi.json", as_user=None).body


@pytest.fixture
def schema(api, description):
    # The gateway takes the server's address off before it passes a path on.
    here = {**description, "servers": [{"url": "/"}]}
    schema = schemathesis.openapi.from_dict(here)
    schema.app = gateway(api)
    return schema


@pytest.fixture
def sign_in(schema, issuer):
    """Sends a user's token, except where Schemathesis sends an invalid one."""

    def as_user(user):
        @schema.auth(refresh_interval=None)
        class Token:
            def get(self, case, context):
                return issuer.token(user)

            def set(self, case, data, context):
                case.headers["Authorization"] = f"Bearer {data}"

    return as_user


def let_in(answer):
    """False if the API refused one of our tokens. A JWT begins with ``ey``."""
    brought = answer.request.headers.get("Authorization", "")
    return answer.status_code != 401 or not brought.startswith("Bearer ey")


def operations(description):
    for path, methods in description["paths"].items():
        for method in methods:
            yield path, method


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("user", USERS)
def test_every_operation_answers_as_described(schema, description, sign_in, user):
    if user is not None:
        sign_in(user)
    for path, method in operations(description):

        @FUZZ
        @given_case(schema[path][method])
        def one(case):
            if "organizationId" in case.path_parameters:
                case.path_parameters["organizationId"] = "org_acme"
            answer = case.call()
            case.validate_response(answer, checks=CHECKS)
            assert not [word for word in FOREIGN if word in answer.text]
            if user is None:
                assert answer.status_code in {401, 404, 405, 413}
            else:
                assert let_in(answer)

        one()


@pytest.mark.filterwarnings("default")
def test_another_organisation_is_never_there_whatever_is_sent(
    schema, description, sign_in, world
):
    sign_in("user_dave")
    before = world.rows("SELECT count(*) FROM exports")
    for path, method in operations(description):
        if "{organizationId}" not in path:
            continue

        @FUZZ
        @given_case(schema[path][method])
        def one(case):
            case.path_parameters["organizationId"] = "org_acme"
            assert case.call().status_code in {404, 405}

        one()
    assert world.rows("SELECT count(*) FROM exports") == before


@pytest.mark.filterwarnings("default")
def test_sequences_of_calls_keep_to_the_description(schema, sign_in, world):
    sign_in("user_alice")
    begun = 0
    failures = []

    class Alice(schema.as_state_machine()):
        def setup(self):
            nonlocal begun
            begun += 1
            super().setup()
            seed.reset(world.owner)

        def validate_response(self, response, case, **about):
            try:
                assert let_in(response)
                super().validate_response(response, case, **about)
            except (AssertionError, FailureGroup) as failure:
                failures.append(failure)
                raise

    sequences = max(2, EXAMPLES // 3)
    while begun < sequences:
        # Schemathesis chooses at random, outside Hypothesis, whether to follow a link.
        # Hypothesis gives up when a repeated start leads elsewhere. The loop goes on.
        with suppress(FlakyStrategyDefinition):
            Alice.run(
                settings=settings(
                    FUZZ, max_examples=sequences - begun, stateful_step_count=6
                )
            )
        if failures:
            raise failures[0]


def given_case(operation):
    """Hypothesis's ``given`` for cases of one operation."""
    from hypothesis import given  # noqa: PLC0415

    return given(case=operation.as_strategy())
