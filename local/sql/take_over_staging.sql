-- The id follows from organisation, number and how often the number came before:
-- the same file loaded twice brings nothing new.
INSERT INTO invoices (id, organization_id, number, customer_name, status, total,
                      currency, created_at, due_at)
SELECT md5(format('%%s/%%s/%%s', organization_id, number, row_number() OVER (
           PARTITION BY number ORDER BY line)))::uuid,
       organization_id, number, customer_name, status, total, currency, created_at,
       due_at
FROM staging WHERE organization_id = %s
ON CONFLICT (id) DO NOTHING;
