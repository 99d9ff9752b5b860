"""Webhooks: allowed destinations, what a post carries and how it is signed."""

import hashlib
import hmac
import http.server
import ipaddress
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from AntiSSRF import IPAddressRanges
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from invoice_export.adapters.webhooks import Webhooks
from invoice_export.domain.addresses import is_public
from invoice_export.domain.webhooks import check_destination, new_secret, sign
from invoice_export.errors import UnsafeDestinationError, WebhookFailedError

HOST = "hooks.customer.example"
URL = f"https://{HOST}/exports?team=1"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.customer.example/",
        "https://hooks.customer.example:8443/",
        "https://user:secret@hooks.customer.example/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/",
        "https://metadata.google.internal/",
        "https://db.local./",
        "https://hooks.customer.example@169.254.169.254/",
        "https://hooks.customer.example\\@evil.example/",
        "https://hooks.customer.example/ x",
        "https://hooks.customer.example/\r\nX-Injected: 1",
        "https://exämple.example/",
        "https://hooks.customer.example:99999/",
        "https://[not-an-address/",
        "https:///path",
        "file:///etc/passwd",
        "gopher://hooks.customer.example/",
        "https://hooks.customer.example/" + "a" * 2000,
        "https://" + "a" * 64 + ".customer.example/",
        "https://" + "a." * 130 + "example/",
        "https://hooks..customer.example/",
        "https://hooks.customer.example../",
        "https://-hooks.customer.example/",
        "https://hooks%2ecustomer.example/",
        "https://169.254.169.0xfe/",
        "https://[64:ff9b::a9fe:a9fe]/",
    ],
)
def test_destination_that_could_lead_inside_is_refused(url):
    with pytest.raises(UnsafeDestinationError):
        check_destination(url)


def test_public_https_destination_is_allowed():
    assert check_destination(URL) == HOST


@pytest.mark.parametrize("host", ["a_b.customer.example", "xn--bcher-kva.example"])
def test_unusual_host_name_is_allowed(host):
    assert check_destination(f"https://{host}./") == host


PRIVATE = ["10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1"]


@pytest.mark.parametrize(
    "address",
    [
        *PRIVATE,
        "172.16.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.0.9",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fd00:ec2::254",
        "ff0e::1",
        "4000::1",
        "",
        "hooks.customer.example",
    ],
)
def test_address_inside_is_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize("inner", [*PRIVATE, "8.8.8.8"])
def test_address_that_embeds_another_is_refused(inner):
    ipv4 = int(ipaddress.IPv4Address(inner))
    embedding = {
        "IPv4-mapped": 0xFFFF << 32 | ipv4,
        "IPv4-compatible": ipv4,
        "IPv4-translated": 0xFFFF << 48 | ipv4,
        "NAT64": 0x64_FF9B << 96 | ipv4,
        "local NAT64": 0x64_FF9B_0001 << 80 | ipv4,
        "6to4": 0x2002 << 112 | ipv4 << 80 | 1,
        "Teredo client": 0x2001_0000 << 96 | ipv4 ^ 0xFFFFFFFF,
        "Teredo server": 0x2001_0000 << 96 | ipv4 << 64,
        "ISATAP": 0x2606_4700 << 96 | 0x0000_5EFE << 32 | ipv4,
        "global ISATAP": 0x2606_4700 << 96 | 0x0200_5EFE << 32 | ipv4,
    }
    passed = [
        name
        for name, n in embedding.items()
        if is_public(str(ipaddress.IPv6Address(n)))
    ]
    assert passed == []


@pytest.mark.parametrize("network", IPAddressRanges.recommended_latest)
def test_ranges_that_another_guard_refuses_are_refused(network):
    whole = ipaddress.ip_network(network)
    assert not is_public(str(whole[0]))
    assert not is_public(str(whole[-1]))


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "52.94.236.248", "2606:4700:4700::1111", "2a00:1450:4001::5efe"],
)
def test_public_address_is_allowed(address):
    assert is_public(address)


@given(st.ip_addresses())
def test_no_address_is_public_that_python_calls_private(address):
    assert address.is_global or not is_public(str(address))


