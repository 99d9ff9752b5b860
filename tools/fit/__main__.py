"""``make fit DATABASE_URL=…``: prints what does not fit, and what to do about it."""

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

import psycopg

from invoice_export import datasets
from invoice_export.errors import DatasetError
from invoice_export.store.connection import connector
from tools.fit.check import check
from tools.fit.findings import as_json, as_text, fits

FITS, DOES_NOT_FIT, CANNOT_TELL = 0, 1, 2
USAGE = "make fit DATABASE_URL=postgresql://user:password@host:5432/database"
SECRET = re.compile(r"://[^:/?#]*:(.*)@|[?&\s]?password=('[^']*'|[^&\s]*)")


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Return 0 if all fits, 1 if not, 2 if that cannot be told."""
    parser = argparse.ArgumentParser(prog="make fit", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    url = environment.get("DATABASE_URL", "")
    if not url:
        return _fail(f"name the database: {USAGE}")
    try:
        sections = check(connector(url), datasets.load())
    except DatasetError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return DOES_NOT_FIT
    except psycopg.ProgrammingError:
        # Its text repeats what it cannot read.
        return _fail(f"DATABASE_URL is no address of a database: {USAGE}")
    except psycopg.Error as exc:
        return _fail(without_secrets(f"cannot read the database: {exc}", url))
    print(
        json.dumps(as_json(sections), indent=2) if options.json else as_text(sections)
    )
    return FITS if fits(sections) else DOES_NOT_FIT


def without_secrets(text: str, url: str) -> str:
    """Return a text without the password; an ``@`` or ``/`` may have cut it in two."""
    for found in SECRET.finditer(url):
        password = found[1] or (found[2] or "").strip("'")
        pieces = [password, *re.split(r"[@/:?#]", password)]
        for piece in sorted(filter(None, pieces), key=len, reverse=True):
            text = text.replace(unquote(piece), "***").replace(piece, "***")
    return text


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return CANNOT_TELL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
