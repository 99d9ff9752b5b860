-- The ledger of tests/apps with many bills: one tenant's among those of another.
INSERT INTO billing.organizations (id, name, created_at)
VALUES (%(tenant)s, 'Big', now()), (%(other)s, 'Noise', now());

INSERT INTO billing.customers (id, organization_id, name)
SELECT n, CASE WHEN n %% 4 = 0 THEN %(other)s ELSE %(tenant)s END::uuid,
  'Wayne Enterprises International ' || n
FROM generate_series(1, 20000) AS n;

INSERT INTO billing.bills
  (organization_id, customer_id, number, status, total_cents, memo, created_at, paid_at,
   discarded_at)
SELECT
  CASE WHEN n %% 4 = 0 THEN %(other)s ELSE %(tenant)s END::uuid,
  CASE WHEN n %% 50 <> 0 THEN n %% 20000 + 1 END,
  'B-2024-' || lpad(n::text, 8, '0'),
  n %% 4,
  n %% 1000003 - 5000,
  'Müller Möbel und Söhne GmbH ' || n,
  timestamp '2021-01-01' + (n / 3) * interval '31.234567 s',
  CASE WHEN n %% 4 = 2 THEN timestamp '2021-01-31' + (n / 3) * interval '31.234567 s' END,
  CASE WHEN n %% 40 = 0 THEN timestamp '2022-01-01' END
FROM generate_series(1, %(rows)s / 3 * 4) AS n;
