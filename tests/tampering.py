"""What an owner of the database can do to the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

TABLES = ("audit_logs", "lanes")
REWRITE = """
DO $$
DECLARE
  entry audit_logs;
  last bytea := audit_beginning('{organization}');
BEGIN
  FOR entry IN
    SELECT * FROM audit_logs WHERE organization_id = '{organization}' ORDER BY seq
  LOOP
    entry.previous_hash := last;
    last := audit_hash(entry);
    UPDATE audit_logs SET previous_hash = entry.previous_hash, hash = last
    WHERE id = entry.id;
  END LOOP;
  UPDATE lanes SET audit_hash = last WHERE organization_id = '{organization}';
END
$$
"""


@contextmanager
def unbound(owner_url: str) -> Iterator[psycopg.Connection]:
    """Be the owner who lifts what protects the log, and puts it back afterwards."""
    with psycopg.connect(owner_url) as owner:
        owner.execute("SET search_path = invoice_export")
        owner.execute("ALTER TABLE audit_logs DISABLE TRIGGER chain")
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        yield owner
        owner.execute("ALTER TABLE audit_logs ENABLE TRIGGER chain")
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def rewrite(owner: psycopg.Connection, organization: str) -> None:
    """Compute the organisation's whole chain again, and the head in its lane."""
    owner.execute(REWRITE.format(organization=organization).encode())


@contextmanager
def kept(owner_url: str, organization: str) -> Iterator[None]:
    """Put back the organisation's log and its head when the block ends."""
    # The id is one that a test made up.
    where = f"WHERE organization_id = '{organization}'".encode()
    with unbound(owner_url) as owner, owner.cursor() as cursor:
        with cursor.copy(
            b"COPY (SELECT * FROM audit_logs " + where + b") TO STDOUT"
        ) as copy:
            records = b"".join(copy)
        cursor.execute(b"SELECT audit_seq, audit_hash FROM lanes " + where)
        head = cursor.fetchone()
    assert head is not None
    try:
        yield
    finally:
        with unbound(owner_url) as owner, owner.cursor() as cursor:
            cursor.execute(b"DELETE FROM audit_logs " + where)
            with cursor.copy(b"COPY audit_logs FROM STDIN") as back:
                back.write(records)
            cursor.execute(
                b"UPDATE lanes SET audit_seq = %s, audit_hash = %s " + where, head
            )
