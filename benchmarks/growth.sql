-- A tenant of the growth measurement: its rows lie together.
INSERT INTO sample.organizations (id, name) VALUES (%(tenant)s, %(tenant)s);

INSERT INTO sample.members (organization_id, user_id, role) VALUES (%(tenant)s, %(user)s, 'owner');

INSERT INTO sample.invoices
  (organization_id, number, customer_name, status, total, currency, created_at, due_at, inserted_at)
SELECT
  %(tenant)s,
  'INV-2024-' || lpad(n::text, 8, '0'),
  CASE n %% 8
    WHEN 1 THEN 'Stark & Sons, Ltd., London ' || n
    WHEN 3 THEN 'Müller Möbel und Söhne GmbH ' || n
    ELSE 'Wayne Enterprises International ' || n
  END,
  (ARRAY['paid', 'paid', 'sent', 'paid', 'overdue', 'draft'])[n %% 6 + 1],
  ((n %% 1000003) - 5000) * 0.01,
  (ARRAY['EUR', 'USD', 'GBP'])[n %% 3 + 1],
  -- Each timestamp occurs three times; timestamps differ in their microseconds.
  timestamptz '2021-01-01 00:00:00+00' + (n / 3) * interval '3.234567 s',
  CASE WHEN n %% 10 <> 0
    THEN timestamptz '2021-01-31 00:00:00+00' + (n / 3) * interval '3.234567 s' END,
  timestamptz '2021-01-01 00:00:00+00'
FROM generate_series(1, %(rows)s) AS n;
