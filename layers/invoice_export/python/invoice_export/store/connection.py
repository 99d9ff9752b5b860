"""How to connect to PostgreSQL, and which roles are safe to connect as."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import Connection
from psycopg.rows import tuple_row

from invoice_export.errors import UnsafeRoleError
from invoice_export.store.statements import raw

Connect = Callable[[], Connection]

# The certificates that RDS and its proxy present; see the README beside the file.
ROOTS = Path(__file__).parents[1] / "certificates" / "rds.pem"


class Passwords(Protocol):
    """Signs the password of a new connection, for RDS IAM authentication."""

    def __call__(self, *, host: str, port: int, user: str) -> str: ...


def connector(url: str, passwords: Passwords | None = None) -> Connect:
    """Return a function that connects to ``url``, with a new signed password if asked.

    With signed passwords the server's certificate is always verified. Connections use
    no session settings and no prepared statements: behind a pooling proxy, either would
    pin the session or leak into another client's.
    """

    def connect() -> Connection:
        options: dict[str, Any] = {}
        if passwords is not None:
            parts = psycopg.conninfo.conninfo_to_dict(url)
            # A token is as good as a password: only the real server may receive it.
            options |= {"sslmode": "verify-full", "sslrootcert": str(ROOTS)}
            options["password"] = passwords(
                host=str(parts["host"]),
                port=int(parts.get("port") or 5432),
                user=str(parts["user"]),
            )
        return psycopg.connect(
            url,
            autocommit=True,
            prepare_threshold=None,
            connect_timeout=5,
            keepalives_idle=30,
            tcp_user_timeout=20_000,
            application_name="invoice-export",
            # Files are UTF-8; a database may have another default for its clients.
            client_encoding="utf8",
            **options,
        )

    return connect


def assert_safe_role(connection: Connection) -> None:
    """Refuse a role that row-level security does not bind.

    Raises :class:`UnsafeRoleError` for a superuser, a role with BYPASSRLS, and an owner
    of any table.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(raw("session.unsafe_role")).fetchone()
    if row is not None:
        raise UnsafeRoleError(f"database role {row[0]!r} {row[1]}: use a plain role")
