-- The temporary tables belong to the loader, so row-level security does not apply to
-- them. {key} identifies an invoice of an organisation, and {same} says that two rows
-- have the same key; see statements.py.

-- name: begin
-- Times are compared and shown in UTC. The memory is for grouping and sorting half a
-- million rows. Loads run one after the other: each would miss the other's rows.
SELECT set_config('client_encoding', 'UTF8', true), set_config('TimeZone', 'UTC', true),
       set_config('DateStyle', 'ISO', true), set_config('work_mem', '128MB', true),
       pg_advisory_xact_lock(hashtext('invoice-export/load'));

-- name: create_lines
CREATE TEMPORARY TABLE lines (
    line bigint, organization_id text, id uuid, number text, customer_name text,
    status text, total numeric, currency text, created_at timestamptz,
    due_at timestamptz
) ON COMMIT DROP;

-- name: repeated
-- Keys that several rows share, the earliest first.
SELECT count(*) OVER () AS keys, sum(count(*)) OVER () AS rows,
       min(number) AS number, min(line) AS first_line, max(line) AS last_line
FROM {table}
GROUP BY organization_id, {key}
HAVING count(*) > 1
ORDER BY min(line)
LIMIT 1;

-- name: take_lines
ALTER TABLE lines RENAME TO incoming;

-- name: number_items
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT line, organization_id, id,
       {number} || '-' || row_number() OVER (
           PARTITION BY organization_id, {number} ORDER BY line) AS number,
       customer_name, status, total, currency, created_at, due_at
FROM lines;

-- name: combine_lines
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT min(line) AS line, organization_id,
       (array_agg(id ORDER BY line) FILTER (WHERE id IS NOT NULL))[1] AS id,
       (array_agg(number ORDER BY line))[1] AS number,
       (array_agg(customer_name ORDER BY line)
           FILTER (WHERE customer_name IS NOT NULL))[1] AS customer_name,
       (array_agg(status ORDER BY line) FILTER (WHERE status IS NOT NULL))[1] AS status,
       CASE WHEN {sum} THEN sum(total) ELSE
           (array_agg(total ORDER BY line) FILTER (WHERE total IS NOT NULL))[1]
       END AS total,
       (array_agg(currency ORDER BY line)
           FILTER (WHERE currency IS NOT NULL))[1] AS currency,
       (array_agg(created_at ORDER BY line)
           FILTER (WHERE created_at IS NOT NULL))[1] AS created_at,
       (array_agg(due_at ORDER BY line) FILTER (WHERE due_at IS NOT NULL))[1] AS due_at
FROM lines
GROUP BY organization_id, {key};

-- name: contradictions
-- Rows of one invoice that contradict each other.
SELECT count(*) OVER () AS of, l.line, s.line AS first_line, concat_ws(', ',
           CASE WHEN l.customer_name <> s.customer_name THEN 'customer_name '
               || quote_literal(l.customer_name) || ' instead of '
               || quote_literal(s.customer_name) END,
           CASE WHEN l.status <> s.status THEN 'status '
               || l.status || ' instead of ' || s.status END,
           CASE WHEN NOT {sum} AND l.total <> s.total THEN 'total '
               || l.total || ' instead of ' || s.total END,
           CASE WHEN l.currency <> s.currency THEN 'currency '
               || l.currency || ' instead of ' || s.currency END,
           CASE WHEN l.created_at::date <> s.created_at::date THEN 'created_at '
               || l.created_at || ' instead of ' || s.created_at END,
           CASE WHEN l.due_at <> s.due_at THEN 'due_at '
               || l.due_at || ' instead of ' || s.due_at END) AS said
FROM lines l JOIN incoming s ON s.organization_id = l.organization_id AND {same}
WHERE l.customer_name <> s.customer_name OR l.status <> s.status
   OR (NOT {sum} AND l.total <> s.total) OR l.currency <> s.currency
   OR l.created_at::date <> s.created_at::date OR l.due_at <> s.due_at
ORDER BY l.line
LIMIT {limit};

-- name: count_other_times
SELECT count(*) AS rows
FROM lines l JOIN incoming s ON s.organization_id = l.organization_id AND {same}
WHERE l.created_at <> s.created_at;

-- name: incomplete
SELECT count(*) OVER () AS of, line, concat_ws(' and no ',
           CASE WHEN total IS NULL THEN 'total' END,
           CASE WHEN created_at IS NULL THEN 'created_at' END) AS lacks
FROM incoming
WHERE total IS NULL OR created_at IS NULL
ORDER BY line
LIMIT {limit};

-- name: index_incoming
CREATE INDEX ON incoming (organization_id);

