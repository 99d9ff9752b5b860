-- What `make fit` asks the catalogue. It runs in a read-only transaction; no statement
-- here needs more than a login.

-- name: begin
-- Unqualified names in the queries are those of public, as in the views.
SELECT
  set_config('default_transaction_read_only', 'on', true),
  set_config('statement_timeout', %(statement_timeout)s, true),
  set_config('lock_timeout', '1s', true),
  set_config('search_path', 'public, pg_temp', true)

-- name: act_for
SELECT set_config('app.org_id', %(organization)s, true)

-- name: read_in_order
-- The planner's settings of invoice_export.read_in_order(), which set-up makes.
SELECT
  set_config('enable_sort', 'off', true),
  set_config('enable_bitmapscan', 'off', true),
  set_config('enable_seqscan', 'off', true),
  set_config('max_parallel_workers_per_gather', '0', true),
  set_config('jit', 'off', true)

-- name: server
SELECT
  current_setting('server_version_num')::integer AS number,
  current_setting('server_version') AS version,
  current_database() AS database,
  current_user::text AS role,
  to_regclass('invoice_export.datasets') IS NOT NULL AS deployed

-- name: may_become
-- A role that does not exist has no row.
SELECT coalesce(bool_or(pg_has_role(oid, 'SET')), false)
FROM pg_roles WHERE rolname = %(role)s

-- name: types
SELECT oid::bigint AS oid, format_type(oid, -1) AS name, typcategory::text AS category
FROM pg_type WHERE oid = ANY (%(oids)s::oid[])

-- name: relation
SELECT
  c.oid::bigint AS oid,
  format('%%I.%%I', n.nspname, c.relname) AS name,
  c.relkind::text AS kind,
  CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END AS definition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = %(oid)s::oid

-- name: base_columns
SELECT attnum::integer AS number, quote_ident(attname) AS name
FROM pg_attribute WHERE attrelid = %(oid)s::oid AND attnum > 0 AND NOT attisdropped

-- name: indexes
-- A column that is an expression is NULL.
SELECT
  i.indexrelid::regclass::text AS name,
  i.indisunique AND i.indimmediate AND i.indpred IS NULL AS is_unique,
  array(
    SELECT quote_ident(a.attname)
    FROM unnest(i.indkey::smallint[]) WITH ORDINALITY k (attnum, place)
    LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      AND k.attnum <> 0
    WHERE k.place <= i.indnkeyatts
    ORDER BY k.place
  ) AS columns
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am m ON m.oid = c.relam
WHERE i.indrelid = %(oid)s::oid AND i.indisvalid AND m.amname = 'btree'
ORDER BY 1

-- name: changing_triggers
-- Triggers that set this column before an update. 1: each row, 2: before, 16: update.
SELECT t.tgname
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgrelid = %(oid)s::oid AND NOT t.tgisinternal AND t.tgtype & 19 = 19
  AND p.prosrc ~* ('\mnew\.' || %(column)s || '\M\s*:?=')
ORDER BY 1

-- name: table_facts
-- A table of a plan: a partition stands for the partitioned table. A table that was
-- never analysed has as many rows as fit into its size.
SELECT
  c.oid::bigint AS oid,
  format('%%I.%%I', n.nspname, c.relname) AS name,
  c.relkind = 'p' AS is_partitioned,
  (
    SELECT sum(
      CASE WHEN held.relkind = 'p' THEN 0
      WHEN held.reltuples < 0 THEN pg_relation_size(held.oid) / 100
      ELSE held.reltuples END
    )::bigint
    FROM pg_class held
    WHERE held.oid = c.oid OR held.oid IN (SELECT relid FROM pg_partition_tree(c.oid))
  ) AS rows,
  n.nspname = 'invoice_export' AS is_ours,
  row_security_active(c.oid) AND NOT EXISTS (
    SELECT FROM pg_policy p
    WHERE p.polrelid = c.oid AND p.polcmd IN ('r', '*') AND p.polpermissive
      AND pg_get_expr(p.polqual, p.polrelid) = 'true'
      AND EXISTS (
        SELECT FROM unnest(p.polroles) member
        WHERE member = 0 OR pg_has_role(member, 'USAGE')
      )
  ) AS hides_rows
