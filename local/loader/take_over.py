"""Writes staged invoices into their organisations."""

from collections.abc import Iterable

from psycopg import errors

from local.loader.organizations import Organization
from local.loader.problems import SHOWN
from local.loader.report import Loaded
from local.loader.rules import Existing, Rules
from local.loader.staging import Row, Staging, count_of
from local.loader.statements import same_key
from local.loader.tenants import enter, exporter

# A dry run shows more.
SHOWN_DRY = 1_000


def take_over(
    staging: Staging,
    rules: Rules,
    organizations: Iterable[Organization],
    *,
    says_due: bool,
) -> list[Loaded]:
    """Insert new invoices, and update changed ones if the rules say so.

    ``says_due``: the file has due dates, so that an empty one means none.
    """
    written: list[tuple[str, str, bool, int]] = []
    for organization in organizations:
        is_new = enter(staging, organization)
        if not is_new:
            staging.execute(
                "match",
                organization=organization.id,
                same=same_key(rules.key, "s", "i"),
                says_due=says_due,
            )
        new = _write(staging, rules, organization.id)
        member = exporter(staging, organization.id)
        written.append((organization.id, member, is_new, new))
    _refuse_what_is_there_twice(staging, rules.key)
    matched: dict[str, Row] = {
        row["organization_id"]: row for row in staging.all("count_matched")
    }
    nothing = {"rows": 0, "changed": 0}
    return [
        Loaded(
            organization_id=organization_id,
            member=member,
            is_new=is_new,
            new=new,
            matched=matched.get(organization_id, nothing)["rows"],
            changed=matched.get(organization_id, nothing)["changed"],
        )
        for organization_id, member, is_new, new in written
    ]


def changes(staging: Staging, rules: Rules) -> tuple[int, list[str]]:
    """Return how many invoices exist with different content, and the first of them."""
    rows = staging.all("changes", limit=SHOWN_DRY if rules.dry_run else SHOWN)
    told = [f"line {row['line']}: {row['number']}: {row['changes']}" for row in rows]
    count = count_of(rows)
    if count and rules.existing is Existing.REFUSE:
        raise staging.refusal(
            f"existing invoices with different content: {count}",
            *told,
            hidden=count - len(told),
            advice="--update takes the content of the file, --keep leaves the"
            " invoices as they are. If these are different invoices, because numbers"
            " start again every year: --key number,created_at.",
        )
    return count, told


def _write(staging: Staging, rules: Rules, organization_id: str) -> int:
    """Return how many invoices are new."""
    try:
        new = staging.execute(
            "insert_new",
            organization=organization_id,
            status=rules.status,
            currency=rules.currency,
        )
    except errors.UniqueViolation as exc:
        raise staging.refusal(
            "an id in the file belongs to an invoice of another organisation"
            f" ({exc.diag.message_detail})",
            advice="Leave out --key id, and each row gets a new id.",
        ) from exc
    if rules.existing is Existing.UPDATE:
        staging.execute("update_changed", organization=organization_id)
    return new


def _refuse_what_is_there_twice(staging: Staging, key: tuple[str, ...]) -> None:
    if row := staging.first("matched_twice"):
        raise staging.refusal(
            f"line {row['line']}: {row['invoices']} existing invoices have this"
            f" {' and '.join(key)}",
            advice="Tell them apart with --key number,created_at, or --key id.",
        )
