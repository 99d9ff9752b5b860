SELECT
  b.id, b.organization_id, b.number, c.name AS customer_name,
  b.status AS status_code,
  CASE b.status
    WHEN 0 THEN 'draft' WHEN 1 THEN 'open' WHEN 2 THEN 'paid' WHEN 3 THEN 'void'
  END AS status,
  round(b.total_cents / 100.0, 2) AS total,
  b.memo, b.created_at, b.paid_at
FROM billing.bills b
LEFT JOIN billing.customers c ON c.id = b.customer_id
WHERE b.discarded_at IS NULL
