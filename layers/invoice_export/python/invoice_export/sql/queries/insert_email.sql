INSERT INTO email_deliveries (organization_id, run_id, kind, generation)
VALUES (%(organization_id)s, %(run_id)s, %(kind)s, %(generation)s)
ON CONFLICT DO NOTHING
