-- One big tenant among others: their rows are mixed in the table, as in real life.
-- Names contain what CSV and spreadsheets trip over, about as often as in real data.
INSERT INTO sample.organizations (id, name)
SELECT 'org_noise_' || n, 'Noise ' || n FROM generate_series(1, 10) AS n
UNION ALL SELECT 'org_noise_copied', 'Noise'
UNION ALL SELECT 'org_big', 'Big';

INSERT INTO sample.users (id, name, email) VALUES (%(user)s, 'Bea Big', 'bea@big.example');

INSERT INTO sample.members (organization_id, user_id, role)
VALUES ('org_big', %(user)s, 'owner');

INSERT INTO sample.invoices
  (id, organization_id, number, customer_name, status, total, currency, created_at, due_at, inserted_at)
SELECT
  md5(n::text)::uuid,
  CASE WHEN n %% 4 = 0 THEN 'org_noise_' || (n / 4 %% 10 + 1) ELSE 'org_big' END,
  'INV-2024-' || lpad(n::text, 8, '0'),
  CASE
    WHEN n %% 11 = 0 THEN 'Stark & Sons, Ltd., London ' || n
    WHEN n %% 13 = 0 THEN 'The "Daily" Bugle ' || n
    WHEN n %% 17 = 0 THEN E'Two\nLines Cooperative ' || n
    WHEN n %% 19 = 0 THEN E'Carriage\r\nReturn ' || n
    WHEN n %% 7 = 0 THEN 'Müller Möbel und Söhne GmbH ' || n
    WHEN n %% 23 = 0 THEN '北京贸易有限公司 ' || n
    WHEN n %% 101 = 0 THEN '=SUM(A1:A' || n || ')'
    ELSE 'Wayne Enterprises International ' || n
  END,
  (ARRAY['paid', 'paid', 'sent', 'paid', 'overdue', 'draft'])[n %% 6 + 1],
  ((n %% 1000003) - 5000) * 0.01,
  (ARRAY['EUR', 'USD', 'GBP'])[n %% 3 + 1],
  -- Each timestamp occurs three times; timestamps differ in their microseconds.
  timestamptz '2021-01-01 00:00:00+00' + (n / 3) * interval '31.234567 s',
  CASE WHEN n %% 10 <> 0
    THEN timestamptz '2021-01-31 00:00:00+00' + (n / 3) * interval '31.234567 s' END,
  timestamptz '2021-01-01 00:00:00+00'
FROM generate_series(1, %(rows)s / 3 * 4) AS n;
