COPY (
  SELECT
    id,
    -- A spreadsheet would run a text that begins like a formula: = + - @ TAB CR LF.
    CASE WHEN ascii(number) IN (61, 43, 45, 64, 9, 13, 10) THEN '''' || number ELSE number END,
    CASE WHEN ascii(customer_name) IN (61, 43, 45, 64, 9, 13, 10) THEN '''' || customer_name ELSE customer_name END,
    status,
    total,
    CASE WHEN ascii(currency) IN (61, 43, 45, 64, 9, 13, 10) THEN '''' || currency ELSE currency END,
    to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  FROM invoices
  WHERE organization_id = %(organization_id)s
    AND (created_at, id) >= (%(start_created_at)s::timestamptz, %(start_id)s::uuid)
    AND (created_at, id) <= (%(last_created_at)s::timestamptz, %(last_id)s::uuid)
    AND (%(next_id)s::uuid IS NULL
         OR (created_at, id) < (%(next_created_at)s::timestamptz, %(next_id)s::uuid))
    AND inserted_at <= %(planned_at)s::timestamptz
  ORDER BY created_at, id
) TO STDOUT (FORMAT csv)
