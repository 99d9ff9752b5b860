-- Settings of a transaction, and the check of a connection's role.

-- name: act_for_organization
-- Local to this transaction: a session setting would leak to the pool's next client.
SELECT invoice_export.act_for(%(org_id)s)

-- name: act_for_nobody
SELECT invoice_export.act_for('')

-- name: read_in_order
-- For this transaction only; the function says what it sets and why.
SELECT read_in_order()

-- name: read_joined
SELECT read_joined()

-- name: unsafe_role
-- A row means that this role could read another organisation's rows.
SELECT r.rolname, CASE
    WHEN r.rolsuper THEN 'is a superuser'
    WHEN r.rolbypassrls THEN 'has BYPASSRLS'
    WHEN owns.tables THEN 'owns tables'
    ELSE 'may become another role of ours'
  END
FROM pg_roles r
CROSS JOIN LATERAL (
  SELECT EXISTS (
    SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')
  ) AS tables
) owns
WHERE r.rolname = current_user
  AND (r.rolsuper OR r.rolbypassrls OR owns.tables OR EXISTS (
    SELECT FROM pg_roles ours
    WHERE ours.rolname IN ('invoice_export_owner', 'invoice_export_system')
      AND pg_has_role(ours.oid, 'MEMBER')
  ))
