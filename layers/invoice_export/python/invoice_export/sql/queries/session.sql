-- Settings of a transaction, and the check of a connection's role.

-- name: act_for_organization
-- Local to this transaction: a session setting would leak to the pool's next client.
SELECT act_for(%(org_id)s)

-- name: act_for_nobody
SELECT act_for('')

-- name: read_in_order
-- For this transaction only; the function says what it sets and why.
SELECT read_in_order()

-- name: unsafe_role
-- A row means that row-level security does not bind this role.
SELECT r.rolname, CASE
    WHEN r.rolsuper THEN 'is a superuser'
    WHEN r.rolbypassrls THEN 'has BYPASSRLS'
    ELSE 'owns tables'
  END
FROM pg_roles r
WHERE r.rolname = current_user
  AND (r.rolsuper OR r.rolbypassrls
       OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind = 'r'))
