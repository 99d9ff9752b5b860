"""Requests of arbitrary bytes: no 5xx, and no row of another organisation.

``test_api.py`` derives its requests from the OpenAPI document. These use any method,
path, query, header and body that API Gateway could forward, and some it would not.
"""

import base64
import json
import os

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.fix_api import KEY_ID

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))
FUZZ = settings(
    # These requests cost less than those of test_api.py.
    max_examples=5 * EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize="FUZZ_EXAMPLES" not in os.environ,
)
ACME = "/api/organizations/org_acme"
RUN = f"{ACME}/exports/01890000-0000-7000-8000-000000000000"
# Alice and Carol belong to acme alone, so they must never see these words.
FOREIGN = ("org_globex", "org_initech", "user_dave", "user_erin")

odd_texts = st.one_of(
    st.text(max_size=60),
    # Lone surrogates, and bytes decoded with the wrong codec.
    st.text(st.characters(codec=None), max_size=20),
    st.binary(max_size=30).map(lambda b: b.decode("utf-8", "surrogateescape")),
    st.binary(max_size=30).map(lambda b: b.decode("latin-1")),
    st.sampled_from(
        ["\0", "%00", "%ff%fe", "%ED%A0%80", "..%2F", "%", "*", "\r\nX: y"]
    ),
)
media_types = st.one_of(
    st.sampled_from(
        [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json; charset=utf-16",
            "application/json; charset=",
            "application/vnd.api+json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "text/plain",
            "application/octet-stream",
        ]
    ),
    odd_texts,
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | odd_texts
    | st.sampled_from(["csv", "https://hooks.customer.example/"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["format", "consistency", "url"]) | odd_texts,
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def nested(opening, closing):
    depths = st.integers(0, 5000)
    return depths.map(lambda n: f'{{"format":{opening * n}1{closing * n}}}'.encode())


def utf8(text):
    return text.encode("utf-8", "surrogatepass")


contents = st.one_of(
    st.binary(max_size=200),
    values.map(lambda value: utf8(json.dumps(value))),
    values.map(lambda value: utf8(json.dumps(value, ensure_ascii=False))),
    values.map(lambda value: json.dumps(value).encode("utf-16")),
    values.map(lambda value: b"\xef\xbb\xbf" + json.dumps(value).encode()),
    nested("[", "]"),
    nested('{"a":', "}"),
    st.integers(1, 6000).map(lambda n: b'{"format":' + b"9" * n + b"}"),
    st.integers(1, 20_000).map(lambda n: b'{"url":"' + b"a" * n + b'"}'),
    st.just(b'{"format":"csv","format":"csv.gz"}'),
    st.just(b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n--x--'),
)
bodies = st.one_of(
    st.none(),
    # API Gateway replaces bytes that are not UTF-8, or sends base64. It never sends
    # the other bodies.
    contents.map(lambda c: (c.decode("utf-8", "replace"), False)),
    contents.map(lambda c: (c.decode("utf-8", "surrogateescape"), False)),
    contents.map(lambda c: (base64.b64encode(c).decode(), True)),
    contents.map(lambda c: (c.decode("latin-1"), True)),
)
jose_headers = st.fixed_dictionaries(
    {"alg": values | st.just("RS256")},
    optional={"kid": values | st.just(KEY_ID), "crit": values, "b64": values},
).map(lambda header: utf8(json.dumps(header)))
segments = odd_texts.map(lambda text: text.replace("/", ""))
paths = st.one_of(
    st.sampled_from(
        [
            f"{ACME}/exports",
            f"{ACME}/audit-logs",
            f"{ACME}/webhook",
            f"{ACME}/suppressions",
            RUN,
            *(f"{RUN}/{action}" for action in ("graph", "download", "cancel", "retry")),
            "/api/me",
            "/api/openapi.json",
            "/inspector",
        ]
    ),
    st.builds("/api/organizations/{}/exports".format, segments),
    st.builds(f"{ACME}/exports/{{}}".format, segments),
    st.builds(f"{ACME}/exports/{{}}/download".format, segments),
    st.builds(f"{ACME}/suppressions/{{}}".format, segments),
    st.builds("/inspector/{}/{}".format, segments, segments),
    odd_texts.map("/{}".format),
)
requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
        ),
        "path": paths,
        "query": st.none()
        | st.dictionaries(st.sampled_from(["limit", "x"]) | odd_texts, odd_texts),
        "headers": st.fixed_dictionaries(
            {"content-type": media_types},
            optional={
                "idempotency-key": odd_texts,
                "if-none-match": odd_texts,
                "accept-encoding": odd_texts,
                "origin": odd_texts,
            },
        ),
        "body": bodies,
    }
)


def base64url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def send(api, request, **who):
    body, base64_encoded = request["body"] or (None, False)
    answer = api(
        request["method"],
        request["path"],
        query=request["query"],
        headers={**request["headers"], **who.pop("headers", {})},
        body=body,
        base64_encoded=base64_encoded,
        **who,
    )
    # API Gateway cannot send a lone surrogate.
    text = json.dumps([answer.headers, answer.body], ensure_ascii=False)
    text.encode()
    assert 200 <= answer.status < 500, text
    if answer.status >= 400 and request["method"] != "HEAD":
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.body["status"] == answer.status
    if answer.status == 405:
        assert request["method"] not in answer.headers["allow"].split(", ")
    return answer, text


@pytest.mark.parametrize("user", ["user_alice", "user_carol"])
def test_no_bytes_of_a_member_reach_a_500(api, user):
    @FUZZ
    @given(requests)
    def one(request):
        _, text = send(api, request, as_user=user)
        assert not [word for word in FOREIGN if word in text]

    one()


def test_no_bytes_let_a_stranger_act_or_tell_them_what_is_there(api, world):
    before = world.rows("SELECT count(*) FROM exports")

    @FUZZ
    @given(requests)
    def one(request):
        answer, _ = send(api, request, as_user="user_dave")
        if request["path"].startswith(ACME):
            assert answer.status == 404

    one()
    assert world.rows("SELECT count(*) FROM exports") == before


def test_no_bytes_are_a_token(api, world, issuer):
    before = world.rows("SELECT count(*) FROM exports")
    token = issuer.token("user_alice")
    credentials = st.one_of(
        odd_texts,
        odd_texts.map("Bearer {}".format),
        odd_texts.map(lambda text: f"Bearer {text}{token}"),
        st.integers(0, len(token) - 1).map(lambda n: f"Bearer {token[:n]}"),
        st.tuples(st.integers(0, len(token) - 1), odd_texts).map(
            lambda cut: f"Bearer {token[: cut[0]]}\0{cut[1]}{token[cut[0] :]}"
        ),
        # The claims and signature of a valid token, with another header.
        (contents | jose_headers).map(
            lambda header: f"Bearer {base64url(header)}.{token.partition('.')[2]}"
        ),
    )

    @FUZZ
    @given(requests, credentials)
    def one(request, authorization):
        assume(authorization.split() != ["Bearer", token])
        answer, _ = send(
            api, request, as_user=None, headers={"authorization": authorization}
        )
        if request["path"].startswith("/api/organizations/"):
            assert answer.status == 401

    one()
    assert world.rows("SELECT count(*) FROM exports") == before
