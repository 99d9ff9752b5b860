"""Independent programs that unpack gzip."""

import gzip
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from playwright.sync_api import Browser

from tests.judges.readers import ROOT, node, program

HERE = Path(__file__).parent
# Only a page of a secure context may hash, and one of this machine is secure. No server
# listens there: Playwright answers.
PAGE, FILE = "http://localhost/", "http://localhost/file.gz"
DECOMPRESS = """
async (address) => {
  const { body } = await fetch(address);
  const unpacked = new Response(body.pipeThrough(new DecompressionStream("gzip")));
  const content = await unpacked.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0"));
  return { bytes: content.byteLength, sha256: sha256.join("") };
}
"""


@dataclass(frozen=True)
class Content:
    """What came out, in brief."""

    byte_count: int
    sha256: str


def content_of(plain: bytes) -> Content:
    return Content(len(plain), sha256(plain).hexdigest())


def with_python(path: Path) -> Content:
    return content_of(gzip.decompress(path.read_bytes()))


def with_gzip(path: Path) -> Content:
    return _output("gzip", "-dc", str(path))


def with_fflate(path: Path) -> Content:
    return _output("node", str(HERE / "fflate.cjs"), str(path))


def _output(*command: str) -> Content:
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    return content_of(done.stdout)


def with_chromium(browser: Browser, path: Path) -> Content:
    """Let a page fetch the file and pipe it through a ``DecompressionStream``."""
    context = browser.new_context()
    page = context.new_page()
    page.route(PAGE, lambda route: route.fulfill(body="", content_type="text/html"))
    page.route(
        FILE, lambda route: route.fulfill(path=path, content_type="application/gzip")
    )
    page.goto(PAGE)
    found = page.evaluate(DECOMPRESS, FILE)
    context.close()
    return Content(found["bytes"], found["sha256"])


JUDGES: dict[str, tuple[Callable[[Path], Content], Callable[[], str | None]]] = {
    "python": (with_python, lambda: None),
    "gzip": (with_gzip, program("gzip", "apt-get install gzip")),
    "fflate": (with_fflate, node("fflate")),
}
