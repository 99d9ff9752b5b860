-- The times come last: domain/csv_format.py finds them from the row's end.
COPY (
  SELECT
    id,
    csv_text(number),
    csv_text(customer_name),
    status,
    total,
    csv_text(currency),
    csv_time(created_at),
    csv_time(due_at)
  FROM invoices
  WHERE organization_id = %(organization_id)s
    AND (created_at, id) >= (%(start_created_at)s::timestamptz, %(start_id)s::uuid)
    -- One upper bound a page: comparing every row with a second one costs a quarter.
    AND CASE WHEN %(next_id)s::uuid IS NULL
      THEN (created_at, id) <= (%(last_created_at)s::timestamptz, %(last_id)s::uuid)
      ELSE (created_at, id) < (%(next_created_at)s::timestamptz, %(next_id)s::uuid)
    END
    AND inserted_at <= %(planned_at)s::timestamptz
  ORDER BY created_at, id
) TO STDOUT (FORMAT csv)
