-- Another tenant: a copy of the big one's first rows and of the others between them.
INSERT INTO sample.organizations (id, name) VALUES (%(tenant)s, %(tenant)s);

INSERT INTO sample.members (organization_id, user_id, role) VALUES (%(tenant)s, %(user)s, 'owner');

INSERT INTO sample.invoices
  (organization_id, number, customer_name, status, total, currency, created_at, due_at, inserted_at)
SELECT
  CASE WHEN organization_id = 'org_big' THEN %(tenant)s ELSE 'org_noise_copied' END,
  number, customer_name, status, total, currency, created_at, due_at, inserted_at
FROM (
  SELECT *, count(*) FILTER (WHERE organization_id = 'org_big')
    OVER (ORDER BY created_at, id) AS rows_so_far
  FROM sample.invoices
  WHERE (organization_id = 'org_big' OR organization_id LIKE 'org_noise_%%')
    AND organization_id <> 'org_noise_copied'
    AND created_at <= (
      SELECT created_at FROM sample.invoices WHERE organization_id = 'org_big'
      ORDER BY created_at, id OFFSET %(rows)s - 1 LIMIT 1)
) numbered
WHERE rows_so_far BETWEEN 1 AND %(rows)s
ORDER BY created_at, id;
