"""Puts the heads of all audit chains where the database's owner cannot reach them."""

from datetime import date

from invoice_export.adapters.digests import Digests
from invoice_export.domain.audit_digest import Stored, digest_key, take_digest
from invoice_export.store import audit
from invoice_export.store.database import Database


def digest_audit_log(db: Database, digests: Digests, today: date) -> bool:
    """Store the day's digest; return False if the day has one already."""
    key = digest_key(today)
    before = digests.newest_before(key)
    with db.system() as tx:
        heads = audit.list_heads(tx)
    return digests.put_new(Stored(key, take_digest(heads, before).to_bytes()))