@given(st.text(min_size=1, max_size=60))
def test_no_text_gets_past_as_anything_but_a_public_https_url(text):
    try:
        host = check_destination(text)
    except UnsafeDestinationError:
        return
    assert text.lower().startswith("https:")
    assert "." in host


def test_signature_is_hmac_sha256_over_time_and_body():
    secret = new_secret()
    header = sign(secret, timestamp=1_700_000_000, body=b'{"a":1}')
    expected = hmac.new(secret.encode(), b'1700000000.{"a":1}', hashlib.sha256)
    assert header == f"t=1700000000,v1={expected.hexdigest()}"


def test_signature_changes_with_time_body_and_secret():
    base = sign("s", timestamp=1, body=b"x")
    assert (
        len(
            {
                base,
                sign("s", timestamp=2, body=b"x"),
                sign("s", timestamp=1, body=b"y"),
                sign("t", timestamp=1, body=b"x"),
            }
        )
        == 4
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An HTTPS server on loopback: the path sets the status, each post is recorded."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(pem)
    )
    seen = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, dict(self.headers), body))
            self.send_response(int(self.path.rpartition("/")[2].split("?")[0] or 200))
            self.send_header("Location", "https://169.254.169.254/")
            self.end_headers()

        def log_message(self, *_):
            pass

    httpd = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    httpd.socket = tls.wrap_socket(httpd.socket, server_side=True)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield httpd.server_port, ssl.create_default_context(cafile=str(file)), seen
    httpd.shutdown()
    httpd.server_close()


def webhooks(server, **changes):
    port, trusted, _ = server
    options = {
        "resolver": lambda _: ["127.0.0.1"],
        "allowed": lambda _: True,
        "context": trusted,
        "port": port,
    }
    return Webhooks(**{**options, **changes})


def test_post_reaches_the_host_with_body_and_headers(server):
    webhooks(server).post(f"https://{HOST}/200?team=1", b"{}", {"X-Mine": "1"})
    path, headers, body = server[2][-1]
    assert (path, headers["X-Mine"], body) == ("/200?team=1", "1", b"{}")
    assert headers["Host"].startswith(HOST)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
def test_any_answer_but_2xx_is_a_failure_and_no_redirect_is_followed(server, status):
    before = len(server[2])
    with pytest.raises(WebhookFailedError, match=f"answered {status}"):
        webhooks(server).post(f"https://{HOST}/{status}", b"{}", {})
    assert len(server[2]) == before + 1


def test_host_that_leads_inside_is_never_called(server):
    before = len(server[2])
    with pytest.raises(WebhookFailedError, match="private network"):
        webhooks(server, allowed=is_public).post(f"https://{HOST}/200", b"{}", {})
    assert len(server[2]) == before


@pytest.mark.parametrize(
    "addresses",
    [["8.8.8.8", "10.0.0.1"], ["64:ff9b::7f00:1"], ["::ffff:127.0.0.1"], []],
)
def test_host_with_one_address_inside_is_never_called(server, addresses):
    mixed = webhooks(server, allowed=is_public, resolver=lambda _: addresses)
    with pytest.raises(WebhookFailedError, match="private network"):
        mixed.post(f"https://{HOST}/200", b"{}", {})


def test_name_is_resolved_once_and_the_checked_address_is_called(server, monkeypatch):
    resolved, checked = [], []
    getaddrinfo = socket.getaddrinfo

    def recorded(host, port, *args, **options):
        resolved.append(host)
        asked = "127.0.0.1" if host == HOST else host
        return getaddrinfo(asked, port, *args, **options)

    def allowed(address):
        checked.append(address)
        return True

    monkeypatch.setattr(socket, "getaddrinfo", recorded)
    port, trusted, _ = server
    own = Webhooks(allowed=allowed, context=trusted, port=port)
    own.post(f"https://{HOST}/200", b"{}", {})
    # Connecting also looks up the address itself, which needs no DNS query.
    assert resolved == [HOST, "127.0.0.1"]
    assert checked == ["127.0.0.1"]


def test_server_with_another_certificate_gets_nothing(server):
    before = len(server[2])
    with pytest.raises(WebhookFailedError, match="SSLCertVerificationError"):
        webhooks(server).post("https://other.customer.example/200", b"{}", {})
    assert len(server[2]) == before
