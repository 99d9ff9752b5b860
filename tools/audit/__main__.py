"""``make audit-verify``: finds what was changed in the audit log.

Without ``DATABASE_URL`` it reads the laptop stack's database.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from invoice_export.domain.audit_chain import Finding
from invoice_export.domain.audit_digest import Digest, read_digests
from invoice_export.domain.chain_heads import Head
from invoice_export.store.connection import connector
from local.errors import LaptopError
from local.localstack import laptop_from_environment
from tools.audit.check import check_organization, check_part
from tools.audit.database import Chains, reading
from tools.audit.exported import NoProofError, read_file
from tools.audit.stored import digests_at
from tools.fit.__main__ import without_secrets

UNCHANGED, CHANGED, CANNOT_TELL = 0, 1, 2
WHAT_TO_DO = "Keep database and digests as they are: docs/runbook.md, audit log changed"
NO_DIGESTS = (
    "Without digests nobody can tell whether a whole chain was written anew,"
    " or its end cut off: DIGESTS=s3://…"
)


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Return 0 if nothing was changed, 1 if something was, 2 if nobody can tell."""
    options = _parser().parse_args(arguments)
    url = environment.get("DATABASE_URL", "")
    try:
        stored, found = digests_at(options.digests) if options.digests else ([], [])
        digests, unlinked = read_digests(stored)
        _tell("digests", [*found, *unlinked])
        changed = [*found, *unlinked]
        if options.file:
            changed += _check_file(digests, options)
        else:
            url = url or laptop_from_environment().owner_database_url
            with reading(connector(url)) as chains:
                changed += _check(chains, digests, options)
    except NoProofError as exc:
        return _fail(str(exc))
    except (psycopg.Error, LaptopError, OSError) as exc:
        return _fail(without_secrets(f"cannot read: {exc}", url))
    except (BotoCoreError, ClientError, ValueError) as exc:
        return _fail(f"cannot read the digests: {exc}")
    if not digests:
        print(NO_DIGESTS)
    if changed:
        print(WHAT_TO_DO)
    return CHANGED if changed else UNCHANGED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make audit-verify", description=__doc__)
    parser.add_argument("--org", action="append", help="check only this organisation")
    parser.add_argument("--digests", help="s3://bucket, or a folder of digests")
    parser.add_argument("--file", type=Path, help="an exported audit log")
    parser.add_argument(
        "--filtered", action="store_true", help="the file's export had filters"
    )
    parser.add_argument(
        "--forgotten",
        action="append",
        default=[],
        help="an organisation that was forgotten: older digests say nothing about it",
    )
    return parser


def _check(
    chains: Chains, digests: Mapping[str, Digest], options: argparse.Namespace
) -> list[Finding]:
    heads = chains.heads()
    known = heads.keys() | {org for d in digests.values() for org in d.organizations}
    changed: list[Finding] = []
    for org in options.org or sorted(known):
        said = {} if org in options.forgotten else _said(digests, org)
        head, found = check_organization(org, chains.records(org), heads.get(org), said)
        if not found:
            print(f"{org}: {head.seq if head else 0} records, nothing was changed")
        _tell(org, found)
        changed += found
    return changed


def _check_file(
    digests: Mapping[str, Digest], options: argparse.Namespace
) -> list[Finding]:
    records = read_file(options.file)
    (org,) = options.org or [None]
    said = _said(digests, org) if org else {}
    found = check_part(org, records, said, filtered=options.filtered)
    about = f"{options.file}: {len(records)} records"
    if records:
        about += f", {records[0].seq} to {records[-1].seq}"
    if not found:
        print(f"{about}, nothing was changed")
    _tell(str(options.file), found)
    return found


def _said(digests: Mapping[str, Digest], org: str) -> dict[str, Head]:
    heads = {key: digest.head_of(org) for key, digest in digests.items()}
    return {key: head for key, head in heads.items() if head is not None}


def _tell(about: str, found: Iterable[Finding]) -> None:
    for finding in found:
        print(f"{about}: {finding.kind}: {finding.text}")


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return CANNOT_TELL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
