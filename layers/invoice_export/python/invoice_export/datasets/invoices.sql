SELECT
  id, organization_id, number, customer_name, status, total, currency,
  created_at, due_at, inserted_at
FROM sample.invoices