-- name: analyze_incoming
ANALYZE incoming;

-- name: create_matched
-- Existing invoices, with the values that they are to have.
CREATE TEMPORARY TABLE matched (
    organization_id text, line bigint, id uuid, changes text, customer_name text,
    status text, currency text, due_at timestamptz
) ON COMMIT DROP;

-- name: match
-- An invoice keeps what the file does not say.
INSERT INTO matched
SELECT s.organization_id, s.line, i.id, nullif(concat_ws(', ',
           CASE WHEN new.customer_name <> i.customer_name THEN 'customer_name '
               || quote_literal(i.customer_name) || ' -> '
               || quote_literal(new.customer_name) END,
           CASE WHEN new.status <> i.status THEN 'status '
               || i.status || ' -> ' || new.status END,
           CASE WHEN s.total <> i.total THEN 'total '
               || i.total || ' -> ' || s.total END,
           CASE WHEN new.currency <> i.currency THEN 'currency '
               || i.currency || ' -> ' || new.currency END,
           CASE WHEN s.created_at <> i.created_at THEN 'created_at '
               || i.created_at || ' -> ' || s.created_at END,
           CASE WHEN new.due_at IS DISTINCT FROM i.due_at THEN 'due_at '
               || coalesce(i.due_at::text, 'none') || ' -> '
               || coalesce(new.due_at::text, 'none') END), ''),
       new.customer_name, new.status, new.currency, new.due_at
FROM incoming s JOIN invoices i ON {same}
CROSS JOIN LATERAL (SELECT
    coalesce(s.customer_name, i.customer_name) AS customer_name,
    coalesce(s.status, i.status) AS status,
    coalesce(s.currency, i.currency) AS currency,
    CASE WHEN {says_due} THEN s.due_at ELSE i.due_at END AS due_at) new
WHERE s.organization_id = {organization} AND i.organization_id = {organization};

-- name: matched_twice
SELECT count(*) OVER () AS of, line, count(*) AS invoices
FROM matched
GROUP BY line
HAVING count(*) > 1
ORDER BY line
LIMIT 1;

-- name: changes
SELECT count(*) OVER () AS of, m.line, s.number, m.changes
FROM matched m JOIN incoming s USING (line)
WHERE m.changes IS NOT NULL
ORDER BY m.line
LIMIT {limit};

-- name: insert_new
-- uuidv7() increases from row to row, so rows with the same time keep their order.
INSERT INTO invoices (id, organization_id, number, customer_name, status, total,
                      currency, created_at, due_at)
SELECT coalesce(s.id, uuidv7()), s.organization_id, s.number,
       coalesce(s.customer_name, ''), coalesce(s.status, {status}), s.total,
       coalesce(s.currency, {currency}), s.created_at, s.due_at
FROM incoming s
WHERE s.organization_id = {organization}
  AND NOT EXISTS (SELECT FROM matched m WHERE m.line = s.line)
ORDER BY s.line;

-- name: update_changed
UPDATE invoices i
SET customer_name = m.customer_name, status = m.status, total = s.total,
    currency = m.currency, created_at = s.created_at, due_at = m.due_at
FROM matched m JOIN incoming s USING (line)
WHERE i.id = m.id AND i.organization_id = {organization}
  AND m.organization_id = {organization} AND m.changes IS NOT NULL;

-- name: count_matched
SELECT organization_id, count(*) AS rows, count(changes) AS changed
FROM matched
GROUP BY organization_id;

-- name: totals
SELECT coalesce(currency, {currency}) AS currency, count(*) AS rows, sum(total) AS total,
       min(created_at)::text AS first, max(created_at)::text AS last,
       count(*) FILTER (WHERE status IS NULL) AS no_status,
       count(*) FILTER (WHERE currency IS NULL) AS no_currency
FROM incoming
GROUP BY 1
ORDER BY 1;

-- name: get_organization
SELECT name FROM organizations WHERE id = {organization};

-- name: insert_organization
INSERT INTO organizations (id, name) VALUES ({organization}, {name});

-- name: find_exporter
-- Who may start an export, the highest role first.
SELECT user_id FROM members
WHERE role IN ('owner', 'admin', 'member')
ORDER BY array_position(ARRAY['owner', 'admin', 'member'], role), user_id
LIMIT 1;

-- name: insert_user
INSERT INTO users (id, name, email) VALUES ({user}, {name}, {email})
ON CONFLICT (id) DO NOTHING;

-- name: is_same_user
SELECT FROM users WHERE id = {user} AND name = {name} AND email = {email};

-- name: insert_owner
INSERT INTO members (organization_id, user_id, role)
VALUES ({organization}, {user}, 'owner');
