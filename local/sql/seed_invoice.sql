INSERT INTO invoices (id, organization_id, number, customer_name, status, total,
                      currency, created_at, due_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET
    number = excluded.number, customer_name = excluded.customer_name,
    status = excluded.status, total = excluded.total, currency = excluded.currency,
    created_at = excluded.created_at, due_at = excluded.due_at;