FROM pg_class named
JOIN pg_class c ON c.oid = coalesce(pg_partition_root(named.oid), named.oid)
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE named.oid = to_regclass(%(name)s)

-- name: app_may_read
SELECT coalesce(bool_or(has_any_column_privilege(oid, %(table)s::oid, 'SELECT')), false)
FROM pg_roles WHERE rolname = 'invoice_export_app'

-- The statements below have braces for the queries of the datasets.

-- name: no_rows
SELECT q.* FROM (
{query}
) q LIMIT 0

-- name: sampled
(SELECT q.* FROM (
{query}
) q LIMIT {limit}) s

-- name: keys
SELECT {columns} FROM (
{query}
) s

-- name: everything
SELECT s.* FROM (
{query}
) s

-- name: counts
SELECT count(*), {counts} FROM {sampled}

-- name: nulls
count(*) FILTER (WHERE s.{column} IS NULL)

-- name: undeclared
min(s.{column}::text) FILTER (WHERE s.{column}::text <> ALL (ARRAY[{choices}]))

-- name: twice
SELECT count(*) FROM (
  SELECT FROM {sampled} GROUP BY {columns} HAVING count(*) > 1
) twice

-- name: collation
-- Whether equal texts have equal bytes. The query's rows are not read.
SELECT c.collname::text, c.collisdeterministic
FROM (
  SELECT pg_collation_for(q.{column}) AS name
  FROM (SELECT) one
  LEFT JOIN (
{query}
  ) q ON false
) found
JOIN pg_collation c ON c.oid = to_regcollation(found.name)

-- name: organizations_of_rows
SELECT s.{organization}::text FROM {sampled}
WHERE s.{organization} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 2

-- name: another_organization
SELECT s.{organization}::text FROM (
{query}
) s WHERE s.{organization}::text <> {known} LIMIT 1

-- name: any_organizations
SELECT s.id::text FROM (
{query}
) s WHERE s.id IS NOT NULL LIMIT 2

-- name: organizations_known
SELECT count(*) FROM (
{query}
) s WHERE s.id::text = ANY (ARRAY[{organizations}])

-- name: first_rows
SELECT s.{organization}::text, ARRAY[{key}], md5(ROW({columns})::text)
FROM ({secured}) s LIMIT 1000

-- name: seen_by_app
SELECT count(*) FROM (SELECT * FROM invoice_export.{view} LIMIT 1000) s
WHERE s.{organization}::text IS DISTINCT FROM current_setting('app.org_id')

-- name: ids
SELECT
  count(*), count(*) FILTER (WHERE s.id IS NULL),
  count(s.id) - count(DISTINCT s.id::text)
FROM {sampled}

-- name: without_email
SELECT count(*), count(*) FILTER (WHERE s.email IS NULL OR s.email::text !~ '@')
FROM {sampled}

-- name: members
SELECT
  count(*),
  count(*) FILTER (WHERE s.role IS NULL),
  count(*) FILTER (WHERE s.role::text <> ALL (ARRAY[{roles}])),
  min(s.role::text) FILTER (WHERE s.role::text <> ALL (ARRAY[{roles}])),
  count(*) FILTER (WHERE o.id IS NULL),
  count(*) FILTER (WHERE u.id IS NULL)
FROM {sampled}
LEFT JOIN (SELECT DISTINCT q.id::text AS id FROM (
{organizations}
) q) o ON o.id = s.organization_id::text
LEFT JOIN (SELECT DISTINCT q.id::text AS id FROM (
{users}
) q) u ON u.id = s.user_id::text
